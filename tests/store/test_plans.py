"""No search that an index serves goes through all values of all runs: SQLite says so itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from joinery.pql import check_query, check_sort
from joinery.runs import read_run
from joinery.runs.search import SearchRequest
from joinery.store import SqlStore
from joinery.store.columns import beyond_prefix
from worlds_of_runs import NOW, manifest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from store_speed import SEARCHES, plans

MORE = (
    ("membership", "tags: a|b", "", {}),
    ("nil", "inputs.lr: nil", "-inputs.lr", {}),
    ("lineage", f"upstream: {'a' * 32}", "", {}),
    ("lineage by name", "pipeline.name: x", "", {}),
    ("uuid", f"uuid: {'a' * 8}%", "", {}),
    ("outputs", "outputs.loss: <1", "outputs.loss", {}),
)


@pytest.fixture(scope="module")
def store() -> SqlStore:
    made = SqlStore.in_memory()
    metrics = {"loss": 0.1, "accuracy": 0.5, "auc": 0.001, "stage": 1}
    spec = {"inputs": {"batch": 32, "lr": 0.1}, "tags": ["a"], "pipeline": "a" * 32}
    upstream = [{"uuid": "a" * 32, "name": "x"}]
    lacking = spec | {"inputs": {"batch": 32}}
    made.upsert(
        read_run(
            manifest(
                f"run-{n}", uuid=f"{n:032x}", phase="Succeeded", metrics=metrics, upstream=upstream,
                **(spec if n else lacking),
            )
        )
        for n in range(40)
    )  # fmt: skip
    return made


@pytest.mark.spec("1:71")
@pytest.mark.parametrize(("name", "query", "sort", "more"), [*SEARCHES, *MORE])
def test_no_plan_reads_all_values(store: SqlStore, name: str, query: str, sort: str, more: dict[str, object]) -> None:
    request = SearchRequest(
        namespace="default",
        query=check_query(query, now=NOW),
        sort=check_sort(sort),
        **{"limit": 5, **more},  # type: ignore[arg-type]
    )
    lines = plans(store, request)
    assert lines
    for line in lines:
        assert not line.startswith("SCAN value"), lines
        # Within a key, or within a run: never by less.
        if line.startswith("SEARCH value"):
            assert "key=?" in line or "run=?" in line, line


@pytest.mark.spec("2:68")
@pytest.mark.parametrize("query", ["name: run-1%", "name: RUN-1%", "uuid: 00%", "name: run-1"])
def test_names_and_uuids_by_prefix_are_ranges_of_an_index(store: SqlStore, query: str) -> None:
    lines = plans(store, SearchRequest(namespace="default", query=check_query(query, now=NOW), sort=check_sort("")))
    column = query.partition(":")[0].replace("name", "folded" if "%" in query else "title")
    bound = f"{column}>? AND {column}<?" if "%" in query else f"{column}=?"
    assert any(line.startswith("SEARCH run") and bound in line for line in lines), lines
    assert not any("run_created" in line for line in lines), lines


def test_the_end_of_a_prefix_is_the_first_text_beyond_it() -> None:
    assert beyond_prefix("run-9") == "run-:"
    assert beyond_prefix("a\ud7ff") == "a\ue000"  # no text holds what is between
    assert beyond_prefix("b\U0010ffff\U0010ffff") == "c"
    assert beyond_prefix("\U0010ffff") is None
