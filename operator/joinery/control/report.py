"""The one status write of a pass, and the Events that follow from it. Nothing is written when nothing changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joinery.api.v1alpha1 import conditions as names
from joinery.api.v1alpha1 import reasons
from joinery.control import conditions
from joinery.control.decide import Report
from joinery.control.ports import Api, Manifest, Recorder, Transition
from joinery.control.sightings import Sightings
from joinery.kube.paths import OPERATIONS

logger = logging.getLogger(__name__)

# Conditions whose transitions are worth an Event; the others follow from these.
TOLD = (names.ACCEPTED, names.RESOLVED, names.LAUNCHED, names.SUCCEEDED)
_UNTOLD_REASONS = frozenset({reasons.PENDING, reasons.LAUNCHING_OFF})
LOGGED = 500  # characters of a message that a log line holds; all of it is in the condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Writes the status of operations. ``now()`` gives ISO text in whole seconds, as the API server keeps times."""

    api: Api
    recorder: Recorder
    sightings: Sightings
    now: Callable[[], str]

    async def report(self, operation: Manifest, report: Report) -> Manifest:
        """Write ``report``; returns the object as it is then.

        Raises Conflict where the object was changed since it was read: read it anew, decide anew.
        """
        before: Mapping[str, Any] = operation.get("status") or {}
        now = self.now()
        metadata = operation["metadata"]
        previous = before.get("conditions") or []
        after: dict[str, Any] = {**before, **report.status}
        after["observedGeneration"] = metadata.get("generation", 0)
        after["conditions"] = conditions.build(
            report.state, previous=previous, generation=after["observedGeneration"], now=now
        )
        if report.final:
            after.setdefault("resolvedAt", now)
        if after == before:
            return operation
        with self.sightings.writing((metadata["namespace"], metadata["name"])):
            written = await self.api.replace_status(OPERATIONS, {**operation, "status": after})
            self.sightings.wrote(written)
        told = _events(operation, previous, after)
        self.recorder.record(told)
        for transition in told:
            where = f"{metadata['namespace']}/{metadata['name']}"
            logger.info("operation %s: %s: %s", where, transition.reason, transition.message[:LOGGED])
        return written


def _events(operation: Mapping[str, Any], previous: Any, after: Mapping[str, Any]) -> list[Transition]:
    changed = conditions.transitions(previous, after["conditions"])
    told = [
        Transition(
            regarding=operation,
            kind="Warning" if condition["status"] == "False" and condition["reason"] != "Suspended" else "Normal",
            reason=condition["reason"],
            message=condition["message"] or f"{condition['type']} is {condition['status']}",
        )
        for condition in changed
        if condition["type"] in TOLD and condition["reason"] not in _UNTOLD_REASONS
    ]
    # One reason is told once, however many conditions carry it; and what has been resolved was valid.
    unique = {transition.reason: transition for transition in reversed(told)}
    if reasons.RESOLVED in unique:
        unique.pop(reasons.VALID, None)
    warned = [
        Transition(regarding=operation, kind="Warning", reason="ResolvedWithWarnings", message=_text(warning))
        for warning in after.get("warnings") or ()
        if any(condition["type"] == names.RESOLVED for condition in changed)
    ]
    return [*reversed(unique.values()), *warned[:20]]


def _text(warning: Mapping[str, Any]) -> str:
    """A warning of `status.warnings` as a sentence."""
    message, place = str(warning.get("message") or ""), str(warning.get("path") or "")
    return f"{place}: {message}" if place else message
