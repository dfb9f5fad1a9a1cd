"""globals → params → joins, in order; and a template is data, never syntax."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.joins import check_operation
from joinery.problems import InvalidOperation, JoineryError
from joinery.runs.search import RunStore

from .world import NOW, operation, resolved, run, store_of, uuid

NAMES = {"names": {"value": "globals.name"}}


@pytest.fixture(scope="module")
def store() -> RunStore:
    return store_of(
        run(1, inputs={"lr": 1, "tag": "a, b"}, metrics={"loss": 0.1}),
        run(2, inputs={"lr": 2, "tag": "x | y"}, metrics={"loss": 0.2}),
        run(3, inputs={"lr": 3, "tag": "{{ globals.name }}"}, metrics={"loss": 0.3}),
        run(4, inputs={"lr": 4, "tag": "_any_"}, metrics={"loss": 0.4}, phase="Failed"),
    )


def taken(store: RunStore, query: str, *, params: dict[str, Any] | None = None, sort: str = "created_at") -> str:
    own = {name: {"value": value, "contextOnly": True} for name, value in (params or {}).items()}
    done = resolved(store, [{"query": query, "sort": sort, "params": NAMES}], params=own)
    return "".join(name.removeprefix("run-") for name in done.params["names"].value)


@pytest.mark.spec("1:109", "1:110", "1:111")
@pytest.mark.parametrize(
    ("query", "params", "expected"),
    [
        ("metrics.loss: <{{ most }}", {"most": 0.25}, "12"),
        ("metrics.loss: {{ a }}..{{ b }}", {"a": 0.2, "b": 0.3}, "23"),
        ("inputs.lr: {{ a }}|{{ b }}", {"a": 1, "b": 4}, "14"),
        ("inputs.lr: {{ some }}", {"some": [2, 3]}, "23"),
        ("inputs.lr: ~{{ some }}", {"some": [2, 3]}, "14"),
        ("metrics.{{ metric }}: <0.15", {"metric": "loss"}, "1"),
        ("inputs.tag: {{ text }}", {"text": "a, b"}, "1"),
        ("inputs.tag: {{ text }}", {"text": "x | y"}, "2"),
        ("inputs.tag: {{ text }}", {"text": "_any_"}, "4"),
        ("inputs.tag: %{{ text }}%", {"text": "|"}, "2"),
        ("inputs.lr: {{ text }}", {"text": "1"}, ""),  # a text stays text in the value class
        ("metrics.loss: {{ text }}", {"text": "0.1"}, "1"),  # and parses where the class is no text
        ("status: {{ text }}", {"text": "failed"}, "4"),
        ("{{ whole }}", {"whole": "metrics.loss: <0.25, inputs.lr: >1"}, "2"),
        ("{{ whole }}, status: failed", {"whole": "metrics.loss: >0.1"}, "4"),
        ("{{ nothing }}", {"nothing": ""}, "1234"),
    ],
)
def test_a_template_in_an_operand_is_one_value(
    store: RunStore, query: str, params: dict[str, Any], expected: str
) -> None:
    assert taken(store, query, params=params) == expected


@pytest.mark.spec("1:109", "1:111")
@pytest.mark.parametrize(
    "hostile", ["1, inputs.lr: >0", "1 OR inputs.lr: >0", "1) OR (inputs.lr: >0", "~1", ">0", "nil"]
)
def test_a_value_never_becomes_syntax(store: RunStore, hostile: str) -> None:
    assert taken(store, "inputs.tag: {{ x }}", params={"x": hostile}) == ""


@pytest.mark.spec("1:112")
@pytest.mark.parametrize(
    ("query", "value"),
    [("inputs.lr: {{ x }}", None), ("inputs.lr: {{ x }}", {"a": 1}), ("inputs.lr: <{{ x }}", [1, 2])],
)
def test_null_mappings_and_misplaced_lists_are_errors(store: RunStore, query: str, value: Any) -> None:
    with pytest.raises(InvalidOperation) as caught:
        taken(store, query, params={"x": value})
    assert caught.value.problems[0].path == "spec.joins[0].query"


@pytest.mark.spec("1:112", "1:133")
def test_an_empty_list_matches_nothing_with_a_warning(store: RunStore) -> None:
    join = {"query": "inputs.lr: {{ x }}", "params": NAMES}
    done = resolved(store, [join], params={"x": {"value": [], "contextOnly": True}})
    assert done.params["names"].value == []
    (warning,) = [one.message for one in done.warnings if "list is empty" in one.message]
    assert warning == "`inputs.lr: []` matches nothing: the list is empty"
    join["query"] = "inputs.lr: ~{{ x }}"
    done = resolved(store, [join], params={"x": {"value": [], "contextOnly": True}})
    (warning,) = [one.message for one in done.warnings if "list is empty" in one.message]
    assert warning == "`inputs.lr: ~[]` matches every run: the list is empty"


@pytest.mark.spec("1:108", "1:109")
def test_later_joins_use_what_earlier_ones_gave(store: RunStore) -> None:
    first = {"query": "metrics.loss: <0.25", "sort": "-metrics.loss", "params": {"lrs": {"value": "inputs.lr"}}}
    second = {
        "query": "inputs.lr: {{ lrs }}",
        "sort": "created_at",
        "limit": "{{ lrs | length }}",
        "params": {**NAMES, "scaled": {"value": "{{ inputs.lr * lrs[0] }}"}},
    }
    done = resolved(store, [first, second])
    assert done.params["lrs"].value == [2, 1]
    assert done.params["names"].value == ["run-1", "run-2"]
    assert done.params["scaled"].value == [2, 4]
    assert done.joins[1].limit == 2
    with pytest.raises(InvalidOperation, match="not there yet"):
        resolved(store, [second, first])


@pytest.mark.spec("1:110")
def test_what_other_runs_recorded_never_decides_the_syntax(store: RunStore) -> None:
    first = {"query": "", "limit": 1, "params": {"tag": {"value": "inputs.tag"}}}
    for query in ("{{ tag }}", "{{ tag }}, status: failed", "({{ tag }})"):
        with pytest.raises(InvalidOperation) as caught:
            resolved(store, [first, {"query": query, "params": NAMES}])
        assert [one.rule for one in caught.value.problems] == ["value-as-syntax"]
    with pytest.raises(InvalidOperation, match="may not decide"):
        resolved(store, [first, {"query": "", "sort": "{{ tag }}", "params": NAMES}])
    borrowed = {"q": {"ref": "runs.run-1", "value": "inputs.tag", "contextOnly": True}}
    through = {**borrowed, "r": {"value": "{{ q }}", "contextOnly": True}}
    for name in ("q", "r"):
        with pytest.raises(InvalidOperation, match="may not decide"):
            resolved(store, [{"query": f"{{{{ {name} }}}}", "params": NAMES}], params=through)


@pytest.mark.spec("1:108")
def test_globals_come_first(store: RunStore) -> None:
    params = {
        "who": {
            "value": "{{ globals.namespace }}/{{ globals.name }} of {{ globals.project_name }}",
            "contextOnly": True,
        },
        "b": {"value": "{{ a * 2 }}", "contextOnly": True},
        "a": {"value": 4, "contextOnly": True},
    }
    done = resolved(store, params=params, project="p")
    assert done.params["who"].value == "default/op of p"
    assert done.params["b"].value == 8
    with pytest.raises(InvalidOperation, match="circle"):
        resolved(
            store,
            params={"a": {"value": "{{ b }}", "contextOnly": True}, "b": {"value": "{{ a }}", "contextOnly": True}},
        )


@pytest.mark.spec("1:130")
def test_the_globals_of_an_operation(store: RunStore) -> None:
    done = resolved(store, project="vision", uid="0A1B2C3D-0000-4000-8000-000000000001", user="ada")
    me = "0a1b2c3d000040008000000000000001"
    assert done.globals == {
        "uuid": me,
        "name": "op",
        "namespace": "default",
        "project_name": "vision",
        "project_unique_name": "default.vision",
        "owner_name": "default",
        "run_info": f"default.vision.runs.{me}",
        "created_at": "2026-01-01T00:00:00+00:00",
        "iteration": None,
        "user": "ada",
        "artifacts_path": "/joinery/artifacts",
        "run_artifacts_path": f"/joinery/artifacts/{me}",
        "run_outputs_path": f"/joinery/artifacts/{me}/outputs",
        "context_path": "/joinery",
        "params_path": "/joinery/params",
    }
    assert resolved(store).globals["uuid"] == resolved(store, now=NOW + 1).globals["uuid"]


@pytest.mark.spec("1:105")
def test_a_join_param_overrides_an_ordinary_one(store: RunStore) -> None:
    join = {"query": "", "sort": "created_at", "params": {"lr": {"value": "inputs.lr"}}}
    done = resolved(store, [join], params={"lr": {"value": "not even a list"}})
    assert done.params["lr"].value == [1, 2, 3, 4]
    assert "overridden-param" in [one.rule for one in done.warnings]


@pytest.mark.spec("1:105", "1:106")
def test_two_joins_of_one_name_concatenate_and_must_agree(store: RunStore) -> None:
    def join(query: str, **param: Any) -> dict[str, Any]:
        return {"query": query, "sort": "created_at", "params": {"x": {"value": "inputs.lr", **param}}}

    done = resolved(store, [join("inputs.lr: >2"), join("inputs.lr: <2"), join("inputs.lr: 1")])
    assert done.params["x"].value == [3, 4, 1, 1]
    form = {"files": ["a"]}
    files = resolved(store, [join("inputs.lr: 2", value=form), join("inputs.lr: 1", value={"dirs": ["d"]})])
    assert files.params["x"].value == {"files": [f"{uuid(2)}/a"], "dirs": [f"{uuid(1)}/d"]}
    for other in ({"contextOnly": True}, {"toEnv": "X"}, {"connection": "c"}, {"value": form}):
        with pytest.raises(JoineryError, match="cannot be put together"):
            resolved(store, [join(""), join("", **other)], inputs=[{"name": "x", "type": "any"}])
    rules = [{"name": "x", "type": "int", "isList": True, "validation": {"maxItems": 3}}]
    with pytest.raises(InvalidOperation):
        resolved(store, [join("inputs.lr: >2"), join("inputs.lr: <3")], inputs=rules)


@pytest.mark.spec("1:110", "1:112")
def test_the_static_check_finds_it_all_without_a_run() -> None:
    joins = [
        {"query": "metrics.loss: <{{ moost }}", "sort": "-metric.loss", "params": {"a": {"value": "input.x"}}},
        {"query": "loss: <1", "limit": "{{ nope }}", "params": {"b": {"value": "{{ inputs.x * scal }}"}}},
        {"query": "status: succeded, tags: >1", "params": {"c": {"value": "globals.uid"}}},
    ]
    params = {"most": {"value": 1, "contextOnly": True}, "scale": {"value": "{{ mos }}", "contextOnly": True}}
    problems = check_operation(operation(joins, params=params))
    assert sorted({one.path for one in problems}) == [
        "spec.joins[0].params.a.value",
        "spec.joins[0].query",
        "spec.joins[0].sort",
        "spec.joins[1].limit",
        "spec.joins[1].params.b.value",
        "spec.joins[1].query",
        "spec.joins[2].params.c.value",
        "spec.joins[2].query",
        "spec.params.scale.value",
    ]
    by_path = {one.path: one for one in problems}
    assert "`most`" in (by_path["spec.joins[0].query"].hint or "")
    assert "`scale`" in (by_path["spec.joins[1].params.b.value"].hint or "")
    assert by_path["spec.joins[0].query"].caret()
