"""Templates in queries and sorts: data, never syntax. Source: spec 1, *Order*."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.pql import (
    bind_query,
    bind_sort,
    check,
    check_sort,
    parse_query,
    parse_sort,
    query_templates,
    sort_templates,
)
from joinery.pql.ast import All, Any_, Between, CheckedQuery, Compare, FieldPath, Like, OneOf, Predicate, TemplateToken
from joinery.problems import InvalidQuery, Problem

NOW = 1_780_000_000_000_000


def bound(text: str, **values: Any) -> CheckedQuery:
    def value(token: TemplateToken) -> Any:
        return values[token.expression]

    return check(bind_query(parse_query(text), value=value, early=value), now=NOW)


def one(text: str, value: Any) -> Predicate:
    root = bound(text, x=value).root
    assert isinstance(root, Predicate)
    return root


def problems(text: str, **values: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidQuery) as caught:
        bound(text, **values)
    return caught.value.problems


@pytest.mark.spec("1:109", "1:111")
@pytest.mark.parametrize(
    ("text", "value", "test"),
    [
        ("inputs.x: {{ x }}", 1, OneOf((1,))),
        ("inputs.x: {{ x }}", "1", OneOf(("1",))),
        ("inputs.x: {{ x }}", True, OneOf((True,))),
        ("inputs.x: {{ x }}", "nil", OneOf(("nil",))),
        ("inputs.x: {{ x }}", "~a|<b%", OneOf(("~a|<b%",))),
        ("inputs.x: {{ x }}", "a, status: failed", OneOf(("a, status: failed",))),
        ("inputs.x: {{ x }}", "_any_", OneOf(("_any_",))),
        ("inputs.x: {{ x }}", "{{ y }}", OneOf(("{{ y }}",))),
        ("inputs.x: {{ x }}", [1, "b", True], OneOf((1, "b", True))),
        ("inputs.x: {{ x }}|nil", [1], OneOf((1,), or_nil=True)),
        ("inputs.x: {{ x }}|{{ x }}", [1, 2], OneOf((1, 2, 1, 2))),
        ("inputs.x: a|{{ x }}", "b|c", OneOf(("a", "b|c"))),
        ("inputs.x: >{{ x }}", 0.5, Compare(">", 0.5)),
        ("inputs.x: >{{ x }}", "=a", Compare(">", "=a")),
        ("inputs.x: {{ x }}..{{ x }}", 2, Between(2, 2)),
        ("inputs.x: {{ x }}..9", 2, Between(2, 9)),
        ("inputs.x: %{{ x }}%", "50%", Like("contains", "50%")),
        ("inputs.x: {{ x }}%", "A..B", Like("prefix", "a..b")),
        ("inputs.x: m-{{ x }}", 5, OneOf(("m-5",))),
        ("inputs.x: m-{{ x }}", "a|b", OneOf(("m-a|b",))),
        ("inputs.x: -{{ x }}", 0.5, OneOf((-0.5,))),
        ("inputs.x: -{{ x }}", "0.5", OneOf(("-0.5",))),
        ('inputs.x: "{{ x }}"', 5, OneOf(("5",))),
        ('inputs.x: "v {{ x }}"', [1, 2], OneOf(("v [1,2]",))),
        ("metrics.a: {{ x }}", ".9", OneOf((0.9,))),
        ("metrics.a: <1e-{{ x }}", 3, Compare("<", 0.001)),
        ("created_at: >{{ x }}", "2026-01-01", Compare(">", 1_767_225_600_000_000)),
        ("memory: {{ x }}", ["1Gi", 5], OneOf((1 << 30, 5))),
        ("meta_flags.a: {{ x }}", False, OneOf((False,))),
        ("meta_flags.a: {{ x }}", "yes", OneOf((True,))),
        ("name: {{ x }}", 5, OneOf(("5",))),
        ("tags: {{ x }}", ["a", "b"], OneOf(("a", "b"))),
        ("status: {{ x }}|failed", "Succeeded", OneOf(("succeeded", "failed"))),
        ("uuid: {{ x }}", "6F1C3B0A-9d5e-4c7f-8a2b-1c0d9e8f7a6b", OneOf(("6f1c3b0a9d5e4c7f8a2b1c0d9e8f7a6b",))),
    ],
)
def test_a_template_in_an_operand_is_one_value(text: str, value: Any, test: object) -> None:
    found = one(text, value)
    assert found.test == test
    assert [type(item) for item in getattr(found.test, "values", ())] == [
        type(item) for item in getattr(test, "values", ())
    ]
    negated = one(text.replace(": ", ": ~"), value)
    assert negated.negated is not isinstance(test, Compare)


@pytest.mark.spec("1:112")
@pytest.mark.parametrize("value", [None, {}, {"a": 1}, [None], [[1]], [{}], float("nan"), float("inf")])
@pytest.mark.parametrize("text", ["inputs.x: {{ x }}", "inputs.x: <{{ x }}", "tags: a|{{ x }}", "metrics.x: {{ x }}"])
def test_null_and_mappings_are_errors(text: str, value: Any) -> None:
    (problem,) = problems(text, x=value)
    assert problem.rule == "bound-value"
    assert problem.position == text.index("{{")


@pytest.mark.spec("1:112")
@pytest.mark.parametrize(
    "text", ["inputs.x: <{{ x }}", "metrics.x: {{ x }}..2", "name: %{{ x }}%", "name: m-{{ x }}", "uuid: {{ x }}%"]
)
def test_a_list_stands_alone(text: str) -> None:
    (problem,) = problems(text, x=[1, 2])
    assert "a list" in problem.message
    assert problem.hint == "a list stands alone, as alternatives: `field: {{ values }}`"


@pytest.mark.spec("1:112")
def test_an_empty_list_matches_nothing_with_a_warning() -> None:
    found = bound("inputs.x: {{ x }}", x=[])
    assert found.root == Predicate(FieldPath("inputs", "x"), OneOf(()))
    assert found.warnings == ("`inputs.x: []` matches nothing: the list is empty",)
    assert bound("tags: ~{{ x }}", x=[]).warnings == ("`tags: ~[]` matches every run: the list is empty",)
    assert bound("tags: {{ x }}|a", x=[]).warnings == ()


@pytest.mark.spec("1:110")
def test_a_template_as_a_key_is_a_key() -> None:
    assert bound("metrics.{{ m }}[min]: <1", m="val/acc").root == Predicate(
        FieldPath("metrics", "val/acc", "min"), Compare("<", 1)
    )
    for key in ("a b: c, d", "loss[min]", 'say "x"', "{{ y }}"):
        found = bound("inputs.{{ m }}: 1", m=key)
        assert found.root == Predicate(FieldPath("inputs", key), OneOf((1,)))
        assert parse_query(found.text).root is not None
    assert bound("inputs.{{ m }}: 1", m=3).root == Predicate(FieldPath("inputs", "3"), OneOf((1,)))
    for value in ("", None, True, [], ["a"], {}):
        assert problems("inputs.{{ m }}: 1", m=value)[0].rule == "bound-key"


@pytest.mark.spec("1:110")
def test_elsewhere_a_template_is_parsed_after_rendering() -> None:
    loss = Predicate(FieldPath("metrics", "loss", "last"), Compare("<", 1))
    failed, job = Predicate(FieldPath("status"), OneOf(("failed",))), Predicate(FieldPath("kind"), OneOf(("job",)))
    assert bound("{{ q }}", q="metrics.loss: <1").root == loss
    assert bound("{{ q }}", q="").root is None
    assert bound("{{ q }}", q="created_at: _any_").root is None
    assert bound("{{ q }}, metrics.loss: <1", q="status: failed or kind: job").root == All((Any_((failed, job)), loss))
    assert bound("{{ q }} or kind: job", q="created_at: _any_").root == job
    assert bound("{{ f }}: <1", f="metrics.loss").root == loss
    assert bound("metrics.lo{{ f }}: <1", f="ss").root == loss
    assert bound("{{ f }}[min]: <1", f="metrics.loss").root == Predicate(
        FieldPath("metrics", "loss", "min"), Compare("<", 1)
    )


@pytest.mark.spec("1:110")
@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("{{ q }}", 5, "bound-syntax"),
        ("{{ q }}", None, "bound-syntax"),
        ("{{ q }}", ["status: failed"], "bound-syntax"),
        ("{{ q }}", "status: {{ x }}", "bound-syntax"),
        ("{{ q }}", "status failed", "missing-colon"),
        ("{{ q }}", "status: foo", "unknown-phase"),
        ("{{ q }}", "a" * 20_000, "query-too-long"),
        ("{{ q }}, name: a", "", "bound-syntax"),
        ("{{ q }}: 1", "metrics.loss: 2", "bound-syntax"),
        ("{{ q }}: 1", "", "bound-syntax"),
        ("{{ q }}: 1", "a, b", "bound-syntax"),
        ("{{ q }}: 1", "metrics.{{ x }}", "bound-syntax"),
        ("{{ q }}: 1", "loss", "unknown-field"),
    ],
)
def test_what_cannot_be_syntax(text: str, value: Any, rule: str) -> None:
    found = problems(text, q=value)
    assert [problem.rule for problem in found] == [rule]
    assert found[0].position == 0
    assert found[0].text == text


@pytest.mark.spec("2:28", "1:110")
def test_the_limits_hold_of_what_templates_give() -> None:
    assert len(one("inputs.x: {{ x }}", list(range(10_000))).test.values) == 10_000
    assert problems("inputs.x: {{ x }}", x=list(range(10_001)))[0].rule == "bound-too-many"
    assert problems("inputs.x: {{ x }}, inputs.y: {{ x }}", x=list(range(5_001)))[0].rule == "bound-too-many"
    many = " or ".join(["kind: job"] * 200)
    assert problems("{{ q }} or {{ q }}", q=many)[0].rule == "query-too-long"


@pytest.mark.spec("1:112")
def test_the_record_prints_bound_values_as_json() -> None:
    found = bound(
        "inputs.x: {{ a }}|{{ b }}, inputs.y: <{{ c }}, name: %{{ a }}%, tags: {{ d }}, name: m-{{ b }}"
        ', name: "{{ b }}"',
        a='say "a, b"',
        b=2,
        c=0.5,
        d=["x", "y"],
    )
    assert found.text == (
        'inputs.x: "say \\"a, b\\""|2, inputs.y: <0.5, name: %"say \\"a, b\\""%, tags: ["x","y"], name: m-2, name: "2"'
    )
    assert isinstance(found.root, All)
    assert isinstance(found.root.items[3], Predicate)
    assert found.root.items[3].source == 'tags: ["x","y"]'


@pytest.mark.spec("1:109", "1:110")
def test_what_each_template_may_use() -> None:
    query = parse_query("{{ q }}, metrics.{{ k }}: >{{ v }}, name: a{{ w }}|b, {{ f }}.x: nil, ~(tags: {{ t }})")
    assert [(placed.token.expression, placed.where) for placed in query_templates(query)] == [
        *(("q", "syntax"), ("k", "key"), ("v", "operand"), ("w", "operand"), ("f", "syntax"), ("t", "operand")),
    ]
    sort = parse_sort("-metrics.{{ k }}, {{ s }}, -{{ d }}")
    assert [(placed.token.expression, placed.where) for placed in sort_templates(sort)] == [
        *(("k", "key"), ("s", "syntax"), ("d", "syntax")),
    ]

    def never(token: TemplateToken) -> Any:
        raise AssertionError(f"asked for {token.expression} in the wrong way")

    assert bind_query(parse_query("name: {{ x }}"), value=lambda _: 1, early=never)
    assert bind_query(parse_query("{{ x }}"), value=never, early=lambda _: "name: a")


@pytest.mark.spec("1:109", "1:110")
@pytest.mark.parametrize(
    ("text", "value", "keys"),
    [
        ("-metrics.{{ x }}", "loss", "-metrics.loss"),
        ("{{ x }}", "-metrics.loss, created_at", "-metrics.loss, created_at"),
        ("{{ x }}", "", ""),
        ("-{{ x }}, name", "metrics.loss", "-metrics.loss, name"),
        ("inputs.{{ x }}", "a, b", 'inputs."a, b"'),
    ],
)
def test_templates_in_sorts(text: str, value: str, keys: str) -> None:
    found = check_sort(bind_sort(parse_sort(text), value=lambda _: value, early=lambda _: value))
    assert found == check_sort(keys)


@pytest.mark.spec("1:110")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-{{ x }}", "-name"),
        ("{{ x }}", 5),
        ("{{ x }}, name", ""),
        ("{{ x }}", "metrics.{{ y }}"),
        ("metrics.{{ x }}", None),
    ],
)
def test_templates_that_give_no_sort(text: str, value: Any) -> None:
    with pytest.raises(InvalidQuery):
        bind_sort(parse_sort(text), value=lambda _: value, early=lambda _: value)


def test_unbound_templates_are_a_problem_of_check() -> None:
    for text in ("name: {{ x }}", "metrics.{{ x }}: {{ x }}", "{{ q }}", "{{ f }}: 1"):
        with pytest.raises(InvalidQuery, match="no value here"):
            check(parse_query(text), now=NOW)
