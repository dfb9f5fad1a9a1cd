"""The four ways that ``joinery lint`` prints what it found."""

from __future__ import annotations

import io

import pytest

from joinery.cli.lint_writers import LintReport, github, json_report, sarif, text_blocks
from joinery.cli.paper import show
from joinery.cli.problems import as_dict, show_problems
from joinery.problems import Problem

QUERY = Problem(
    message="there is no field `metric`",
    path="spec.joins[0].query",
    rule="unknown-field",
    hint="did you mean `metrics`?",
    text="metric.loss: <1",
    position=0,
    length=6,
    file="ops/a b.yaml",
    line=7,
    column=12,
)
KEY = Problem(message="100% \x1b[2Junknown, key:\nx", rule="unknown-key", file="ops/a b.yaml", line=3, column=3)
REPORT = LintReport(errors=(QUERY,), warnings=(KEY,), files=1, objects=2, others=1)
CLEAN = LintReport(errors=(), warnings=(), files=2, objects=1)


def printed(report: LintReport) -> str:
    stream = io.StringIO()
    show(text_blocks(report), stream=stream)
    return stream.getvalue()


def test_text_stands_in_the_order_of_the_file_with_places_and_carets() -> None:
    assert printed(REPORT) == (
        "ops/a b.yaml:3:3: warning: 100% \\x1b[2Junknown, key:\n"
        "  x\n"
        "ops/a b.yaml:7:12: error: spec.joins[0].query: there is no field `metric`\n"
        "  | metric.loss: <1\n"
        "  | ^^^^^^\n"
        "  did you mean `metrics`?\n"
        "2 objects in 1 file: 1 error, 1 warning (1 object of other kinds left alone)\n"
    )
    assert printed(CLEAN) == "1 object in 2 files: no problems\n"


def test_github_escapes_what_its_commands_are_made_of() -> None:
    assert github(REPORT) == (
        "::warning file=ops/a b.yaml,line=3,col=3,title=joinery unknown-key::"
        "100%25 \\x1b[2Junknown, key:%0Ax\n"
        "::error file=ops/a b.yaml,line=7,col=12,title=joinery unknown-field::"
        "spec.joins[0].query: there is no field `metric`%0Ametric.loss: <1%0A^^^^^^%0Adid you mean `metrics`?\n"
    )
    assert github(CLEAN) == ""


def test_json_has_everything() -> None:
    assert json_report(REPORT) == {
        "files": 1,
        "objects": 2,
        "otherObjects": 1,
        "errors": [as_dict(QUERY)],
        "warnings": [as_dict(KEY)],
    }
    assert as_dict(QUERY) == {
        "message": "there is no field `metric`",
        "rule": "unknown-field",
        "path": "spec.joins[0].query",
        "hint": "did you mean `metrics`?",
        "file": "ops/a b.yaml",
        "line": 7,
        "column": 12,
        "text": "metric.loss: <1",
        "position": 0,
        "length": 6,
    }


def test_sarif_has_rules_results_and_places() -> None:
    log = sarif(REPORT, version="1.2.3")
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["unknown-field", "unknown-key"]
    warning, error = run["results"]
    assert (warning["level"], warning["ruleIndex"], error["level"], error["ruleIndex"]) == ("warning", 1, "error", 0)
    (location,) = error["locations"]
    assert location == {
        "physicalLocation": {
            "artifactLocation": {"uri": "ops/a%20b.yaml"},
            "region": {"startLine": 7, "startColumn": 12},
        },
        "logicalLocations": [{"fullyQualifiedName": "spec.joins[0].query"}],
    }
    assert "metric.loss: <1\n^^^^^^" in error["message"]["text"]


def test_hundreds_of_problems_are_counted_and_not_all_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_problems([QUERY] * 130, most=2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("error:") == 2
    assert "and 128 more" in captured.err
