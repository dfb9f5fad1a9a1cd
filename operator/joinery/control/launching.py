"""From a committed snapshot to its Job, and along with that Job to its end.

The Job is created once, from the snapshot alone, and never applied over: one that is there counts only if this
operation owns it. Source: spec 4, *The Job*; spec 5, the table of states.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joinery.api.v1alpha1 import conditions as condition_names
from joinery.api.v1alpha1 import reasons
from joinery.control import conditions, names, own_run, progress, recording, states, tracking
from joinery.control.decide import Report
from joinery.control.ports import Api, Manifest
from joinery.control.sightings import Sightings
from joinery.control.snapshot import Committed
from joinery.kube.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, Refused
from joinery.kube.paths import CONFIG_MAPS, CONNECTIONS, JOBS, OPERATIONS, PODS, RUNS
from joinery.problems import InvalidOperation
from joinery.workload import Workload, WorkloadRequest, WorkloadSettings, build

logger = logging.getLogger(__name__)

RETRY_REFUSED = 30.0  # seconds until a Job that was refused, or whose name is taken, is tried again
LOOK_FOR_POD = 2.0  # seconds between looks while the Job has no pod: nothing else tells that it cannot have one
_LONGEST_WARNING, _MOST_WARNINGS = 2_000, 20  # characters of one, and how many, of the API server's
_UNCLEAR = frozenset({reasons.CONNECTION_NOT_FOUND, reasons.CONNECTION_AMBIGUOUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLauncher:
    """Launches and follows Jobs. ``now()`` is ISO text in whole seconds."""

    api: Api
    settings: WorkloadSettings
    sightings: Sightings
    now: Callable[[], str]

    def outlook(self, operation: Manifest, summary: str, /) -> states.State:
        """What the commit says: suspended, or about to be launched."""
        if (operation.get("spec") or {}).get("suspend"):
            return states.suspended(summary)
        return states.resolved_now(summary)

    async def advance(self, operation: Manifest, run: Manifest, committed: Committed | None, /) -> Report:
        """Create the Job, or read how far it is and record that in the Run. Safe to repeat."""
        metadata, spec = operation["metadata"], operation.get("spec") or {}
        if committed is not None and _is_first_try(operation):
            return await self._launch(operation, run, committed)
        job = await self.api.get(JOBS, metadata["namespace"], metadata["name"])
        ours = job if job is not None and names.is_owned_by(job, metadata["uid"]) else None
        if ours is not None and progress.failed_by_deletion(ours):
            ours = None
        launched = (operation.get("status") or {}).get("jobRef")
        if spec.get("stop"):
            return await self._stop(operation, run, ours)
        if ours is not None:
            return await self._follow(operation, run, ours)
        if launched or committed is None:
            await self._must_be_there(operation)  # or else it took its Job along
            message = "the Job was deleted by somebody else; it is not made a second time"
            await self._end_run(run, "Failed", reasons.JOB_DELETED, message)
            return Report(state=states.failed(reasons.JOB_DELETED, message))
        if spec.get("suspend"):
            return Report(state=states.suspended())
        if job is not None:
            return _name_taken(metadata["name"])
        return await self._launch(operation, run, committed)

    async def _must_be_there(self, operation: Manifest) -> None:
        """Raises Conflict where the operation is going, which an older copy of it does not say."""
        metadata = operation["metadata"]
        found = await self.api.get(OPERATIONS, metadata["namespace"], metadata["name"])
        if found is None or found["metadata"]["uid"] != metadata["uid"] or found["metadata"].get("deletionTimestamp"):
            raise Conflict(f"operation {metadata['name']} is being deleted")

    async def _launch(self, operation: Manifest, run: Manifest, committed: Committed) -> Report:
        namespace = operation["metadata"]["namespace"]
        connections = await self.api.list(CONNECTIONS, namespace, labels={})
        try:
            workload = await asyncio.to_thread(build, self._request(operation, run, committed, connections))
        except InvalidOperation as error:
            return await self._cannot(run, error)
        warnings: list[str] = []
        try:
            job, is_new = await self._create(workload, warnings)
        except AlreadyExists:
            return _name_taken(operation["metadata"]["name"])
        except (Forbidden, Invalid, Refused) as error:
            state = states.launch_refused(reasons.JOB_REFUSED, f"the API server refused the Job: {error.message}")
            return Report(state=state, retry=RETRY_REFUSED)
        report = await self._follow(operation, run, job, is_new=is_new)
        warned = [{"message": str(problem), "rule": problem.rule} for problem in workload.warnings]
        # Of a pod that breaks what its namespace only warns of, for instance.
        warned += [{"message": said[:_LONGEST_WARNING], "rule": "api-server"} for said in warnings[:_MOST_WARNINGS]]
        return _with_warnings(report, operation, warned)

    def _request(
        self, operation: Manifest, run: Manifest, committed: Committed, connections: Sequence[Manifest]
    ) -> WorkloadRequest:
        return WorkloadRequest(
            operation=operation,
            run_uuid=str(run["spec"].get("uuid") or names.run_uuid(run["metadata"]["uid"])),
            run_name=run["metadata"]["name"],
            params=committed.params,
            component=committed.component or {},
            connections={found["metadata"]["name"]: found for found in connections},
            result_config_maps=tuple((operation.get("status") or {}).get("configMaps") or ()),
            settings=self.settings,
        )

    async def _create(self, workload: Workload, warnings: list[str]) -> tuple[Manifest, bool]:
        """The ConfigMaps, then the Job, and whether it was made now. ``warnings`` gets what the API server says to it.

        Raises AlreadyExists for a Job of that name that is not this operation's.
        """
        for config_map in workload.config_maps:
            with contextlib.suppress(AlreadyExists):  # derived names: an earlier try made the same
                await self.api.create(CONFIG_MAPS, config_map)
        metadata = workload.job["metadata"]
        try:
            job = await self.api.create(JOBS, workload.job, warnings=warnings)
        except AlreadyExists:
            found = await self.api.get(JOBS, metadata["namespace"], metadata["name"])
            if found is None or not names.is_owned_by(found, metadata["ownerReferences"][0]["uid"]):
                raise
            return found, False
        self.sightings.wrote(job)
        return job, True

    async def _cannot(self, run: Manifest, error: InvalidOperation) -> Report:
        message = str(error)
        if error.reason in _UNCLEAR:
            return Report(state=states.connection_unclear(error.reason, message))
        reason = error.reason if error.reason == reasons.ARGUMENT_TOO_LONG else reasons.INVALID_PARAMS
        await self._end_run(run, "Failed", reason, message)
        return Report(state=states.cannot_launch(reason, message))

    async def _follow(self, operation: Manifest, run: Manifest, job: Manifest, *, is_new: bool = False) -> Report:
        """How far the Job is; one that was made this very moment has no pod, and nobody has refused it one."""
        pods = [] if is_new else await self._pods(job)
        refusals = [] if pods or is_new else await self._failed_creates(job)
        found = progress.read(job, pods, failed_creates=refusals)
        refused = await recording.record(self.api, run, found, now=self.now())
        status: dict[str, Any] = {"jobRef": {"name": job["metadata"]["name"]}}
        status |= {key: value for key, value in tracking.times(found).items() if value}
        if fetched := tracking.fetched(pods):
            status["fetched"] = fetched
        report = Report(state=found.state, status=status, retry=None if pods or found.ended else LOOK_FOR_POD)
        warned = [{"message": message, "rule": reason} for reason, message in (*found.warnings, *refused)]
        return _with_warnings(report, operation, warned)

    async def _pods(self, job: Manifest) -> list[Manifest]:
        metadata = job["metadata"]
        labels = {"batch.kubernetes.io/controller-uid": metadata["uid"]}
        return await self.api.list(PODS, metadata["namespace"], labels=labels)

    async def _failed_creates(self, job: Manifest) -> list[str]:
        """Why no pod could be made, oldest first; the Job's own status does not say."""
        found = await self.api.events(job["metadata"]["namespace"], uid=job["metadata"]["uid"], reason="FailedCreate")
        return [str(event.get("note") or event.get("message") or "") for event in found]

    async def _stop(self, operation: Manifest, run: Manifest, job: Manifest | None) -> Report:
        """Read what the pods say last, delete the Job, and say in the Run that it was stopped."""
        recorded = (operation.get("status") or {}).get("conditions") or ()
        resolved = conditions.verdict_of(recorded, condition_names.RESOLVED)
        launched = conditions.verdict_of(recorded, condition_names.LAUNCHED)
        state = states.stopped(
            resolved=resolved or states.Verdict(status="True", reason=reasons.RESOLVED),
            launched=launched if job is not None or (launched and launched.status == "True") else None,
            message="stopped by `spec.stop`",
        )
        pods = await self._pods(job) if job is not None else []
        if job is not None and progress.read(job, pods).ended:
            return await self._follow(operation, run, job)
        # Recorded first: a kill between the two leaves a Job that the next pass deletes, and nothing is lost.
        said, lost = progress.last_said(pods)
        now = self.now()
        found = progress.Progress(state=state, phase="Stopped", finished_at=now, outputs=said)
        refused = await recording.record(self.api, run, found, now=now)
        if job is not None:
            metadata = job["metadata"]
            with contextlib.suppress(NotFound, Conflict):
                await self.api.delete(
                    JOBS, metadata["namespace"], metadata["name"], uid=metadata["uid"], propagation="Foreground"
                )
        warned = [{"message": message, "rule": reason} for reason, message in (*lost, *refused)]
        return _with_warnings(Report(state=state, status={"finishedAt": now}), operation, warned)

    async def _end_run(self, run: Manifest, phase: str, reason: str, message: str) -> None:
        if own_run.has_ended(run):
            return
        metadata = run["metadata"]
        patch = own_run.end(phase, reason=reason, message=message, now=self.now())
        with contextlib.suppress(NotFound):
            await self.api.merge_patch(RUNS, metadata["namespace"], metadata["name"], patch)


def _is_first_try(operation: Mapping[str, Any]) -> bool:
    """It has just been resolved, and nothing else was tried: whether there is a Job shows when one is made."""
    spec, status = operation.get("spec") or {}, operation.get("status") or {}
    if status.get("jobRef") or spec.get("stop") or spec.get("suspend"):
        return False
    return conditions.verdict_of(status.get("conditions") or (), condition_names.LAUNCHED) == states.NOT_YET


def _name_taken(name: str) -> Report:
    message = f"a Job `{name}` exists and is not this operation's; delete or rename it"
    return Report(state=states.launch_refused(reasons.NAME_TAKEN, message), retry=RETRY_REFUSED)


def _with_warnings(report: Report, operation: Mapping[str, Any], added: Sequence[Mapping[str, str]]) -> Report:
    """The report with more status warnings, each said once."""
    said = list((operation.get("status") or {}).get("warnings") or ())
    said = list(report.status.get("warnings") or said)
    new = [dict(warning) for warning in added if dict(warning) not in said]
    if not new:
        return report
    status = {**report.status, "warnings": [*said, *new]}
    return Report(state=report.state, final=report.final, retry=report.retry, status=status)
