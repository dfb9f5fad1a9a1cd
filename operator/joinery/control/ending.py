"""What is left to do for an operation that has ended: its Run says so, its Job and its results go in time.

Source: spec 4, *The Job* (`ttl` is set after the outcome is recorded) and *Large results* (seven days).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joinery.api.v1alpha1 import V1Operation
from joinery.api.v1alpha1 import conditions as condition_names
from joinery.control import conditions, names, own_run
from joinery.control.ports import Api, Manifest
from joinery.control.typed import parsed
from joinery.kube.errors import NotFound
from joinery.kube.paths import CONFIG_MAPS, JOBS, RUNS
from joinery.runs import parse_time

RESULTS_KEPT = 7 * 24 * 3600.0  # seconds after the end; digest and summary stay in status


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Sees to operations whose `Succeeded` is True or False. ``now()`` is microseconds since 1970, UTC."""

    api: Api
    now: Callable[[], int]
    kept: float = RESULTS_KEPT

    async def see_to(self, operation: Manifest, run: Manifest | None) -> float | None:
        """Safe to repeat. Returns the seconds until the results go, None where there is nothing left to do."""
        if run is not None and own_run.is_ours(run, operation) and not own_run.has_ended(run):
            patch = own_run.end_of(operation)
            if patch is not None:
                with contextlib.suppress(NotFound):
                    metadata = run["metadata"]
                    await self.api.merge_patch(RUNS, metadata["namespace"], metadata["name"], patch)
        await self._let_the_job_go(operation)
        return await self._let_results_go(operation)

    async def _let_the_job_go(self, operation: Manifest) -> None:
        """Set `termination.ttl` on the Job: only now, so that it never goes before its outcome is recorded."""
        if not (operation.get("status") or {}).get("jobRef"):
            return
        termination = parsed(operation, V1Operation).spec.termination
        seconds = termination.ttl if termination is not None else None
        if seconds is None:
            return
        metadata = operation["metadata"]
        job = await self.api.get(JOBS, metadata["namespace"], metadata["name"])
        if job is None or not names.is_owned_by(job, metadata["uid"]):
            return
        if (job.get("spec") or {}).get("ttlSecondsAfterFinished") != seconds:
            with contextlib.suppress(NotFound):
                await self.api.merge_patch(
                    JOBS, metadata["namespace"], metadata["name"], {"spec": {"ttlSecondsAfterFinished": seconds}}
                )

    async def _let_results_go(self, operation: Manifest) -> float | None:
        """Delete the operation's ConfigMaps once they have been kept long enough."""
        status, metadata = operation.get("status") or {}, operation["metadata"]
        if not (status.get("configMaps") or status.get("jobRef")):
            return None
        left = self.kept - (self.now() - ended_at(status)) / 1_000_000
        if left > 0:
            return left
        labels = {names.OPERATION_UID_LABEL: metadata["uid"]}
        for found in await self.api.list(CONFIG_MAPS, metadata["namespace"], labels=labels):
            if names.is_owned_by(found, metadata["uid"]):
                name, uid = found["metadata"]["name"], found["metadata"]["uid"]
                await self.api.delete(CONFIG_MAPS, metadata["namespace"], name, uid=uid)
        return None


def has_ended(operation: Mapping[str, Any]) -> bool:
    """Whether the operation has succeeded or failed for good."""
    recorded = (operation.get("status") or {}).get("conditions") or ()
    return conditions.find(recorded, condition_names.SUCCEEDED).get("status") in ("True", "False")


def ended_at(status: Mapping[str, Any]) -> int:
    """When it ended, in microseconds since 1970."""
    found = conditions.find(status.get("conditions") or (), condition_names.SUCCEEDED)
    return parse_time(found["lastTransitionTime"])
