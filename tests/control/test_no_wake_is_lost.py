"""A Run, or a Component, that arrives while an operation is being looked at wakes it once more."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from joinery.control.decide import Observed
from joinery.control.departed import Departed
from joinery.control.outcome import Resolver
from joinery.control.reconcile import Reconciler
from joinery.control.sightings import Sightings
from joinery.control.waiting import Waiters
from joinery.runs import read_run
from joinery.store import SqlStore
from operator_fixtures import operation, run

KEY = ("a", "select")


class Woken(list[tuple[tuple[str, str], float]]):
    def add_after(self, key: tuple[str, str], delay: float) -> None:
        self.append((key, delay))


def manifest(**spec: Any) -> dict[str, Any]:
    join = {"query": "tags: x", "minRuns": 2, "waitFor": "1h", "params": {"losses": {"value": "metrics.loss"}}}
    found = operation("select", join, **spec)
    found["metadata"] |= {"namespace": "a", "uid": "0" * 32, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return found


class ArrivesLate(SqlStore):
    """A store to which a second Run comes while the first search is under way, just after it has read."""

    waiters: Waiters

    def search(self, request: Any) -> Any:
        found = super().search(request)
        self.upsert([read_run(run("late", loss=0.1, tags=["x"]), namespace="a")])
        self.waiters.run_changed("a")
        return found

    def search_many(self, requests: Any) -> Any:
        return [self.search(request) for request in requests]


@pytest.mark.spec("1:43", "1:44")
async def test_a_run_that_comes_during_the_search() -> None:
    woken = Woken()
    store = ArrivesLate.in_memory()
    assert isinstance(store, ArrivesLate)
    store.waiters = waiters = Waiters(add_after=woken.add_after, clock=lambda: 5.0)
    store.upsert([read_run(run("first", loss=0.2, tags=["x"]), namespace="a")])
    reported: list[Mapping[str, Any]] = []

    async def report(found: Mapping[str, Any], _: Any, **__: Any) -> Mapping[str, Any]:
        reported.append(found)
        return found

    resolver = Resolver(
        api=SimpleNamespace(),
        store=store,
        reporter=SimpleNamespace(report=report),
        waiters=waiters,
        launcher=SimpleNamespace(),
        ending=SimpleNamespace(),
        room=SimpleNamespace(),
        departed=Departed(),
        meter=SimpleNamespace(),
        now=lambda: 1_767_225_601_000_000,
    )
    again = await resolver.resolve(KEY, Observed(operation=manifest()))
    assert len(reported) == 1
    assert again is not None  # its deadline
    assert woken == [(KEY, 1.0)]
    assert len(waiters) == 1


async def test_a_component_that_comes_between_looking_and_waiting() -> None:
    woken = Woken()
    waiters = Waiters(add_after=woken.add_after, clock=lambda: 0.0)
    found = manifest(componentRef={"name": "print"})

    class Api:
        async def get(self, *_: Any) -> Any:
            return found

    class LooksTooEarly:
        async def observe(self, operation: Any) -> Observed:
            waiters.reference_changed(("Component", "a", "print"))
            raise ConnectionError

    reconciler = Reconciler(
        api=Api(),
        observer=LooksTooEarly(),
        resolver=SimpleNamespace(),
        reporter=SimpleNamespace(),
        echo=SimpleNamespace(),
        waiters=waiters,
        sightings=Sightings(wake=lambda _: None),
        gone=lambda _key, _uid: None,
    )
    with pytest.raises(ConnectionError):
        await reconciler(KEY)
    assert woken == [(KEY, 0.0)]
