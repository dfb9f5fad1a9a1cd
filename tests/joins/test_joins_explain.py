"""Explain: each clause with the run's value, the rank, and what cut it."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.joins import changed_runs, explain, explain_search, to_status
from joinery.pql import check_query, check_sort
from joinery.problems import InvalidOperation
from joinery.runs.search import RunStore, SearchRequest

from .world import operation, request, resolved, run, store_of, uuid

JOIN: dict[str, Any] = {
    "query": "metrics.loss: <0.5, inputs.lr: >0",
    "sort": "metrics.loss",
    "limit": 2,
    "offset": 1,
    "params": {"lrs": {"value": "inputs.lr"}, "f1s": {"value": "outputs.f1"}},
    "onNull": "DropRun",
}


@pytest.fixture(scope="module")
def store() -> RunStore:
    outputs = {"f1": 1}
    return store_of(
        run(0, inputs={"lr": 1}, metrics={"loss": 0.0}, outputs=outputs),
        run(1, inputs={"lr": 1}, metrics={"loss": 0.1}, outputs=outputs, labels={"team": "a"}),
        run(2, inputs={"lr": 1}, metrics={"loss": 0.2}),
        run(3, inputs={"lr": 1}, metrics={"loss": 0.3}, outputs=outputs),
        run(4, inputs={"lr": 1}, metrics={"loss": 0.6}, outputs=outputs),
        run(5, metrics={"loss": 0.1}),
        run(9, namespace="other"),
    )


@pytest.mark.spec("1:142", "1:143")
@pytest.mark.parametrize(
    ("number", "verdict", "rank", "clauses"),
    [
        (0, "skipped", 1, ["true", "true"]),
        (1, "taken", 2, ["true", "true"]),
        (2, "dropped", 3, ["true", "true"]),
        (3, "cut", 4, ["true", "true"]),
        (4, "no-match", None, ["false", "true"]),
        (5, "no-match", None, ["true", "absent"]),
    ],
)
def test_each_clause_the_rank_and_what_cut_it(
    store: RunStore, number: int, verdict: str, rank: int | None, clauses: list[str]
) -> None:
    done = explain(request(operation([JOIN])), store, run=f"run-{number}")
    (join,) = done.joins
    assert (join.verdict, join.rank) == (verdict, rank)
    assert join.clauses is not None
    assert [item.verdict for item in join.clauses.items] == clauses
    assert join.clauses.items[0].value == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.6, 0.1][number])
    assert (join.matched, join.candidates, join.limit, join.offset) == (4, 6, 2, 1)
    assert done.run.uuid == uuid(number)
    taken = [one.name for one in resolved(store, [JOIN]).joins[0].runs]
    assert (f"run-{number}" in taken) is (verdict == "taken")
    if rank is not None:
        assert f"rank {rank} of 4" in join.why
        assert join.sort_keys == {"metrics.loss": [0.0, 0.1, 0.2, 0.3][number]}


@pytest.mark.spec("1:142")
def test_what_is_no_candidate_says_why(store: RunStore) -> None:
    selector = {**JOIN, "selector": {"matchLabels": {"team": "a"}}}
    (join,) = explain(request(operation([selector])), store, run="run-3").joins
    assert join.verdict == "no-candidate"
    assert "team In a" in join.why
    (join,) = explain(request(operation([JOIN]), exclude_uids=frozenset({"uid-default-3"})), store, run=uuid(3)).joins
    assert (join.verdict, join.why) == ("no-candidate", "it is the operation's own run")
    with pytest.raises(InvalidOperation, match="run-9"):
        explain(request(operation([JOIN])), store, run="run-9")


@pytest.mark.spec("1:142")
def test_a_join_with_problems_is_said_and_the_others_are_explained(store: RunStore) -> None:
    broken = {"query": "loss: <1", "params": {"b": {"value": "inputs"}}}
    done = explain(request(operation([broken, JOIN])), store, run="run-1")
    assert [join.verdict for join in done.joins] == ["not-asked", "taken"]
    assert done.problems[0].path == "spec.joins[0].query"


@pytest.mark.spec("1:142")
def test_one_search_without_an_operation(store: RunStore) -> None:
    search = SearchRequest(
        namespace="default", query=check_query("metrics.loss: <0.5"), sort=check_sort("metrics.loss"), limit=2
    )
    assert explain_search(search, store, run="run-3", limit=2).verdict == "cut"
    assert "the limit 2 cuts it" in explain_search(search, store, run="run-3", limit=2).why
    assert "cap of 2" in explain_search(search, store, run="run-3").why
    every = SearchRequest(namespace="default", query=check_query(""), sort=check_sort(""))
    newest = explain_search(every, store, run="00000000-0000-0000-0000-000000000005")
    assert (newest.verdict, newest.rank, newest.clauses) == ("taken", 1, None)


@pytest.mark.spec("1:143")
def test_a_recorded_resolution_says_which_runs_have_changed() -> None:
    store = store_of(*(run(n, inputs={"lr": n}, metrics={"loss": 0.1}, outputs={"f1": 1}) for n in range(1, 4)))
    recorded = to_status(resolved(store, [{**JOIN, "limit": 3, "offset": 0}]))["joins"][0]["runs"]
    assert changed_runs(recorded, store, namespace="default") == ()
    store.delete(["uid-default-2"])
    changed = {**recorded[0], "resourceVersion": "1"}
    found = changed_runs([changed, *recorded[1:]], store, namespace="default")
    assert {(one.name, one.change) for one in found} == {(recorded[0]["name"], "changed"), ("run-2", "gone")}
