"""Sorts. Source: spec 2, *Sort*."""

from __future__ import annotations

import pytest

from joinery.pql import FIELDS, check_sort, parse_sort
from joinery.pql.ast import CheckedKey, CheckedSort, FieldPath
from joinery.problems import InvalidQuery, Problem


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidQuery) as caught:
        check_sort(text)
    return caught.value.problems


@pytest.mark.spec("2:89", "2:90", "2:92")
@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", []),
        ("metrics.loss", [(FieldPath("metrics", "loss", "last"), False)]),
        ("-metrics.loss[min]", [(FieldPath("metrics", "loss", "min"), True)]),
        ("created_at, -metrics.loss", [(FieldPath("created_at"), False), (FieldPath("metrics", "loss", "last"), True)]),
        (" - in.lr ,\nout.a.b/c", [(FieldPath("inputs", "lr"), True), (FieldPath("outputs", "a.b/c"), False)]),
        ("user.username,project.name", [(FieldPath("user"), False), (FieldPath("project"), False)]),
        (
            "metrics.a, metrics.a[max]",
            [(FieldPath("metrics", "a", "last"), False), (FieldPath("metrics", "a", "max"), False)],
        ),
        ('inputs."a, b"', [(FieldPath("inputs", "a, b"), False)]),
        ("status, kind, uuid", [(FieldPath("status"), False), (FieldPath("kind"), False), (FieldPath("uuid"), False)]),
        ("labels.team, -pipeline.name", [(FieldPath("labels", "team"), False), (FieldPath("pipeline.name"), True)]),
    ],
)
def test_sorts(text: str, keys: list[tuple[FieldPath, bool]]) -> None:
    checked = check_sort(text)
    assert checked.keys == tuple(CheckedKey(field, descending) for field, descending in keys)
    assert check_sort(parse_sort(checked.text)) == checked


@pytest.mark.spec("2:92", "2:93", "1:137")
@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("--name", ["sort-dashes"]),
        ("+name", ["sort-dashes"]),
        ("name,,kind", ["sort-empty"]),
        (",name", ["sort-empty"]),
        ("name,", ["sort-empty"]),
        (" ", ["sort-empty"]),
        ("name desc", ["sort-syntax"]),
        ("-", ["missing-field"]),
        ("loss", ["unknown-field"]),
        ("Name", ["unknown-field"]),
        ("agent", ["refused-field"]),
        ("in.x, -inputs.x", ["sort-repeated"]),
        ("name, name", ["sort-repeated"]),
        ("metrics.a, metrics.a[last]", ["sort-repeated"]),
        ("metrics", ["sort-field"]),
        ("inputs, labels", ["sort-field", "missing-key"]),
        ("tags", ["sort-field"]),
        ("upstream", ["sort-field"]),
        ("{{ x }}", ["query-template"]),
        ("--name, loss", ["sort-dashes", "unknown-field"]),
    ],
)
def test_what_a_sort_refuses(text: str, rules: list[str]) -> None:
    assert [problem.rule for problem in problems(text)] == rules


@pytest.mark.spec("2:89")
def test_fields_with_several_values_in_a_run_are_the_ones_that_do_not_sort() -> None:
    assert {field.name for field in FIELDS if not field.sortable} == {
        *("tags", "artifacts.name", "artifacts.kind", "artifacts.path", "in_artifact_kind", "out_artifact_kind"),
        *("upstream", "upstream.name", "downstream", "downstream.name"),
    }
    for field in FIELDS:
        text = f"{field.name}.x" if field.keyed else field.name
        if field.sortable:
            assert len(check_sort(text).keys) == 1
        else:
            assert problems(text)[0].rule == "sort-field"
    assert check_sort("") == CheckedSort()


def test_the_nearest_field_is_named() -> None:
    (problem,) = problems("-metric.loss")
    assert problem.position == 1
    assert problem.hint is not None
    assert "`metrics.loss`" in problem.hint


@pytest.mark.spec("2:28")
def test_a_sort_is_capped() -> None:
    assert len(check_sort(",".join(f"inputs.x{number}" for number in range(32))).keys) == 32
    for text in (",".join(f"inputs.x{number}" for number in range(40)), "x" * (1 << 20)):
        with pytest.raises(InvalidQuery):
            check_sort(text)
