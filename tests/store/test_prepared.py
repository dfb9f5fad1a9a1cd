"""Statements are remembered by their shape: whatever the values, an answer is that of a store that remembers none."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, bindparam, column, literal, select

from joinery.pql import check_query, check_sort
from joinery.runs import read_run
from joinery.runs.search import SearchRequest, SearchResult
from joinery.store import SqlStore, prepared
from joinery.store.prepared import Prepared, watched
from worlds_of_runs import NOW, manifest

# Of one shape each, but for the last: a number that is no double exactly, a text longer than its head.
QUERIES = (
    ("metrics.loss: <0.2", "metrics.loss: <0.7"),
    ("metrics.loss: 0.1|0.2", "metrics.loss: 0.3|0.4"),
    ("metrics.loss: 0.1..0.3", "metrics.loss: 0.2..0.9"),
    ("name: run-1%", "name: run-2%"),
    ("name: %1", "name: %2"),
    ("tags: odd", "tags: even"),
    ("created_at: >2026-01-02", "created_at: >2026-01-09"),
    ("inputs.x: a or metrics.loss: >0.5", "inputs.x: b or metrics.loss: >0.8"),
    ("inputs.x: 1", "inputs.x: 9007199254740993", f"inputs.x: {'a' * 300}"),
)
SORTS = ("metrics.loss", "-metrics.loss", "inputs.x", "name", "-started_at", "")


@pytest.fixture(scope="module")
def store() -> SqlStore:
    made = SqlStore.in_memory()
    values = ["a", "b", 1, 9007199254740993, "a" * 300, True]
    made.upsert(
        read_run(
            manifest(
                f"run-{n}", uuid=f"{n:032x}", metrics={"loss": n % 10 / 10}, inputs={"x": values[n % 6]},
                tags=["odd" if n % 2 else "even"], createdAt=f"2026-01-{n % 20 + 1:02d}T00:00:00Z",
            )
        )
        for n in range(60)
    )  # fmt: skip
    return made


def asked(store: SqlStore, query: str, sort: str) -> SearchResult:
    request = SearchRequest(
        namespace="default", query=check_query(query, now=NOW), sort=check_sort(sort), limit=7, offset=1
    )
    return store.search(request)


@pytest.mark.parametrize("queries", QUERIES)
def test_a_remembered_statement_answers_as_a_new_one(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, queries: tuple[str, ...]
) -> None:
    answers = {(query, sort): asked(store, query, sort) for query in queries for sort in SORTS}
    rows = Prepared.rows

    def anew(kind: Prepared, *arguments: Any) -> list[tuple[Any, ...]]:
        return rows(Prepared(kind._make), *arguments)

    monkeypatch.setattr(Prepared, "rows", anew)
    for (query, sort), answer in answers.items():
        assert asked(store, query, sort) == answer
    assert len({tuple(run.uuid for run in answer.runs) for answer in answers.values()}) > 1


def test_one_shape_is_one_statement_and_values_are_bound(store: SqlStore) -> None:
    texts = []
    for query in QUERIES[0]:
        with watched() as executed:
            asked(store, query, "metrics.loss")
        texts.append([one.text for one in executed])
        assert any(float(query.partition("<")[2]) in one.parameters for one in executed)
        assert not any(query.partition("<")[2] in one.text for one in executed)
    assert texts[0] == texts[1]


def test_what_is_remembered_is_bounded(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(_: bool, number: int) -> Select[tuple[int]]:
        return select(literal(number) + bindparam("more"))

    kind = Prepared(make)
    monkeypatch.setattr(prepared, "_MOST_REMEMBERED", 200)
    with store.engine.connect() as connection:
        for number in range(50):
            assert kind.rows(connection, {"more": 1}, number) == [(number + 1,)]
            assert sum(len(compiled.text) for compiled in kind._compiled.values()) <= 200


def test_a_list_that_is_written_anew_each_time_is_refused(store: SqlStore) -> None:
    kind = Prepared(lambda _: select(literal(1)).where(column("a").in_([1, 2])))
    with store.engine.connect() as connection, pytest.raises(TypeError, match="written anew"):
        kind.rows(connection, {})
