"""Which fields there are, what is refused of them, and what is warned of. Source: spec 2."""

from __future__ import annotations

import pytest
from checked import NOW, one, problems, warnings

from joinery.pql import FIELDS, check_query
from joinery.pql.ast import (
    All,
    Any_,
    Complement,
    FieldPath,
    OneOf,
    Predicate,
)
from joinery.pql.fields import BY_NAME, REFUSED


@pytest.mark.spec("2:83", "1:137")
@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Status: failed", "`status`"),
        ("metric.loss: 1", "`metrics.loss`"),
        ("loss: <1", "`metrics.loss`"),
        ("created: 2026-01-01", "`created_at`"),
        ("artifacts.nam: x", "`artifacts.name`"),
        ("user.uuid: x", "`user`"),
        ("pipeline.nam: x", "`pipeline.name`"),
        ("status.x: failed", "`status`"),
    ],
)
def test_an_unknown_field_is_an_error_that_names_the_nearest(text: str, hint: str) -> None:
    (problem,) = problems(text)
    assert problem.rule == "unknown-field"
    assert problem.position == 0
    assert hint in str(problem)


@pytest.mark.spec("2:83", "2:84", "2:85")
def test_fields_that_mean_nothing_in_a_cluster_say_so() -> None:
    for name in (
        *("agent", "artifacts_store", "connections", "teams", "contributors", "mine", "state", "component_state"),
        *("is_managed", "pending", "backend", "framework", "project.uuid"),
    ):
        assert name in REFUSED
        (problem,) = problems(f"{name}: x")
        assert "means nothing in a cluster" in problem.message
    assert check_query("live_state: 1", now=NOW).root is None
    assert one("live_state: 1, status: failed").field == FieldPath("status")
    assert check_query("live_state: 1 or status: failed", now=NOW).root is None
    assert one("~(live_state: 1)").test == OneOf(())
    for text in ("live_state: 0", "live_state: ~1", "live_state: 1|2", "live_state: nil"):
        assert "means nothing in a cluster" in problems(text)[0].message


@pytest.mark.spec("1:136")
@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("name: a kind: job", "kind"),
        ("name: a\nkind: job", "kind"),
        ("inputs.x: a metrics.loss: <1", "metrics.loss"),
        ("queue: a|b tags : x", "tags"),
        ("name: %a status: failed%", "status"),
    ],
)
def test_a_forgotten_comma_is_a_warning(text: str, field: str) -> None:
    assert f"a comma may be missing before `{field}:`" in warnings(text)


@pytest.mark.spec("1:136")
def test_a_forgotten_comma_is_the_hint_of_the_error_it_led_to() -> None:
    (problem,) = problems("status: succeeded kind: job")
    assert problem.hint == "a comma may be missing before `kind:`"
    assert warnings('name: "a kind: job", description: see x: y, name: http://kind') == ""


@pytest.mark.spec("2:27", "2:30")
def test_all_problems_at_once_those_of_the_syntax_first() -> None:
    found = problems("loss: <1, status: foo, tags: <a, name, memory: 500m")
    assert [problem.rule for problem in found] == [
        *("missing-colon", "unknown-field", "unknown-phase", "operand-form", "operand-number"),
    ]


@pytest.mark.spec("2:55")
def test_what_looks_like_something_else_is_a_warning() -> None:
    assert "absent is `inputs.x: nil`" in warnings("inputs.x: null")
    assert "absent is `queue: nil`" in warnings("queue: None")
    assert warnings("inputs.x: <nil") == "`inputs.x: <nil` compares with the text `nil`; absent is `inputs.x: nil`"
    for query in ("inputs.x: 1e400", "inputs.x: a|-1e400", "inputs.x: >1e400", f"inputs.x: {'9' * 500}"):
        assert "a double holds no such number" in warnings(query)
    assert "did you mean `-1..0.5` or `-1..5`?" in warnings("inputs.x: -1...5")
    assert warnings("inputs.x: a...5") == warnings("inputs.x: 1....5") == ""
    assert "is a text: JSON writes" in warnings("inputs.x: .9")
    assert "equality has no sign" in warnings("inputs.x: =1")
    assert "is above" in warnings("metrics.x: 2..1")
    assert "is a text: a range stands" in warnings("inputs.x: a..b")
    assert warnings("metrics.x: 1..2, inputs.y: abc") == ""


@pytest.mark.spec(
    "2:67", "2:68", "2:69", "2:71", "2:72", "2:73", "2:74", "2:75", "2:76", "2:77", "2:78", "2:79", "2:80", "2:81"
)
def test_the_table_of_fields() -> None:
    names = {name for field in FIELDS for name in (field.name, *field.aliases)}
    assert len(names) == sum(1 + len(field.aliases) for field in FIELDS)
    assert names.isdisjoint(REFUSED)
    for field in FIELDS:
        assert field.description
        found = one(field.example)
        assert found.field.name == field.name
        assert (found.field.key is not None) is field.keyed
        for alias in field.aliases:
            assert one(field.example.replace(field.name, alias, 1)).field == found.field
    assert {
        name: BY_NAME[name].kind for name in ("tags", "uuid", "name", "cpu", "memory", "metrics", "created_at")
    } == {
        "tags": "membership",
        "uuid": "uuid",
        "name": "text",
        "cpu": "cpu",
        "memory": "memory",
        "metrics": "number",
        "created_at": "datetime",
    }


@pytest.mark.spec("2:28")
def test_and_or_and_not_keep_their_shape() -> None:
    a, b = Predicate(FieldPath("name"), OneOf(("a",))), Predicate(FieldPath("name"), OneOf(("b",)))
    assert check_query("name: a or name: b", now=NOW).root == Any_((a, b))
    assert check_query("~(name: a, name: b)", now=NOW).root == Complement(All((a, b)))
    checked = check_query("name:a|b ,kind : job", now=NOW)
    assert checked.text == "name: a|b, kind: job"
    assert isinstance(checked.root, All)
    assert [item.source for item in checked.root.items if isinstance(item, Predicate)] == ["name: a|b", "kind: job"]


@pytest.mark.spec("2:69")
def test_the_phases_are_those_of_a_run() -> None:
    from joinery.pql.phases import PHASES
    from joinery.runs.phases import POLYAXON_NAMES

    assert set(PHASES) == set(POLYAXON_NAMES.values())
