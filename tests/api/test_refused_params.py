"""What the models refuse of ordinary params, inputs and outputs: the rules of spec 3, each problem with its path."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from refusals import GOOD, of_join, of_param, problems

from joinery.api.v1alpha1 import V1IO, V1Component, V1Param, parse
from joinery.problems import InvalidManifest


@pytest.mark.spec("1:63")
def test_names_of_params() -> None:
    for name in ("a", "_", "A-1_b", "x" * 63):
        assert of_join(params={name: {"value": "io"}}) == []
    for name in ("", "1a", "-a", "a.b", "a b", "é", "x" * 64, "a\n"):
        ((_, rule),) = of_join(params={name: {"value": "io"}})
        assert rule in ("param-name", "too-long", "empty")
    for name in ("globals", "params", "connections", "artifacts", "inputs", "outputs", "metrics", "io"):
        assert of_join(params={name: {"value": "io"}}) == [(f"params.{name}", "reserved-name")]


@pytest.mark.spec("1:64")
def test_names_of_variables() -> None:
    for name in ("A", "_a1", "MY_PATH"):
        assert of_param(toEnv=name) == []
    for name in ("1A", "a-b", "a b", "PATH", "LD_PRELOAD", "JOINERY_X", "é"):
        assert of_param(toEnv=name) == [("toEnv", "variable-name")]


@pytest.mark.spec("3:18", "3:20")
def test_ordinary_params() -> None:
    def of(param: Any) -> list[tuple[str, str]]:
        manifest = copy.deepcopy(GOOD)
        manifest["spec"]["params"] = {"p": param}
        return [(found.path.removeprefix("spec.params.p"), found.rule) for found in problems(manifest)]

    for bare in (1, "x", True, None, [1, {"a": 1}], 1.5, {"a": 1}, {"adam": {"value": 1}}):
        assert of(bare) == []
        assert V1Param.model_validate(bare).value == bare
    assert of({"value": {"a": 1}, "contextOnly": True, "toEnv": "P", "connection": "c"}) == []
    # a mapping that looks like a misspelt param is one, whatever else is in it
    for misspelt in ("values", "Value", "to_initt", "Ref"):
        assert set(of({misspelt: 1, "a": 1})) >= {(f".{misspelt}", "unknown-field"), (".value", "required")}
    assert of({}) == [(".value", "required")]
    assert of({"ref": "runs.abc", "value": "outputs.x"}) == of({"ref": "ops.train", "value": "inputs"}) == []
    assert of({"ref": "ops.train"}) == [(".value", "required")]
    assert of({"ref": "ops.train", "value": 5}) == [(".value", "value-form")]
    for ref in ("dag", "dag.inputs"):
        assert of({"ref": ref, "value": "inputs"}) == [(".ref", "refused-ref")]
    for ref in ("run.x", "runs", "ops.", 5):
        assert of({"ref": ref, "value": "inputs"})[0][0] == ".ref"


@pytest.mark.spec("3:3", "3:7", "3:8", "3:9", "3:10", "3:11", "3:12", "3:13", "3:14", "3:15", "3:16")
def test_inputs_and_outputs() -> None:
    def of(**fields: Any) -> list[tuple[str, str]]:
        try:
            V1IO.from_dict({"name": "x", **fields})
        except InvalidManifest as error:
            return [(found.path, found.rule) for found in error.problems]
        return []

    assert of(type="List[float]", description="d", isOptional=True, value=[1], argFormat="--x={{ x }}") == []
    assert of(is_list=True, connection="c", toInit=True, toEnv="X") == []
    assert of(type="bool", isFlag=True) == []
    assert of(type="str", isFlag=True) == [("isFlag", "flag-type")]
    assert of(type="flaot")[0][0].startswith("type")
    assert of(name="inputs") == [("name", "reserved-name")]
    assert of(type=5) == [("type", "wrong-type")]
    every: dict[str, Any] = {
        "gt": 1,
        "ge": 1.5,
        "lt": 3,
        "le": 3,
        "multipleOf": 0.5,
        "minLength": 1,
        "maxLength": 2,
        "regex": "a+",
        "options": [1, "a"],
        "contains": "a",
        "excludes": ["b"],
        "minItems": 1,
        "maxItems": 2,
        "keys": ["k"],
    }
    assert of(validation=every) == []
    for theirs in ("delay", "maxDigits", "decimal_places", "containsKeys"):
        assert [rule for _, rule in of(validation={theirs: 1})] == ["refused-field"]
    assert of(validation={"regex": "(", "gte": 1, "min_length": -1}) == [
        ("validation.gte", "unknown-field"),
        ("validation.regex", "regex"),
        ("validation.minLength", "range"),
    ]


@pytest.mark.spec("3:7")
def test_names_of_inputs_and_outputs_are_unique() -> None:
    with pytest.raises(InvalidManifest) as caught:
        V1Component(inputs=[{"name": "a"}, {"name": "a"}], outputs=[{"name": "b"}, {"name": "b"}])
    assert [found.path for found in caught.value.problems] == ["inputs[1].name", "outputs[1].name"]


@pytest.mark.spec("3:34")
@pytest.mark.parametrize("kind", ["git", "dockerfile"])
def test_nothing_is_fetched_for_git_and_dockerfile(kind: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        V1IO(name="x", type=kind, to_init=True)
    (found,) = caught.value.problems
    assert found.path == "toInit"
    assert found.hint


def test_what_of_a_polyaxon_component_is_accepted_warned_of_and_refused() -> None:
    accepted = {"version": 1.1, "kind": "component", "name": "c", "description": "d", "tags": ["t"]}
    warned = {"plugins": {"autoContext": True}, "cache": {"disable": True}, "presets": ["p"]}
    manifest = copy.deepcopy(GOOD)
    manifest["spec"]["component"].update(accepted, **warned)
    operation = parse(manifest)
    assert [found.path for found in operation.spec.component.warnings()] == ["plugins", "cache", "presets"]
    manifest["spec"]["component"].update(matrix={}, schedule={}, hub_ref="x", run={"kind": "tfjob"})
    assert [(found.path, found.rule) for found in problems(manifest)] == [
        ("spec.component.matrix", "refused-field"),
        ("spec.component.schedule", "refused-field"),
        ("spec.component.hub_ref", "refused-field"),
        ("spec.component.run.kind", "refused-kind"),
    ]
