"""Operands of recorded values: inputs, outputs, metrics and meta data, what each takes and comes to. Source: spec 2."""

from __future__ import annotations

import math

import pytest
from checked import NOW, one, problems, warnings

from joinery.pql import check_query
from joinery.pql.ast import (
    Between,
    Compare,
    Complement,
    FieldPath,
    IsNil,
    Like,
    OneOf,
    Predicate,
    Test,
)


@pytest.mark.spec("2:38", "2:48", "2:49", "2:54", "2:57", "2:75")
@pytest.mark.parametrize(
    ("operand", "test"),
    [
        ("1", OneOf((1,))),
        ("1.0", OneOf((1.0,))),
        ("-1e-3", OneOf((-0.001,))),
        ("9007199254740993", OneOf((9007199254740993,))),
        ("true", OneOf((True,))),
        ("True", OneOf(("True",))),
        ("false", OneOf((False,))),
        (".9", OneOf((".9",))),
        ("+1", OneOf(("+1",))),
        ("01", OneOf(("01",))),
        ("1_000", OneOf(("1_000",))),
        ('"1"', OneOf(("1",))),
        ('"nan"', OneOf(("nan",))),
        ('"<1"', OneOf(("<1",))),
        ('""', OneOf(("",))),
        ("a|1|nil", OneOf(("a", 1), or_nil=True)),
        ("nil", IsNil()),
        ('"nil"', OneOf(("nil",))),
        ("<1", Compare("<", 1)),
        (">=abc", Compare(">=", "abc")),
        ('<"1"', Compare("<", "1")),
        ("0.1..2", Between(0.1, 2)),
        ("-2..-1", Between(-2, -1)),
        ("../x", OneOf(("../x",))),
        ("a..b", OneOf(("a..b",))),
        ("1..b", OneOf(("1..b",))),
        ("%Straße", Like("suffix", "strasse")),
        ("A%", Like("prefix", "a")),
        ('%"50%"%', Like("contains", "50%")),
        ("a%b", OneOf(("a%b",))),
    ],
)
def test_values_of_inputs_and_outputs(operand: str, test: Test) -> None:
    for field in ("inputs.x", "outputs.x", "in.x", "params.x", "out.x"):
        found = one(f"{field}: {operand}")
        assert found.test == test
        assert [type(value) for value in getattr(found.test, "values", ())] == [
            type(value) for value in getattr(test, "values", ())
        ]
        assert found.field.name == ("outputs" if field.startswith("out") else "inputs")


@pytest.mark.spec("2:49", "2:54", "2:56")
@pytest.mark.parametrize(
    "operand",
    [
        *(
            "nan",
            "inf",
            "-Infinity",
            "<inf",
            "1|NaN",
            ">true",
            "%a|b",
            "a|b%",
            "%",
            "%%",
            "%a%b%",
            "<",
            "=>",
            '1.."a"',
            "a|",
            "|",
        )
    ],
)
def test_what_inputs_refuse(operand: str) -> None:
    assert problems(f"inputs.x: {operand}")


@pytest.mark.spec("2:50", "2:51", "2:52")
def test_negation() -> None:
    assert one("metrics.a: ~<0.5") == Predicate(FieldPath("metrics", "a", "last"), Compare(">=", 0.5))
    assert one("metrics.a: ~>=0.5").test == Compare("<", 0.5)
    assert one("metrics.a: ~<=0.5").test == Compare(">", 0.5)
    assert one("metrics.a: ~>0.5").test == Compare("<=", 0.5)
    for operand in ("1", "1|2", "1..2", "nil"):
        assert one(f"metrics.a: ~{operand}").negated
        assert one(f"metrics.a: ~{operand}").test == one(f"metrics.a: {operand}").test
    assert one("name: ~%a%").negated
    assert one("created_at: ~2026-01-01").negated
    assert one("name: ~~a").test == OneOf(("~a",))
    root = check_query("~(metrics.loss: <0.5)", now=NOW).root
    assert root == Complement(Predicate(FieldPath("metrics", "loss", "last"), Compare("<", 0.5)))


@pytest.mark.spec("2:42", "2:53")
def test_whole_maps_are_there_or_not() -> None:
    assert one("metrics: nil").test == IsNil()
    assert one("outputs: ~nil") == Predicate(FieldPath("outputs"), IsNil(), negated=True)
    for text in ("metrics: 1", "inputs: a|b", "outputs: %a", "in: <1"):
        assert "takes `nil` and `~nil`" in str(problems(text)[0])
    assert "needs a key" in str(problems("labels: nil")[0])


@pytest.mark.spec("2:77")
def test_meta_data() -> None:
    assert one("meta_info.origin: 1").test == OneOf((1,))
    assert one("meta_info.origin: cli|true").test == OneOf(("cli", True))
    assert problems("meta_info.origin: <1")
    assert problems("meta_info.origin: 1..2")
    assert problems("meta_info: nil")


@pytest.mark.spec("2:76")
def test_statistics_of_metrics() -> None:
    for stat in ("min", "max", "step", "last"):
        assert one(f"metrics.loss[{stat}]: <1").field == FieldPath("metrics", "loss", stat)
    assert str(one("metrics.loss[last]: 1").field) == "metrics.loss"
    assert str(one("metrics.val/acc[min]: 1").field) == "metrics.val/acc[min]"
    assert "did you mean `min`" in str(problems("metrics.loss[mn]: 1")[0])
    assert "goes with metrics alone" in str(problems("inputs.x[min]: 1")[0])
    assert "needs a key" in str(problems("metrics[min]: 1")[0])


@pytest.mark.spec("2:54")
def test_large_numbers() -> None:
    assert one("inputs.x: 9223372036854775807").test == OneOf((2**63 - 1,))
    (value,) = one("inputs.x: 9223372036854775808").test.values
    assert type(value) is float
    assert one("inputs.x: 1e400").test == OneOf(("1e400",))
    assert math.isfinite(one("metrics.x: 1e308").test.values[0])


@pytest.mark.spec("2:48", "2:53")
@pytest.mark.parametrize(
    ("query", "noticed"),
    [
        ("inputs.x: True", "the boolean is `true`"),
        ("inputs.x: ~FALSE", "the boolean is `false`"),
        ("inputs.x: 'adam'", 'quotes are double: `"adam"`'),
        ("name: 'adam'", "the single quotes of `'adam'` are part of the text"),
        ("tags: 'a'|b", "quotes are double"),
        ("inputs.x: not adam", "`inputs.x: ~adam` negates"),
        ("queue: NOT gpu", "`queue: ~gpu` negates"),
        ("name: none", "absent is `name: nil`"),
        ('inputs.x: "True"', ""),
        ("inputs.x: it's", ""),
        ("inputs.x: '", ""),
        ("name: nothing here", ""),
        ("name: not", ""),
    ],
)
def test_a_text_that_looks_like_something_else_is_taken_as_written_and_noticed(query: str, noticed: str) -> None:
    found = warnings(query)
    assert noticed in found
    assert bool(noticed) == bool(found)
