"""Value expressions: the table of spec 1, on one run after another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.joins.projection import column
from joinery.joins.values import ROOTS, RUN_GLOBALS, PerRun, RunPath, parse_value
from joinery.problems import JoineryError
from joinery.runs import run_globals

from .world import resolved, run, store_of, uuid

FULL = run(
    3,
    inputs={
        "lr": 0.5,
        "learning-rate": 1,
        "a.b": {"c": 1},
        "a": {"b": {"c": 2, "d": 3}},
        "n": None,
        "n.x": 1,
        "s/t": 5,
    },
    outputs={"f1": 7, "note": "x", "loss": None, "flag": True},
    metrics={"loss": {"last": 0.25, "min": 0.125, "max": 1, "step": 9}, "acc": 0.5, "bad": "NaN", "val/acc": 2},
    artifacts=[
        {"name": "model", "path": "outputs/model.pt", "kind": "model"},
        {"name": "own", "path": f"{uuid(3)}/x"},
        {"name": "abs", "path": "/data/x"},
        {"name": "bucket", "path": "s3://bucket/x"},
        {"name": "empty"},
        {"name": "under-another", "path": f"{uuid(3)}x/y"},
    ],
    tags=["b", "a"],
    project="vision",
)
ME = uuid(3)
OUTPUTS = {"loss": 0.25, "acc": 0.5, "bad": "NaN", "val/acc": 2, "f1": 7, "note": "x", "flag": True}
ARTIFACTS = {
    "base": ME,
    "outputs": f"{ME}/outputs",
    "model": f"{ME}/outputs/model.pt",
    "own": f"{ME}/x",
    "abs": "/data/x",
    "bucket": "s3://bucket/x",
    "empty": None,
    "under-another": f"{ME}/{ME}x/y",
}


def value(text: Any, record: Any = FULL, names: dict[str, Any] | None = None) -> Any:
    return column(parse_value(text), [record], names or {})[0]


@pytest.mark.spec("1:75", "1:81", "1:82", "1:83", "1:84", "1:85", "1:86", "1:87", "1:93")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs", dict(FULL.inputs)),
        ("outputs", OUTPUTS),
        ("inputs.lr", 0.5),
        (" inputs.lr ", 0.5),
        ("inputs.learning-rate", 1),
        ("inputs.a.b.c", 1),  # the longest existing key wins
        ("inputs.a.b.d", 3),  # with backtracking
        ("inputs.a.b.x", None),
        ("inputs.n.x", 1),
        ("inputs.n.y", None),
        ("inputs.n", None),
        ("inputs.s/t", 5),
        ("inputs.none", None),
        ("outputs.f1", 7),
        ("outputs.loss", 0.25),  # a null output does not hide a metric
        ("outputs.acc", 0.5),
        ("outputs.bad", "NaN"),
        ("outputs.val/acc", 2),
        ("metrics", {"loss": 0.25, "acc": 0.5, "bad": "NaN", "val/acc": 2, "f1": 7}),
        ("metrics.loss", 0.25),
        ("metrics.loss[last]", 0.25),
        ("metrics.loss[min]", 0.125),
        ("metrics.loss[max]", 1),
        ("metrics.loss[step]", 9),
        ("metrics.acc[min]", None),  # a plain number has `last` alone
        ("metrics.f1", 7),  # a numeric output is a metric
        ("metrics.note", None),
        ("metrics.flag", None),
        ("metrics.bad", "NaN"),
        ("metrics.val/acc", 2),
        ("io", {"inputs": dict(FULL.inputs), "outputs": OUTPUTS, "artifacts": ARTIFACTS}),
        ("artifacts", ARTIFACTS),
        *[(f"artifacts.{name}", path) for name, path in ARTIFACTS.items()],
        ("artifacts.none", None),
        ("globals.uuid", ME),
        ("globals.owner_name", "default"),
        ("globals.project_name", "vision"),
        ("globals.status", "succeeded"),
        ("globals.tags", ["b", "a"]),
        ("globals.created_at", "2025-01-01T00:03:00+00:00"),
        ("globals.started_at", None),
    ],
)
def test_a_path_gives_what_the_table_says(text: str, expected: Any) -> None:
    assert value(text) == expected
    assert value(f"{{{{ {text.strip()} }}}}") == expected


@pytest.mark.spec("1:81")
def test_a_run_with_nothing_has_empty_mappings() -> None:
    bare = run(1)
    assert value("inputs", bare) == {}
    assert value("outputs", bare) == {}
    assert value("metrics", bare) == {}
    assert value("artifacts", bare) == {"base": uuid(1), "outputs": f"{uuid(1)}/outputs"}


@pytest.mark.spec("1:88", "1:91")
def test_every_global_of_the_table_is_there_and_no_other() -> None:
    assert set(RUN_GLOBALS) == set(run_globals(FULL))
    for name in RUN_GLOBALS:
        assert value(f"globals.{name}") == run_globals(FULL)[name]
    for text in ("globals.uid", "{{ globals.uid }}", "{{ globals.uid | upper }}"):
        with pytest.raises(JoineryError) as caught:
            parse_value(text)
        hint = caught.value.problems[0].hint or ""
        assert "`uuid`" in hint
        assert all(f"globals.{name}" in hint for name in RUN_GLOBALS)


@pytest.mark.spec("1:75", "1:76", "1:77")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ inputs.lr * 2 }}", 1.0),
        ("{{ inputs.lr * scale }}", 2.0),
        ("{{ inputs['learning-rate'] + 1 }}", 2),
        ("{{ inputs.none | default(3) }}", 3),
        ("{{ inputs.none * 2 }}", None),
        ("{{ inputs | length }}", 7),
        ("{{ globals.name | upper }}", "RUN-3"),
        ("{{ metrics.loss }}/{{ outputs.f1 }}", "0.25/7"),
        ("lr={{ inputs.learning-rate }}", "lr=1"),
        ("{{ inputs.lr }}-{{ inputs.none }}", None),
        ("{{ io.inputs.lr }}", 0.5),
        ("{{ artifacts.model | replace('.pt', '') }}", f"{ME}/outputs/model"),
        ("{{ scale }}", 4),
        ("{{ [inputs.lr, metrics.acc] }}", [0.5, 0.5]),
        ("{{ inputs.lr - metrics.acc }}", 0),
    ],
)
def test_what_is_no_path_between_braces_is_an_expression_over_the_run(text: str, expected: Any) -> None:
    assert value(text, names={"scale": 4}) == expected


@pytest.mark.spec("1:77")
def test_a_path_between_braces_keeps_its_dashes_and_slashes() -> None:
    assert parse_value("{{ inputs.learning-rate }}") == RunPath("inputs", "learning-rate")
    assert parse_value("{{ metrics.val/acc }}") == RunPath("metrics", "val/acc", "last")
    assert parse_value("{{ metrics.val/acc@5[min] }}") == RunPath("metrics", "val/acc@5", "min")
    assert parse_value("{{ inputs.a:b#c }}") == parse_value("inputs.a:b#c") == RunPath("inputs", "a:b#c")
    assert not isinstance(parse_value("{{ inputs.a%2 }}"), RunPath)
    assert isinstance(parse_value("{{ inputs.learning - rate }}"), PerRun)


@pytest.mark.spec("1:92")
@pytest.mark.parametrize(
    "wrong",
    [
        "input.lr", "lr", "", "params.x", "connections.x", "status", "inputs.", "inputs.a b", "inputs.x | length",
        "metrics.loss[mean]", "inputs.x[0]", "globals", "io.x", "dag.x", None, 1, 1.5, True, ["inputs.x"], {},
        {"file": ["x"]}, {"files": 1}, "{{ }}", "{{ inputs.x", "{% if x %}{{ x }}",
    ],
)  # fmt: skip
def test_anything_else_is_a_clear_error(wrong: Any) -> None:
    with pytest.raises(JoineryError) as caught:
        parse_value(wrong)
    assert all(problem.message and problem.rule for problem in caught.value.problems)


@pytest.mark.spec("1:92")
def test_the_error_names_the_allowed_forms_and_the_param() -> None:
    with pytest.raises(JoineryError) as caught:
        resolved(store_of(FULL), [{"query": "", "params": {"x": {"value": "input.lr"}}}])
    problem = caught.value.problems[0]
    assert problem.path == "spec.joins[0].params.x.value"
    assert "`inputs`" in (problem.hint or "")
    assert "artifacts.NAME" in (problem.hint or "")


@given(st.one_of(st.text(max_size=60), st.from_regex(r"(\{\{ ?)?(inputs|metrics|globals)[.\[]\w*[-\]./]*( ?\}\})?")))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    problems: tuple[Any, ...] = ()
    try:
        parse_value(text)
    except JoineryError as error:
        problems = error.problems
    assert problems or "{{" in text or text.strip().partition(".")[0] in ROOTS


@pytest.mark.spec("1:93")
def test_nan_is_a_text_and_for_a_float_it_is_null() -> None:
    store = store_of(
        run(1, metrics={"loss": "NaN"}), run(2, metrics={"loss": 1.5}), run(3, metrics={"loss": "Infinity"})
    )
    join = {"query": "metrics.loss: ~nil", "sort": "created_at", "limit": 2, "params": {"x": {"value": "metrics.loss"}}}
    anything = [{"name": "x", "type": "any"}]
    floats = [{"name": "x", "type": "float", "isList": True, "isOptional": True}]
    assert resolved(store, [join], inputs=anything).params["x"].value == ["NaN", 1.5]
    assert resolved(store, [join], inputs=floats).params["x"].value == [None, 1.5]
    with pytest.raises(JoineryError, match="run-1"):
        resolved(store, [join], inputs=[{"name": "x", "type": "float", "isList": True}])


@pytest.mark.spec("1:130")
@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("metrics.los", "did you mean `metrics.loss`?"),
        ("metrics.acc[min]", "without `[min]`"),
        ("metrics.flag", "`outputs.flag` is there, and is no number"),
        ("inputs.n", "it is there, and is null"),
    ],
)
def test_a_list_of_nulls_says_why_there_is_nothing(value: str, hint: str) -> None:
    done = resolved(store_of(FULL), [{"query": "", "params": {"x": {"value": value, "contextOnly": True}}}])
    (warning,) = done.warnings
    assert warning.rule == "all-null"
    assert hint in (warning.hint or "")


@pytest.mark.spec("1:77")
def test_the_caret_stands_in_the_whole_text_and_a_name_of_the_operation_is_never_null() -> None:
    for wrong, under in (("x-{{ inputs.lr / 0 }}", "inputs.lr / 0"), ("x-{{ params.nope }}", "nope")):
        with pytest.raises(JoineryError) as caught:
            resolved(store_of(FULL), [{"query": "", "params": {"x": {"value": wrong, "contextOnly": True}}}])
        (problem,) = caught.value.problems
        assert problem.text == wrong
        assert wrong[problem.position or 0 :].startswith(under)
