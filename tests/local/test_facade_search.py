"""``joinery.load_runs(…).search``, as notebooks use it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from some_runs import NOW

import joinery
from joinery import InvalidQuery, InvalidValue


def test_a_search_counts_orders_and_takes(runs: joinery.Runs) -> None:
    found = runs.search("metrics.loss: <0.6", sort="metrics.loss", limit=2, offset=1, now=NOW)
    assert (found.candidates, found.matched, len(found)) == (4, 3, 2)
    assert [one.name for one in found] == ["run-2", "run-1"]
    assert found.warnings == ()
    first = found.runs[0]
    assert found[0] is first
    assert first.uuid == f"{2:032x}"
    assert first.inputs == {"lr": 0.1, "optimizer": {"name": "adam"}}
    assert (first.outputs, first.metrics) == ({"f1": 0.5}, {"loss": 0.25})
    assert first.sort_keys == {"metrics.loss": 0.25}
    assert (first.status, first.namespace, first.labels) == ("succeeded", "default", {"team": "audio"})
    assert first.created_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert first.finished_at is None
    assert first.duration is None
    assert runs.search("metrics.loss: <0.2").runs[0].metric("loss")[:4] == (0.125, 0.1, None, 9)


def test_the_empty_search_is_every_run_newest_first(runs: joinery.Runs) -> None:
    assert [one.name for one in runs.search()] == ["run-4", "run-3", "run-2", "run-1"]
    assert len(runs) == 4
    assert repr(runs) == "<4 runs (default: 4)>"


@pytest.mark.parametrize("selector", ["team=vision", {"team": "vision"}, {"matchLabels": {"team": "vision"}}])
@pytest.mark.spec("1:41")
def test_a_selector_narrows_the_candidates(runs: joinery.Runs, selector: Any) -> None:
    found = runs.search("metrics.loss: <0.2", selector=selector)
    assert (found.candidates, [one.name for one in found]) == (2, ["run-3"])


def test_now_may_be_text_a_datetime_or_microseconds(runs: joinery.Runs) -> None:
    for now in ("2026-01-03T12:00:00Z", datetime(2026, 1, 3, 12), 1767441600_000000):
        assert [one.name for one in runs.search("created_at: today", now=now)] == ["run-3"]
    with pytest.raises(InvalidValue, match="`soon` is not a time"):
        runs.search("", now="soon")


def test_all_problems_of_a_search_come_together(runs: joinery.Runs) -> None:
    with pytest.raises(InvalidQuery) as caught:
        runs.search("metric.loss: <1", sort="nope", limit=0, offset=-1, selector="a<1")
    assert {problem.path for problem in caught.value.problems} == {"query", "sort", "limit", "offset", "selector"}
    assert all(problem.message for problem in caught.value.problems)


def test_limit_and_offset_may_be_digits_as_in_joins(runs: joinery.Runs) -> None:
    found = runs.search("", sort="name", limit="2", offset=" 1 ")
    assert [one.name for one in found] == [one.name for one in runs.search("", sort="name", limit=2, offset=1)]
    assert (found.limit, found.offset) == (2, 1)
    wrong: Any
    for wrong in ("", "ten", 2.5, True, "9" * 50, []):
        with pytest.raises(InvalidQuery, match="limit: is no whole number"):
            runs.search("", limit=wrong)


def test_what_is_no_text_and_no_operation_is_a_type_error_that_says_so(runs: joinery.Runs) -> None:
    number: Any = 5
    texts: Any = ["name"]
    with pytest.raises(TypeError, match="a query is text, not int"):
        runs.search(number)
    with pytest.raises(TypeError, match="a sort is text, not list"):
        runs.search("", sort=texts)
    with pytest.raises(TypeError, match="an operation is a path, a mapping or a V1Operation, not int"):
        runs.resolve(number)


def test_an_error_in_a_file_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(joinery.problems.JoineryError, match=r"nowhere\.yaml: there is no such file or folder"):
        joinery.load_runs(tmp_path / "nowhere.yaml")
    (tmp_path / "bad.yaml").write_text("kind: Run\nspec: {a: 1, a: 2}\n")
    with pytest.raises(joinery.problems.JoineryError, match=r"bad\.yaml:2:14: the key `a` is there twice"):
        joinery.load_runs(tmp_path / "bad.yaml")


def test_another_namespace_is_never_searched(runs: joinery.Runs) -> None:
    found = runs.search("", namespace="team-b")
    assert (found.candidates, len(found)) == (0, 0)
    assert any("namespace `team-b` holds no runs" in warning.message for warning in found.warnings)
