"""From a :class:`~joinery.control.states.State` to the `status.conditions` of the object, and back to questions.

Kubernetes API conventions: a list keyed by `type`; `lastTransitionTime` moves only when `status` changes;
every condition carries the generation it was made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from joinery.api.v1alpha1 import conditions as names
from joinery.control.states import State, Verdict

MESSAGE_CAP = 4096  # characters; the API server takes 32,768, people read far less


def build(state: State, *, previous: Sequence[Mapping[str, Any]], generation: int, now: str) -> list[dict[str, Any]]:
    """All conditions of ``state``; ``previous`` are those in status now, ``now`` is ISO text for what changes.

    A condition whose status did not change keeps its `lastTransitionTime`. `Reconciling` and `Stalled` are
    present only while true.
    """
    verdicts = {
        names.ACCEPTED: state.accepted,
        names.RESOLVED: state.resolved,
        names.LAUNCHED: state.launched,
        names.SUCCEEDED: state.succeeded,
        names.READY: state.ready,
    }
    if state.reconciling:
        verdicts[names.RECONCILING] = Verdict(status="True", reason=state.ready.reason)
    if state.stalled:
        verdicts[names.STALLED] = Verdict(status="True", reason=state.ready.reason)
    before = {str(condition.get("type")): condition for condition in previous}
    return [
        _condition(kind, verdict, state=state, before=before.get(kind), generation=generation, now=now)
        for kind, verdict in verdicts.items()
    ]


def _condition(
    kind: str, verdict: Verdict, *, state: State, before: Mapping[str, Any] | None, generation: int, now: str
) -> dict[str, Any]:
    unchanged = before is not None and before.get("status") == verdict.status
    # The message explains the reason that decides; what was said of another condition stays while it stands.
    message = state.message if verdict.reason == state.ready.reason else ""
    if kind == names.RESOLVED and state.summary:
        message = state.summary
    elif not message and unchanged and before and before.get("reason") == verdict.reason:
        message = str(before.get("message") or "")
    return {
        "type": kind,
        "status": verdict.status,
        "reason": verdict.reason,
        "message": message if len(message) <= MESSAGE_CAP else message[: MESSAGE_CAP - 1] + "…",
        "lastTransitionTime": before["lastTransitionTime"] if unchanged and before else now,
        "observedGeneration": generation,
    }


def find(conditions: Iterable[Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    """The condition of that type, or an empty mapping."""
    return next((condition for condition in conditions if condition.get("type") == kind), {})


def verdict_of(conditions: Iterable[Mapping[str, Any]], kind: str) -> Verdict | None:
    """The condition of that type as a Verdict, None where it is not there."""
    found = find(conditions, kind)
    return Verdict(status=found["status"], reason=found["reason"]) if found else None


def transitions(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The conditions of ``after`` whose status or reason differs from ``before``: what Events are made from."""
    old = {condition["type"]: (condition.get("status"), condition.get("reason")) for condition in before}
    return [item for item in after if old.get(item["type"]) != (item["status"], item["reason"])]
