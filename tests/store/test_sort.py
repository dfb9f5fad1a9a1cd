"""The order of results, on both databases: total, and the same whichever way it is come by."""

from __future__ import annotations

import pytest

from worlds_of_runs import Searcher


@pytest.mark.spec("2:91", "2:90")
def test_kinds_keep_their_order_in_both_directions_and_the_rest_comes_last(searcher: Searcher) -> None:
    values = {"two": 2, "one": 1, "b": "b", "a": "a", "yes": True, "no": False, "map": {"y": 1}, "null": None}
    for number, (name, value) in enumerate(values.items()):
        searcher.add(name, inputs={"x": value}, createdAt=f"2026-01-0{number + 1}T00:00:00Z")
    assert searcher.names("", "inputs.x") == ["one", "two", "a", "b", "no", "yes", "null", "map"]
    assert searcher.names("", "-inputs.x") == ["two", "one", "b", "a", "yes", "no", "null", "map"]
    keys = [run.sort_keys[0] for run in searcher.search("", "inputs.x").runs]
    assert keys == [1, 2, "a", "b", False, True, None, None]


@pytest.mark.spec("2:92", "1:71")
@pytest.mark.parametrize(
    "sort", ["", "-created_at", "inputs.tie", "-inputs.tie", "-inputs.tie, name", "kind", "created_at"]
)
def test_pages_never_repeat_or_skip(searcher: Searcher, sort: str) -> None:
    for number in range(23):
        created = f"2026-01-01T00:00:0{number % 3}Z"
        searcher.add(f"r{number:02}", uuid=f"{(number * 7) % 23:032x}", inputs={"tie": number % 2}, createdAt=created)
    whole = searcher.names("", sort)
    assert sorted(whole) == [f"r{number:02}" for number in range(23)]
    for size in (1, 4, 5):
        pages = [searcher.names("", sort, limit=size, offset=offset) for offset in range(0, 23, size)]
        assert [name for page in pages for name in page] == whole
    narrowed = [name for name in whole if int(name[1:]) % 2]
    assert searcher.names("inputs.tie: 1", sort) == narrowed
    assert searcher.names("inputs.tie: 1", sort, limit=5, offset=2) == narrowed[2:7]


@pytest.mark.spec("2:92")
def test_ties_are_newest_first_and_then_by_uuid(searcher: Searcher) -> None:
    for name, uuid, time in [("old", "a" * 32, "00"), ("late-b", "b" * 32, "09"), ("late-a", "a" * 31 + "b", "09")]:
        searcher.add(name, uuid=uuid, createdAt=f"2026-01-01T00:00:{time}Z", inputs={"x": 1})
    for sort in ("", "inputs.x", "-inputs.x", "status", "-status", "inputs.none"):
        assert searcher.names("", sort) == ["late-a", "late-b", "old"]


@pytest.mark.spec("1:81", "2:75", "2:76")
def test_outputs_overlay_metrics_in_searches_and_sorts(searcher: Searcher) -> None:
    searcher.add("metric", metrics={"loss": 0.3})
    searcher.add("output", outputs={"loss": 0.2})
    searcher.add("both", outputs={"loss": 0.9}, metrics={"loss": 0.1})
    searcher.add("text", outputs={"loss": "low"}, metrics={"loss": 0.4})
    searcher.add("null", outputs={"loss": None}, metrics={"loss": {"last": 0.5, "min": 0.05}})
    searcher.add("nested", outputs={"loss": {"x": 1}})
    assert searcher.found("outputs.loss: <1") == "both metric null output"
    assert searcher.found("metrics.loss: <1") == "both metric null output text"
    assert searcher.found("outputs.loss: low") == "text"
    assert searcher.found("outputs.loss: ~nil") == "both metric nested null output text"
    assert searcher.found("metrics.loss: nil") == "nested"
    assert searcher.found("metrics.loss[min]: <1") == "null"
    assert searcher.names("outputs.loss: ~nil", "outputs.loss") == [
        "output",
        "metric",
        "null",
        "both",
        "text",
        "nested",
    ]
    assert searcher.names("metrics.loss: ~nil", "-metrics.loss") == ["null", "text", "metric", "output", "both"]
    assert "other-type" in searcher.warned("outputs.loss: <1")
    assert "other-type" not in searcher.warned("metrics.loss: <1")


@pytest.mark.spec("2:91")
@pytest.mark.parametrize("sort", ["duration", "-duration", "cpu", "wait_time", "started_at", "-finished_at"])
def test_runs_without_what_is_sorted_by_come_last_and_have_no_key(searcher: Searcher, sort: str) -> None:
    times = {"startedAt": "2026-01-01T00:00:05Z", "finishedAt": "2026-01-01T00:01:05Z", "resources": {"cpu": 2}}
    searcher.add("bare", createdAt="2026-01-01T00:00:00Z")
    assert [run.sort_keys for run in searcher.search("", sort).runs] == [(None,)]
    searcher.add("full", createdAt="2026-01-01T00:00:00Z", **times)
    with_key, without = searcher.search("", sort).runs
    assert (with_key.record.name, without.record.name) == ("full", "bare")
    assert with_key.sort_keys[0] is not None
    assert without.sort_keys == (None,)
