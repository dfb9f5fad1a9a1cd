"""Why a run matches a query or not, and what each test is true of. Source: spec 1, *Explain*; spec 2, *Operands*."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.pql import check_query, explain_query
from joinery.pql.ast import FieldPath

NOW = 1_780_000_000_000_000
DAY = 86_400_000_000
RUN: dict[str, Any] = {
    "metrics.loss": 0.25,
    "metrics.nan": float("nan"),
    "metrics.inf": float("inf"),
    "metrics.big": 2**53 + 1,
    "inputs.one": 1,
    "inputs.text": "Straße 10",
    "inputs.flag": True,
    "inputs.list": [1],
    "inputs.map": {"a": 1},
    "inputs": {"one": 1},
    "status": "upstream_failed",
    "kind": "TFJob",
    "name": "Run-17",
    "tags": ("a", "b"),
    "upstream": (),
    "created_at": NOW - DAY,
    "memory": 1 << 30,
    "uuid": "6f1c3b0a9d5e4c7f8a2b1c0d9e8f7a6b",
}
GONE = object()


def value_of(path: FieldPath) -> Any:
    return RUN.get(str(path), GONE)


def verdict(text: str) -> str:
    return explain_query(check_query(text, now=NOW), value_of, absent=GONE).verdict


@pytest.mark.spec("2:43", "2:50", "2:51", "2:53", "2:54", "2:55", "2:56", "2:57", "1:142")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.loss: <0.3", "true"),
        ("metrics.loss: ~<0.3", "false"),
        ("metrics.gone: <0.3", "absent"),
        ("metrics.gone: ~<0.3", "absent"),
        ("metrics.gone: ~1", "true"),
        ("~(metrics.gone: <0.3)", "true"),
        ("metrics.gone: nil", "true"),
        ("metrics.gone: ~nil", "false"),
        ("metrics.nan: ~nil", "true"),
        ("metrics.nan: <1", "false"),
        ("metrics.nan: ~1", "true"),
        ("metrics.inf: >1e300", "true"),
        ("metrics.big: 9007199254740992", "false"),
        ("metrics.big: >9007199254740992", "true"),
        ("metrics.loss: 0.2..0.25", "true"),
        ("inputs.one: 1.0", "true"),
        ('inputs.one: "1"', "false"),
        ("inputs.one: ~abc", "true"),
        ("inputs.flag: true", "true"),
        ("inputs.flag: 1", "false"),
        ("inputs.one: true", "false"),
        ("inputs.flag: <1", "false"),
        ("inputs.text: >=Str", "true"),
        ("inputs.text: <1", "false"),
        ("inputs.text: STRASSE%", "true"),
        ("inputs.text: %10", "true"),
        ("inputs.text: ~%ss%", "false"),
        ("inputs.list: 1", "false"),
        ("inputs.list: ~nil", "true"),
        ("inputs.map: ~1", "true"),
        ("inputs.gone: a|nil", "true"),
        ("inputs: ~nil", "true"),
        ("outputs: nil", "true"),
        ("status: Upstream-Failed", "true"),
        ("kind: tf_job", "true"),
        ("name: run-17", "false"),
        ("name: run%", "true"),
        ("tags: b|c", "true"),
        ("tags: ~b", "false"),
        ("tags: a, tags: c", "false"),
        ("tags: nil", "false"),
        ("upstream: nil", "true"),
        ("upstream: 6f%", "absent"),
        ("upstream: ~6f%", "true"),
        ("created_at: last_7_days", "true"),
        ("created_at: >=-2d", "true"),
        ("memory: 1Gi", "true"),
        ("uuid: 6F1C%", "true"),
        ("status: failed or name: run%", "true"),
    ],
)
def test_verdicts(text: str, expected: str) -> None:
    assert verdict(text) == expected


@pytest.mark.spec("1:142")
def test_every_clause_is_told_with_its_value() -> None:
    checked = check_query("metrics.loss: <0.1, (name: run% | metrics.gone: >1), ~(tags: a)", now=NOW)
    told = explain_query(checked, value_of, absent=GONE)
    assert (told.kind, told.matches, told.verdict) == ("and", False, "false")
    loss, either, complement = told.items
    assert (loss.kind, loss.source, loss.value, loss.verdict) == ("clause", "metrics.loss: <0.1", 0.25, "false")
    assert (either.kind, either.verdict) == ("or", "true")
    assert [(item.source, item.value, item.verdict) for item in either.items] == [
        ("name: run%", "Run-17", "true"),
        ("metrics.gone: >1", None, "absent"),
    ]
    assert (complement.kind, complement.matches, complement.items[0].value) == ("not", False, ("a", "b"))


def test_the_empty_query_is_true_of_every_run() -> None:
    told = explain_query(check_query("", now=NOW), value_of)
    assert told.matches
    assert told.items == ()
