"""The loop's one act: read an Operation anew, decide, do, and write its status once.

Level-triggered: nothing is remembered from one pass to the next but caches that a restart may lose. Every name is
derived and every write is safe to repeat, so a kill between any two of them is taken up from what is there. The
operation itself is what the watch just showed, where it did; after a conflict it is read.
Source: spec 4, *The order of things*; spec 5.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from joinery.control import own_run, states
from joinery.control.decide import AwaitEcho, Finish, Ignore, MakeRun, Observed, Report, Resolve, decide
from joinery.control.echo import EchoBoard
from joinery.control.observe import Observer
from joinery.control.outcome import Resolver
from joinery.control.ports import Api, Key, Manifest
from joinery.control.report import Reporter
from joinery.control.sightings import Sightings
from joinery.control.subject import read_as
from joinery.control.waiting import Waiters
from joinery.kube.errors import AlreadyExists, Conflict, NotFound
from joinery.kube.paths import OPERATIONS, RUNS

logger = logging.getLogger(__name__)

ECHO_PATIENCE = 0.25  # seconds that the first status write may wait for the Run's echo (spec 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Reconciles one Operation at a time; any number of keys may be under way at once."""

    api: Api
    observer: Observer
    resolver: Resolver
    reporter: Reporter
    echo: EchoBoard
    waiters: Waiters
    sightings: Sightings
    gone: Callable[[Key, str], None]  # told of an operation, and its uid, that was deleted in the middle of a pass

    async def __call__(self, key: Key) -> float | None:
        """One pass. Returns the seconds after which to look again, None to wait for a change.

        Errors of the API server come out as they are: the queue tries again with back-off.
        """
        shown = self.sightings.take(key)
        operation = dict(shown) if shown is not None else await self.api.get(OPERATIONS, *key)
        if operation is None:
            self.waiters.forget(key)
            return None
        try:
            return await self._reconcile(key, operation)
        except Conflict:
            self.sightings.distrust(key)
            raise
        except NotFound:
            if await self.api.get(OPERATIONS, *key) is not None:
                raise
            # Its Run may have been made after everybody heard of the deletion.
            self.waiters.forget(key)
            self.gone(key, operation["metadata"]["uid"])
            return None

    async def _reconcile(self, key: Key, operation: Manifest) -> float | None:
        read_as(operation["metadata"]["uid"])
        # Before looking, not after it: what comes while this pass is under way wakes the operation once more.
        self.waiters.for_references(key, _references(operation))
        observed = await self.observer.observe(operation)
        while True:
            step = decide(observed)
            match step:
                case Ignore():
                    self.waiters.forget(key)
                    return None
                case MakeRun():
                    observed = await self._make_run(observed)
                case AwaitEcho():
                    if not await self._echoed(key, observed):
                        state = states.resolving("its Run is written; waiting for it to come back through the watch")
                        await self.reporter.report(operation, Report(state=state))
                        return None
                    observed = replace(observed, echoed=True)
                case Resolve():
                    return await self.resolver.resolve(key, observed)
                case Finish():
                    return await self.resolver.finish(key, observed)
                case Report():
                    self.waiters.for_references(key, [(item.kind, key[0], item.name) for item in observed.missing])
                    written = await self.reporter.report(operation, step)
                    if step.final:
                        return await self.resolver.finish(key, replace(observed, operation=written))
                    return step.retry

    async def _echoed(self, key: Key, observed: Observed) -> bool:
        """Whether the own Run has come back through the watch, now or within the patience of the first write."""
        if observed.run is None:
            return False
        # The first pass waits a moment, so that most operations are resolved with one status write.
        patience = 0.0 if observed.operation.get("status", {}).get("conditions") else ECHO_PATIENCE
        if await self.echo.wait(observed.run["metadata"]["uid"], timeout=patience):
            return True
        # Before looking, as above. And it may have been applied too long ago to be remembered.
        self.waiters.for_references(key, [("Run", key[0], observed.run["metadata"]["name"])])
        return await self.observer.stored(observed.run)

    async def _make_run(self, observed: Observed) -> Observed:
        manifest = own_run.make(observed.operation)
        try:
            return replace(observed, run=await self.api.create(RUNS, manifest))
        except AlreadyExists:
            # Made by an earlier pass that was killed, by a second operator, or by a stranger: decide() tells which.
            metadata = manifest["metadata"]
            found = await self.api.get(RUNS, metadata["namespace"], metadata["name"])
            if found is None:
                raise
            return replace(observed, run=found, echoed=await self.observer.stored(found))


def _references(operation: Manifest) -> list[tuple[str, str, str]]:
    """The Component and the Searches that an operation names, until it is resolved: kind, namespace, name."""
    spec, namespace = operation.get("spec") or {}, operation["metadata"]["namespace"]
    if (operation.get("status") or {}).get("resolvedAt"):
        return []
    component = (spec.get("componentRef") or {}).get("name")
    searches = {join["ref"] for join in spec.get("joins") or () if join.get("ref")}
    return [("Component", namespace, component)] * bool(component) + [
        ("Search", namespace, name) for name in sorted(searches)
    ]
