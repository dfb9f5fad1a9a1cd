"""What goes in, out and away; duplicates, warnings, selectors, instants. On both databases."""

from __future__ import annotations

import gc
import sqlite3
import threading

import pytest

from joinery.runs import read_run
from joinery.runs.search import PARTS, LabelRequirement
from joinery.store import SqlStore
from worlds_of_runs import Searcher, manifest


@pytest.mark.spec("5:42")
def test_of_two_runs_with_one_uuid_the_older_is_searched_and_if_it_goes_the_other(searcher: Searcher) -> None:
    searcher.add("young", uuid="a" * 32, createdAt="2026-01-02T00:00:00Z", inputs={"x": 1})
    searcher.add("old", uuid="a" * 32, createdAt="2026-01-01T00:00:00Z", inputs={"x": 1})
    searcher.add("other", uuid="b" * 32, inputs={"x": 2})
    assert searcher.found("inputs.x: 1") == "old"
    assert searcher.search().candidates == 2
    warning = searcher.warned("inputs.x: 1")["same-uuid"]
    assert "'old'" in warning
    assert "'young'" in warning
    searcher.store.delete(["uid-old"])
    assert searcher.found("inputs.x: 1") == "young"
    assert "same-uuid" not in searcher.warned()
    searcher.add("old", uuid="c" * 32, inputs={"x": 1})
    assert searcher.found("inputs.x: 1") == "old young"


@pytest.mark.spec("5:42")
def test_upsert_replaces_and_delete_removes_all_trace(searcher: Searcher, store: SqlStore) -> None:
    before = store.counts().values
    searcher.add("a", inputs={"x": 1, "gone": 2}, tags=["t"])
    searcher.add("a", inputs={"x": 3})
    assert searcher.found("inputs.x: 1") == ""
    assert searcher.found("inputs.x: 3") == "a"
    assert "no-such-name" in searcher.warned("inputs.gone: 2")
    store.delete(["uid-a", "uid-a", "never-there"])
    assert store.counts().runs == 0
    assert store.counts().values == before


@pytest.mark.spec("1:134", "1:135", "1:136", "1:137", "2:54")
def test_searches_are_never_silently_wrong(searcher: Searcher) -> None:
    searcher.add("a", inputs={"lr": 0.1}, metrics={"loss": 0.5})
    searcher.add("b", inputs={"lr": "auto"}, metrics={"loss": "NaN"})
    assert "did you mean `inputs.lr`?" in searcher.warned("inputs.lrr: >0")["no-such-name"]
    assert "a text in 1 run" in searcher.warned("inputs.lr: >0")["other-type"]
    assert "a number in 1 run" in searcher.warned("inputs.lr: auto")["other-type"]
    assert "other-type" not in searcher.warned("inputs.lr: ~0.1")
    assert "other-type" not in searcher.warned("metrics.loss: <1")
    assert "1 of 2" in searcher.warned("", "metrics.loss")["no-sort-key"]
    assert "all 2" in searcher.warned("", "metrics.los")["no-sort-key"]
    assert "none of the 2" in searcher.warned("inputs.lr: >5")["nothing-matched"]
    assert "no runs" in searcher.warned("", namespace="nowhere")["nothing-matched"]
    assert searcher.warned("inputs.lr: nil|0.1|auto", "name") == {}
    searcher.store.note_damaged("default", "bad", "uid-bad", "status.phase: it is a list")
    assert "'bad'" in searcher.warned()["damaged-run"]
    assert searcher.store.damaged("default") == {"bad": "status.phase: it is a list"}
    searcher.add("bad")
    assert searcher.store.damaged("default") == {}


@pytest.mark.spec("1:41", "1:68", "2:72")
def test_selectors_and_exclusions_narrow_the_candidates(searcher: Searcher) -> None:
    for name, labels in {"a": {"team": "x"}, "b": {"team": "y"}, "c": {}}.items():
        searcher.add(name, meta={"labels": labels}, inputs={"v": name})

    def asked(operator: str, *values: str, query: str = "") -> tuple[int, str]:
        selector = (LabelRequirement(key="team", operator=operator, values=values),)
        result = searcher.search(query, "name", selector=selector)
        return result.candidates, " ".join(run.name for run in result.runs)

    assert asked("In", "x", "z") == (1, "a")
    assert asked("NotIn", "x") == (2, "b c")
    assert asked("Exists") == (2, "a b")
    assert asked("DoesNotExist") == (1, "c")
    assert asked("Exists", query="inputs.v: ~a") == (2, "b")
    assert "no-such-name" not in searcher.warned("inputs.v: a", exclude_uids=frozenset(["uid-b"]))
    result = searcher.search("~(inputs.v: a)", exclude_uids=frozenset(["uid-b", "uid-gone"]))
    assert (result.candidates, result.matched) == (2, 1)
    assert searcher.found("labels.team: ~x") == "b c"


@pytest.mark.spec("1:68")
def test_namespaces_are_apart(searcher: Searcher) -> None:
    searcher.add("here", inputs={"x": 1})
    searcher.add("there", meta={"namespace": "other"}, inputs={"x": 1})
    assert searcher.found("inputs.x: 1") == "here"
    assert searcher.found("inputs.x: 1 or namespace: other") == "here"
    assert searcher.search("inputs.x: 1", namespace="other").runs[0].name == "there"
    assert searcher.store.get("default", name="there") is None


@pytest.mark.spec("2:80")
def test_lineage_by_uuid_and_by_name(searcher: Searcher) -> None:
    searcher.add("first", uuid="a" * 32, spec_name="train")
    searcher.add("second", uuid="b" * 32, upstream=[{"uuid": "a" * 32}], pipeline="a" * 32)
    searcher.add("third", uuid="c" * 32, upstream=[{"uuid": "f" * 32, "name": "gone"}])
    assert searcher.found(f"upstream: {'a' * 32}") == "second"
    assert searcher.found("upstream.name: train") == "second"
    assert searcher.found("upstream.name: gone") == "third"
    assert searcher.found("pipeline.name: train") == "second"
    assert searcher.found(f"downstream: {'b' * 32}") == "first"
    assert searcher.found("downstream.name: second") == "first"
    assert searcher.found("downstream: nil") == "second third"
    assert searcher.found("upstream: ~nil") == "second third"


@pytest.mark.spec("5:40", "5:41", "1:83")
def test_whole_records_come_back_as_they_went_in(searcher: Searcher) -> None:
    written = manifest(
        "a", uuid="ab" * 16, inputs={"x": {"y": [1, None]}, "t": "ü\0"}, outputs={"o": 2**63 - 1}, tags=["t"],
        metrics={"loss": "NaN", "acc": {"last": 1, "min": "-Infinity", "step": 3}}, phase="Failed",
        artifacts=[{"name": "m", "path": "p", "isInput": True}], resources={"cpu": "500m"},
        startedAt="2026-01-02T00:00:00Z",
        upstream=[{"uuid": "cd" * 16, "params": ["p"]}], conditions=[{"type": "Failed", "status": "True"}],
    )  # fmt: skip
    record = read_run(written)
    searcher.store.upsert([record])
    (found,) = searcher.search(parts=frozenset(PARTS)).runs
    # NaN is not equal to itself: compare as text.
    assert repr(found.record) == repr(record)
    assert repr(searcher.store.get("default", uuid="ab" * 16)) == repr(record)
    assert repr(searcher.store.get("default", uid="uid-a")) == repr(record)
    assert searcher.search().runs[0].record.inputs == {}


@pytest.mark.spec("5:42")
def test_a_run_of_very_many_values_is_cut_and_the_others_are_not(searcher: Searcher) -> None:
    searcher.add("huge", inputs={f"k{n:04}": n for n in range(2_500)}, metrics={"loss": 1})
    searcher.add("small", inputs={"k2400": 1}, metrics={"loss": 2})
    assert searcher.found("inputs.k1999: ~nil") == "huge"
    assert searcher.found("inputs.k2400: ~nil") == "small"
    assert searcher.found("metrics.loss: ~nil") == "small"


def test_reads_are_of_one_instant_while_a_writer_writes(store: SqlStore) -> None:
    """Each batch sets all runs to one number: no search may see two."""
    searcher = Searcher(store)
    records = [[read_run(manifest(f"r{n}", uuid=f"{n:032x}", inputs={"x": x})) for n in range(20)] for x in range(12)]
    store.upsert(records[0])
    seen: list[set[object]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            result = searcher.search("inputs.x: >=0", "inputs.x")
            seen.append({run.sort_keys[0] for run in result.runs} | {result.matched})

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for batch in records[1:]:
        store.upsert(batch)
    done.set()
    for thread in threads:
        thread.join()
    assert seen
    assert all(len(numbers - {20}) == 1 and 20 in numbers for numbers in seen)


def test_a_bulk_load_may_hold_a_run_twice_and_leaves_the_index(store: SqlStore) -> None:
    searcher = Searcher(store)
    with store.loading():
        searcher.add("a", inputs={"x": 1})
        searcher.add("a", inputs={"x": 2})
        searcher.add("b", inputs={"x": 2})
    assert searcher.names("inputs.x: 2", "name") == ["a", "b"]
    assert store.counts().runs == 2


def test_a_store_that_is_dropped_closes_its_database() -> None:
    store = SqlStore.in_memory()
    with store.engine.connect() as connection:
        opened = connection.connection.driver_connection
    assert opened is not None
    del store, connection
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        opened.execute("SELECT 1")
