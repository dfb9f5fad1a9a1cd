"""Who is woken by what, and how often; what fits; which Run has come back."""

from __future__ import annotations

import asyncio

import pytest

from joinery.control.echo import RECENT, EchoBoard
from joinery.control.room import NoRoom, Room
from joinery.control.waiting import Waiters


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.added: list[tuple[tuple[str, str], float]] = []

    def __call__(self) -> float:
        return self.now

    def add_after(self, key: tuple[str, str], delay: float) -> None:
        self.added.append((key, delay))


def waiters(clock: Clock) -> Waiters:
    return Waiters(add_after=clock.add_after, clock=clock)


@pytest.mark.spec("4:9")
def test_many_changes_wake_a_waiting_operation_once_a_second() -> None:
    clock = Clock()
    found = waiters(clock)
    found.for_runs(("a", "one"))
    clock.now = 0.25
    for _ in range(500):
        found.run_changed("a")
    assert clock.added == [(("a", "one"), 0.75)]
    clock.now = 5.0
    found.for_runs(("a", "one"))
    clock.now = 9.0
    found.run_changed("a")
    assert clock.added[1:] == [(("a", "one"), 0.0)]


def test_another_namespace_wakes_nobody() -> None:
    clock = Clock()
    found = waiters(clock)
    found.for_runs(("a", "one"))
    found.run_changed("b")
    found.forget(("a", "one"))
    found.run_changed("a")
    assert clock.added == []
    assert len(found) == 0


def test_a_named_object_wakes_those_that_wait_for_it() -> None:
    clock = Clock()
    found = waiters(clock)
    found.for_references(("a", "one"), [("Component", "a", "c")])
    found.for_references(("a", "two"), [("Search", "a", "c")])
    found.reference_changed(("Component", "a", "c"))
    assert clock.added == [(("a", "one"), 0.0)]
    found.for_references(("a", "one"), [])
    found.reference_changed(("Component", "a", "c"))
    assert len(clock.added) == 1


async def test_the_echo_of_a_run_is_seen_once_it_is_applied() -> None:
    board = EchoBoard()
    waiting = asyncio.create_task(board.wait("u1", timeout=5))
    await asyncio.sleep(0)
    board.applied(["u0"])
    await asyncio.sleep(0)
    assert not waiting.done()
    board.applied(["u1"])
    assert await waiting
    assert not await board.wait("u2", timeout=0)


async def test_an_echo_that_came_before_anybody_waited_is_remembered_for_a_while() -> None:
    board = EchoBoard()
    board.applied(["u1"])
    assert await board.wait("u1", timeout=0)
    board.applied(f"other-{number}" for number in range(RECENT))
    assert not await board.wait("u1", timeout=0), "the store is asked then"


def test_results_that_do_not_fit_are_refused_with_figures() -> None:
    room = Room(namespace_cap=100, cluster_cap=150)
    room.reserve("a", "op-1", 60)
    room.seen("part", namespace="a", operation="op-1", size=60)
    assert room.used("a") == 60
    with pytest.raises(NoRoom, match="namespace a holds 60 of 100"):
        room.reserve("a", "op-2", 50)
    room.reserve("b", "op-3", 80)
    with pytest.raises(NoRoom, match="the cluster holds 140 of 150"):
        room.reserve("c", "op-4", 20)
    room.gone("part")
    room.reserve("a", "op-2", 50)
