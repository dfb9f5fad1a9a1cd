"""The reference, SQLite and PostgreSQL answer alike: candidates, matched, and the ordered uuids.

Forty questions a world; the worlds are the same in every run of the tests. For a longer hunt, ask for other worlds:
``JOINERY_HUNT=1000:3000 pytest tests/reference/test_equivalence.py``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from joinery.runs import read_run
from joinery.runs.search import RunStore
from joinery.store import SqlStore

from .compare import Run, answers, disagreement, expected, fill
from .questions import Asker, Question
from .worlds import World

FIRST, LAST = (int(word) for word in os.environ.get("JOINERY_HUNT", "0:48").split(":"))
STEP = max(1, (LAST - FIRST) // 8)
QUESTIONS = 40

pytestmark = [
    pytest.mark.spec("2:3", "2:10", "2:12", "2:13", "2:14", "2:15", "2:16", "2:17", "2:18", "2:19"),
    pytest.mark.spec("2:23", "2:24", "2:25", "2:26", "2:28", "2:34", "2:38", "2:39", "2:41", "2:42"),
    pytest.mark.spec("2:43", "2:44", "2:45", "2:46", "2:48", "2:49", "2:50", "2:51", "2:52", "2:53"),
    pytest.mark.spec("2:54", "2:55", "2:56", "2:57", "2:59", "2:60", "2:61", "2:67", "2:68", "2:70"),
    pytest.mark.spec("2:71", "2:72", "2:73", "2:74", "2:75", "2:76", "2:77", "2:78", "2:79", "2:80"),
    pytest.mark.spec("2:81", "2:89", "2:90", "2:91", "2:92", "1:68", "1:69", "1:70", "1:71"),
]


def asked(seed: int) -> tuple[World, list[Question]]:
    world = World(seed)
    asker = Asker(world)
    return world, [asker.ask() for _ in range(QUESTIONS)]


def in_memory(runs: Sequence[Run]) -> RunStore:
    return fill(SqlStore.in_memory(), runs)


@pytest.mark.parametrize("start", range(FIRST, LAST, STEP))
def test_sqlite_agrees_with_the_reference(start: int) -> None:
    for seed in range(start, start + STEP):
        world, questions = asked(seed)
        difference = disagreement(in_memory, world.runs, questions)
        assert difference is None, f"world {seed}\n{difference}"


def test_postgresql_agrees_with_the_reference(postgres_url: str) -> None:
    store = SqlStore.open(postgres_url)

    def refilled(runs: Sequence[Run]) -> RunStore:
        store.clear()
        return fill(store, runs)

    try:
        for seed in range(FIRST, LAST, 4):
            world, questions = asked(seed)
            difference = disagreement(refilled, world.runs, questions)
            assert difference is None, f"world {seed}\n{difference}"
    finally:
        store.close()


# Small worlds hardly come to what pays for many runs alone: here it is made to.
WAYS = {
    "clauses are listed and intersected": {
        "joinery.store.counting._MANY": 0,
        "joinery.store.counting._SURELY_FEW": -1,
        "joinery.store.counting._TEST_COST": 2**40,
    },
    "matches are listed and sorted": {"joinery.store.paging._LISTING_COST": 0},
    "the page is found before its runs are read": {
        "joinery.store.paging._LISTING_COST": 0,
        "joinery.store.narrowing._WORTH": 0,
    },
    "an index is gone along": {"joinery.store.paging._LISTING_COST": 2**40},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_each_way_of_searching_agrees_with_the_reference(
    way: str, database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WAYS[way].items():
        monkeypatch.setattr(name, value)
    store = SqlStore.in_memory() if database == "sqlite" else SqlStore.open(request.getfixturevalue("postgres_url"))

    def refilled(runs: Sequence[Run]) -> RunStore:
        store.clear()
        return fill(store, runs)

    try:
        for seed in range(FIRST, LAST, 3 if database == "sqlite" else 12):
            world, questions = asked(seed)
            difference = disagreement(refilled, world.runs, questions)
            assert difference is None, f"world {seed}\n{difference}"
    finally:
        store.close()


@settings(max_examples=12, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**64), count=st.integers(1, QUESTIONS))
def test_worlds_that_hypothesis_thinks_of(seed: int, count: int) -> None:
    world, questions = asked(seed)
    assert disagreement(in_memory, world.runs, questions[:count]) is None


@pytest.mark.parametrize("start", range(FIRST, LAST, STEP))
def test_runs_that_came_changed_and_went_leave_nothing_behind(start: int) -> None:
    """Other runs under the same uids first, then deletions, then the runs in another order, some of them twice."""
    for seed in range(start, start + STEP, 4):
        world, questions = asked(seed)
        random = Random(seed)
        store = in_memory(World(seed + 1).runs)
        store.delete([run["metadata"]["uid"] for run in World(seed + 1).runs])
        before = [
            run | {"spec": other["spec"]}
            for run, other in zip(world.runs, random.sample(world.runs, len(world.runs)), strict=True)
        ]
        fill(store, before)
        for run in random.sample(world.runs, len(world.runs)):
            store.upsert([read_run(run)])
        assert answers(store, questions) == [expected(world.runs, question) for question in questions], f"world {seed}"
