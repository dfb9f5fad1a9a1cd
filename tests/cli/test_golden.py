"""What the command line prints, to the letter: every format of every answer, and what errors look like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import yaml
from typer.testing import Result

Invoke = Callable[..., Result]
Golden = Callable[[str, str], None]
NOW = ("--now", "2026-02-01T00:00:00Z")
RUNS = ("--runs", "runs.yaml")

ANSWERS: dict[str, tuple[str, ...]] = {
    "search": ("search", "metrics.loss: <0.4", *RUNS, "--sort", "metrics.loss", "--columns", "inputs.lr,tags", *NOW),
    "search-all": ("search", "", *RUNS, "--limit", "3", "--offset", "1", *NOW),
    "search-none": ("search", "metrics.los: <0.4", *RUNS, *NOW),
    "resolve": ("resolve", "-f", "operation.yaml", *RUNS, *NOW),
    "explain": ("explain", "-f", "operation.yaml", *RUNS, "--run", "train-2", *NOW),
    "explain-search": (
        *("explain", "--query", "(status: failed or tags: best), ~(inputs.nope: 1), created_at: last_30_days"),
        *("--sort", "-created_at", "--limit", "1", *RUNS, "--run", "train-3", "-l", "team=vision", *NOW),
    ),
}


@pytest.mark.spec("1:142", "1:143")
@pytest.mark.parametrize("output", ["table", "wide", "json", "yaml", "name"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_answers(invoke: Invoke, golden: Golden, answer: str, output: str) -> None:
    result = invoke(*ANSWERS[answer], "-o", output)
    assert result.exit_code == 0, result.output
    golden(f"{answer}.{output}.txt", result.stdout)
    match output:
        case "json":
            assert isinstance(json.loads(result.stdout), dict)
        case "yaml":
            assert isinstance(yaml.safe_load(result.stdout), dict)


def test_json_and_yaml_say_the_same(invoke: Invoke) -> None:
    as_json = json.loads(invoke(*ANSWERS["search"], "-o", "json").stdout)
    as_yaml = yaml.safe_load(invoke(*ANSWERS["search"], "-o", "yaml").stdout)
    assert as_json == as_yaml
    assert (as_json["candidates"], as_json["matched"]) == (6, 3)
    assert [run["name"] for run in as_json["runs"]] == ["train-3", "train-5", "train-2"]
    assert as_json["runs"][0]["run"]["kind"] == "Run"


@pytest.mark.parametrize("output", ["text", "json", "sarif", "github"])
def test_lint(invoke: Invoke, golden: Golden, output: str) -> None:
    result = invoke("lint", "broken.yaml", "operation.yaml", "-o", output)
    assert result.exit_code == 1
    golden(f"lint.{output}.txt", re.sub(r'"version": "0[^"]*"', '"version": "0"', result.stdout))


@pytest.mark.parametrize("output", ["table", "wide", "json", "yaml", "name"])
def test_fields(invoke: Invoke, output: str) -> None:
    from joinery.pql.fields import FIELDS

    result = invoke("fields", "-o", output)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    match output:
        case "json":
            assert [field["name"] for field in json.loads(result.stdout)] == [field.name for field in FIELDS]
        case "yaml":
            assert [field["example"] for field in yaml.safe_load(result.stdout)] == [field.example for field in FIELDS]
        case "name":
            assert lines == [field.name for field in FIELDS]
        case _:
            assert len(lines) == len(FIELDS) + 1
            assert ("DESCRIPTION" in lines[0]) == (output == "wide")


ERRORS: dict[str, tuple[int, tuple[str, ...]]] = {
    "query": (1, ("search", "metric.loss: <1, status: sucess,", *RUNS, "--sort", "--x", "-l", "a<1")),
    "columns": (1, ("search", "", *RUNS, "--columns", "metrics.loss, lr, -name")),
    "no-file": (2, ("search", "", "--runs", "run.yaml", "nothing/*.yaml")),
    "no-runs": (2, ("search", "")),
    "no-runs-to-join": (2, ("resolve", "-f", "operation.yaml")),
    "bad-now": (2, ("search", "", *RUNS, "--now", "soon")),
    "operation": (1, ("resolve", "-f", "broken.yaml", *RUNS)),
    "no-operation": (1, ("resolve", "-f", "runs.yaml")),
    "two-operations": (1, ("resolve", "operation.yaml", "broken.yaml", *RUNS)),
    "no-such-run": (1, ("explain", "-f", "operation.yaml", *RUNS, "--run", "train-77")),
    "explain-both": (2, ("explain", "-f", "operation.yaml", *RUNS, "--run", "train-1", "--limit", "2")),
    "schema": (2, ("schema", "operatoin")),
}


@pytest.mark.parametrize("error", ERRORS)
def test_errors(invoke: Invoke, golden: Golden, error: str) -> None:
    code, args = ERRORS[error]
    result = invoke(*args)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    # The lines above it, with the usage, are typer's.
    golden(f"error.{error}.txt", result.stderr[max(0, result.stderr.find("Error:")) :])


def test_an_invalid_operation_is_data_where_data_was_asked_for(invoke: Invoke) -> None:
    result = invoke("resolve", "-f", "broken.yaml", *RUNS, "-o", "json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["reason"]
    assert {"message", "rule", "file", "line"} <= set(answer["problems"][0])
