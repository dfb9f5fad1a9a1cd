"""Recorded values as CSV, and the names people give to objects."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from joinery.cli.live.names import ObjectName, names_a_file, parse_name
from joinery.cli.live.recorded import Recorded
from joinery.cli.live.rerun import new_names
from joinery.cli.views.params import param_blocks, sheet
from joinery.problems import InvalidValue


def recorded(params: dict[str, Any], *joins: tuple[list[str], list[str]]) -> Recorded:
    return Recorded(
        name="op",
        namespace="n",
        digest="sha256:0",
        resolved_at="",
        now="",
        params={name: {"value": value} for name, value in params.items()},
        joins=[{"params": given, "runs": [{"uuid": run * 32, "name": run} for run in runs]} for given, runs in joins],
    )


def rows(found: Recorded) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet(found).text())))


def test_a_param_of_two_joins_is_in_the_rows_of_both() -> None:
    found = recorded(
        {"x": [1, 2, 3], "y": ["a", None], "z": [{"k": [1, "é"]}], "files": {"files": [], "dirs": []}, "n": 1},
        (["x", "y", "files"], ["a", "b"]),
        (["z", "x"], ["c"]),
    )
    assert rows(found) == [
        {"join": "0", "run": "a", "uuid": "a" * 32, "x": "1", "y": "a", "z": ""},
        {"join": "0", "run": "b", "uuid": "b" * 32, "x": "2", "y": "", "z": ""},
        {"join": "1", "run": "c", "uuid": "c" * 32, "x": "3", "y": "", "z": '{"k":[1,"é"]}'},
    ]
    assert sheet(found).left_out == ("files", "n")


def test_a_list_that_is_not_one_value_a_run_is_left_out() -> None:
    found = recorded({"x": [1, 2, 3], "ordinary": [1, 2]}, (["x"], ["a", "b"]))
    assert sheet(found).left_out == ("x", "ordinary")
    assert [list(row) for row in rows(found)] == [["join", "run", "uuid"]] * 2


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-O3", "'-O3"),
        ("-3", "-3"),
        ("+1e5", "+1e5"),
        (-3, "-3"),
        ("\t=1", "'\\t=1"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ('say "a, b"', 'say "a, b"'),
        (True, "true"),
        (None, ""),
        (["\x1b", 1.5], '["\\u001b",1.5]'),
    ],
)
def test_no_cell_is_a_formula_or_moves_the_cursor(value: Any, cell: str) -> None:
    assert rows(recorded({"x": [value]}, (["x"], ["a"])))[0]["x"] == cell


def test_an_operation_without_params() -> None:
    assert [getattr(block, "text", None) for block in param_blocks(recorded({}))][1] == "no params"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("best", ObjectName(None, "best")),
        ("op/best", ObjectName("Operation", "best")),
        ("Operations.joinery.dev/best", ObjectName("Operation", "best")),
        ("operations.v1alpha1.joinery.dev/best", ObjectName("Operation", "best")),
        ("run.joinery.dev/train-1.x", ObjectName("Run", "train-1.x")),
    ],
)
def test_names(text: str, found: ObjectName) -> None:
    assert parse_name(text) == found


@pytest.mark.parametrize(
    "text", ["", "/", "op/", "a b", "Best", "-x", "a..b", "a/b/c", "x" * 254, "\x1b", "..", "jobs/x"]
)
def test_no_names(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_name(text)


def test_a_name_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").write_text("")
    for text in ("here", "-", "a.yaml", "x/y", "*.json", "./best", "runs.jsonl.gz"):
        assert names_a_file(text), text
    for text in ("best", "op/best", "operation.joinery.dev/best", "best.v2"):
        assert not names_a_file(text), text


def test_new_names_fit_and_do_not_grow() -> None:
    assert [next(new_names(old)) for old in ("best", "best-r7", "best-r0", "best-r")] == [
        "best-r1",
        "best-r1",
        "best-r0-r1",
        "best-r-r1",
    ]
    long = list(new_names("a" * 47 + "-bcde"))
    assert max(map(len, long)) <= 52
    assert len(set(long)) == len(long)
    assert long[0] == "a" * 47 + "-b-r1"
    assert long[9] == "a" * 47 + "-r10"
