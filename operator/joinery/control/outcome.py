"""Resolving: search, write what is too large for status, commit by the status write, and see the rest done.

The status write with the digest is the commit (spec 4). Before it nothing is decided: a kill leaves at most
ConfigMaps of a digest that the next attempt removes or finds again. After it nothing is searched again: what
follows is made from the committed snapshot alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from joinery.api.v1alpha1 import V1Component, V1Operation, V1Search, reasons
from joinery.control import names, own_run, recording, snapshot, states
from joinery.control.decide import Observed, Report
from joinery.control.departed import Departed
from joinery.control.ending import Ending, has_ended
from joinery.control.fitting import fitting_status
from joinery.control.needed import needed
from joinery.control.ports import Api, Key, Manifest, Meter
from joinery.control.report import Reporter
from joinery.control.room import NoRoom, Room
from joinery.control.typed import parsed
from joinery.control.waiting import Waiters
from joinery.joins import DEFAULT_LIMITS, Limits, Resolution, ResolveRequest, resolve
from joinery.kube.bounded_store import NamespaceFull
from joinery.kube.errors import AlreadyExists, Conflict, NotFound
from joinery.kube.paths import CONFIG_MAPS, OPERATIONS, RUNS
from joinery.problems import InvalidManifest, InvalidOperation
from joinery.runs import parse_time
from joinery.runs.record import RunRecord
from joinery.runs.search import RunStore

logger = logging.getLogger(__name__)

WAITING_REASONS = frozenset({reasons.WAITING_FOR_RUNS, reasons.WAITING_FOR_OPERATIONS})
AWAITED_LATER = frozenset({reasons.CONNECTION_NOT_FOUND, reasons.CONNECTION_AMBIGUOUS})
FAILED_REASONS = frozenset(
    {
        reasons.TOO_FEW_RUNS,
        reasons.UPSTREAM_FAILED,
        reasons.NULL_VALUE,
        reasons.INVALID_PARAMS,
        reasons.TOO_LARGE,
        reasons.STORE_FULL,
    }
)


class Launcher(Protocol):
    """What becomes of a committed snapshot: a Job, its pods, its end."""

    def outlook(self, operation: Manifest, summary: str, /) -> states.State:
        """The state that the commit itself writes: what is known before anything is launched."""

    async def advance(self, operation: Manifest, run: Manifest, committed: snapshot.Committed | None, /) -> Report:
        """Do what is to be done now, and say how it stands. ``committed``: None where there is a Job already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Resolves operations and sees recorded ones through. ``now()`` is microseconds since 1970, UTC."""

    api: Api
    store: RunStore
    reporter: Reporter
    waiters: Waiters
    launcher: Launcher
    ending: Ending
    room: Room
    departed: Departed
    meter: Meter
    now: Callable[[], int]
    limits: Limits = DEFAULT_LIMITS
    result_cap: int = snapshot.COMPRESSED_CAP

    async def resolve(self, key: Key, observed: Observed) -> float | None:
        """One attempt. Returns the seconds after which to look again, None to wait for a change."""
        operation = dict(observed.operation)
        if _may_wait(operation):
            # Before the search, not after it: a Run that comes while it is under way wakes the operation once more.
            self.waiters.for_runs(key)
        try:
            request, mark = await self._request(operation, observed), self.departed.mark()
            started = time.perf_counter()
            resolution = await asyncio.to_thread(resolve, request, self.store)
            self.meter.resolved(resolution, time.perf_counter() - started)
        except InvalidManifest as error:
            return await self._refuse(key, operation, InvalidOperation(error.problems))
        except InvalidOperation as error:
            return await self._refuse(key, operation, error)
        except NamespaceFull as error:
            return await self._fail(key, operation, reasons.STORE_FULL, str(error))
        self.waiters.forget(key)
        try:
            status = await self._keep(operation, resolution)
        except snapshot.SnapshotTooLarge as error:
            return await self._fail(key, operation, reasons.TOO_LARGE, str(error))
        except NoRoom as error:
            return await self._fail(key, operation, reasons.STORE_FULL, str(error))
        taken = (run.name for join in resolution.joins for run in join.runs)
        if gone := self.departed.warnings(mark, key[0], taken):
            status["warnings"] = [*gone, *status.get("warnings", ())]
        state = self.launcher.outlook(operation, _summary(resolution))
        committed = await self.reporter.report(operation, Report(state=state, final=True, status=status))
        return await self.finish(key, Observed(operation=committed, run=observed.run), resolution=resolution)

    async def finish(self, key: Key, observed: Observed, *, resolution: Resolution | None = None) -> float | None:
        """What follows from a recorded resolution: its Run filled, its Job followed, its end. Safe to repeat."""
        operation = dict(observed.operation)
        run = dict(observed.run) if observed.run else None
        if has_ended(operation):
            return await self.ending.see_to(operation, run)
        if run is None or not own_run.is_ours(run, operation):
            await self._without_run(key, operation)
            return None
        try:
            committed = await needed(self.api, operation, run, resolution)
        except snapshot.SnapshotLost as error:
            report = Report(state=states.cannot_launch(reasons.SNAPSHOT_LOST, str(error)))
        else:
            if committed is not None and not own_run.is_filled(run, committed.digest):
                run = await self._patch_run(run, own_run.fill(committed))
            if not operation["status"].get("jobRef"):
                # Before looking: a Connection that comes meanwhile wakes the operation once more.
                self.waiters.for_references(key, [("Connections", key[0])])
            report = await self.launcher.advance(operation, run, committed)
            if report.state.ready.reason not in AWAITED_LATER:
                self.waiters.forget(key)
        operation = await self.reporter.report(operation, report)
        return await self.ending.see_to(operation, run) if has_ended(operation) else report.retry

    async def _without_run(self, key: Key, operation: Manifest) -> None:
        """The operation's own Run was deleted by hand: it is written anew, or its Job would be recorded nowhere."""
        logger.warning("operation %s/%s has lost its Run; it is written again", *key)
        await self.api.create(RUNS, own_run.make(operation))
        self.waiters.wake(key)

    async def _request(self, operation: Manifest, observed: Observed) -> ResolveRequest:
        metadata = operation["metadata"]
        return ResolveRequest(
            operation=parsed(operation, V1Operation),
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            created_at=parse_time(metadata["creationTimestamp"]),
            user=(metadata.get("annotations") or {}).get("joinery.dev/user"),
            now=self.now(),
            component=parsed(observed.component, V1Component) if observed.component else None,
            searches={name: parsed(search, V1Search) for name, search in observed.searches.items()},
            exclude_uids=frozenset({observed.run["metadata"]["uid"]} if observed.run else ()),
            operation_runs=await self._operation_runs(operation),
            limits=self.limits,
            may_wait=True,
        )

    async def _operation_runs(self, operation: Manifest) -> dict[str, RunRecord]:
        """The Runs of the operations that ``ref: ops.NAME`` names, as the store has them."""
        namespace = operation["metadata"]["namespace"]
        params = (operation.get("spec") or {}).get("params") or {}
        named = {
            str(param["ref"])[len("ops.") :]
            for param in params.values()
            if isinstance(param, dict) and str(param.get("ref") or "").startswith("ops.")
        }
        found: dict[str, RunRecord] = {}
        for name in sorted(named):
            other = await self.api.get(OPERATIONS, namespace, name)
            if other is not None:
                record = self.store.get(namespace, name=names.run_name(name, other["metadata"]["uid"]))
                if record is not None:
                    found[name] = record
        return found

    async def _refuse(self, key: Key, operation: Manifest, error: InvalidOperation) -> float | None:
        message = str(error)
        if error.reason in WAITING_REASONS:
            await self._report(operation, states.waiting(error.reason, _awaited(error)))
            return self._until_deadline(operation)
        if error.reason in FAILED_REASONS:
            return await self._fail(key, operation, error.reason, message, partial=error.partial)
        self.waiters.forget(key)
        await self._report(operation, states.invalid(message))
        return None

    def _until_deadline(self, operation: Manifest) -> float | None:
        """Seconds until the first `waitFor` that is still running ends: then the answer may be another one."""
        created = parse_time(operation["metadata"]["creationTimestamp"])
        joins = parsed(operation, V1Operation).joins or ()
        ends = [created + round(join.wait_seconds * 1_000_000) for join in joins if join.min_runs]
        left = [(end - self.now()) / 1_000_000 for end in ends if end > self.now()]
        return min(left) + 0.01 if left else None

    async def _fail(
        self, key: Key, operation: Manifest, reason: str, message: str, *, partial: Resolution | None = None
    ) -> float | None:
        self.waiters.forget(key)
        status: dict[str, Any] = {}
        if partial is not None:
            with contextlib.suppress(snapshot.SnapshotTooLarge):
                status = fitting_status(partial, operation, limits=self.limits)
        status.pop("digest", None)
        report = Report(state=states.resolution_failed(reason, message), final=True, status=status)
        failed = await self.reporter.report(operation, report)
        metadata = failed["metadata"]
        run = await self.api.get(RUNS, metadata["namespace"], names.run_name(metadata["name"], metadata["uid"]))
        return await self.finish(key, Observed(operation=failed, run=run))

    async def _report(self, operation: Manifest, state: states.State) -> None:
        await self.reporter.report(operation, Report(state=state))

    async def _keep(self, operation: Manifest, resolution: Resolution) -> dict[str, Any]:
        """The status of the resolution; what it has no room for goes into ConfigMaps first."""
        status = fitting_status(resolution, operation, limits=self.limits)
        metadata = operation["metadata"]
        manifests: list[Manifest] = []
        if snapshot.needs_config_maps(status, resolution):
            manifests = await asyncio.to_thread(snapshot.config_maps, resolution, operation, cap=self.result_cap)
            self.room.reserve(metadata["namespace"], metadata["uid"], snapshot.size_of(manifests))
            status["configMaps"] = [manifest["metadata"]["name"] for manifest in manifests]
        # Left over from an attempt that was killed before its commit.
        if self.room.holds(metadata["uid"]) or manifests:
            await self._must_be_current(operation)
            await self._remove_others(operation, keep={manifest["metadata"]["name"] for manifest in manifests})
        for manifest in manifests:
            with contextlib.suppress(AlreadyExists):  # the name holds the digest: the same bytes
                await self.api.create(CONFIG_MAPS, manifest)
        self.meter.kept(snapshot.size_of(manifests))
        return {"runRef": {"name": names.run_name(metadata["name"], metadata["uid"])}, **status}

    async def _must_be_current(self, operation: Manifest) -> None:
        """Raises Conflict where another process has resolved it meanwhile: its ConfigMaps are not left over."""
        metadata = operation["metadata"]
        found = await self.api.get(OPERATIONS, metadata["namespace"], metadata["name"])
        if found is None or found["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            raise Conflict(f"operation {metadata['name']} was changed while it was resolved")

    async def _remove_others(self, operation: Manifest, *, keep: set[str]) -> None:
        metadata = operation["metadata"]
        labels = {names.OPERATION_UID_LABEL: metadata["uid"]}
        for found in await self.api.list(CONFIG_MAPS, metadata["namespace"], labels=labels):
            name = found["metadata"]["name"]
            if name not in keep and names.is_owned_by(found, metadata["uid"]):
                await self.api.delete(CONFIG_MAPS, metadata["namespace"], name, uid=found["metadata"]["uid"])

    async def _patch_run(self, run: Manifest, patch: Manifest) -> Manifest:
        metadata = run["metadata"]
        try:
            return await recording.write(self.api, run, patch)
        except NotFound:
            logger.warning("Run %s/%s went away while it was written", metadata["namespace"], metadata["name"])
            return run


def _may_wait(operation: Manifest) -> bool:
    """Whether the answer may be to wait for Runs, those of other operations included."""
    spec = operation.get("spec") or {}
    params = (spec.get("params") or {}).values()
    return any(join.get("minRuns") for join in spec.get("joins") or ()) or any(
        isinstance(param, dict) and param.get("ref") for param in params
    )


def _awaited(error: InvalidOperation) -> str:
    """What is waited for, without how many there are by now: a message that changes would be a write each time."""
    waiting = [problem for problem in error.problems if problem.rule.startswith("waiting")]
    places = ", ".join(sorted({problem.path for problem in waiting if problem.path}))
    return f"waiting for what these ask for: {places}" if places else "waiting"


def _summary(resolution: Resolution) -> str:
    joined = f"{_counted(resolution.joined, 'run')} joined by {_counted(len(resolution.joins), 'join')}"
    return f"{joined}, {_counted(len(resolution.params), 'param')}: {resolution.digest}"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
