"""Params against the component: joins' params, ordinary params, references, defaults."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.api.v1alpha1 import V1Component
from joinery.joins import resolve
from joinery.problems import InvalidManifest, InvalidOperation, JoineryError
from joinery.runs.search import RunStore

from .world import operation, request, resolved, run, store_of, uuid


@pytest.fixture(scope="module")
def store() -> RunStore:
    return store_of(
        run(1, inputs={"lr": 0.5, "n": "3"}, outputs={"f1": 2}),
        run(2, inputs={"lr": 1}, outputs={"f1": "x"}),
        run(3, inputs={"lr": "1.5", "list": [1, 2]}, artifacts=[{"name": "model", "path": "m.pt"}]),
        run(9, namespace="other"),
    )


def join(value: Any = "inputs.lr", **more: Any) -> dict[str, Any]:
    flags = {key: more.pop(key) for key in ("contextOnly", "toInit", "toEnv", "connection", "onMissing") if key in more}
    return {"query": "", "sort": "created_at", "params": {"p": {"value": value, **flags}}, **more}


@pytest.mark.spec("1:53", "1:54", "1:116", "1:117")
def test_a_join_param_must_be_declared_unless_it_is_for_templates_alone(store: RunStore) -> None:
    other = [{"name": "pp", "type": "any"}]
    for strict in (None, True, False):
        more = {} if strict is None else {"strictParams": strict}
        with pytest.raises(InvalidOperation, match="`pp`") as caught:
            resolved(store, [join()], inputs=other, params={"pp": 1}, **more)
        assert caught.value.problems[0].path == "spec.joins[0].params.p"
    assert resolved(store, [join(contextOnly=True)], inputs=[]).params["p"].value == [0.5, 1, "1.5"]
    # Declared all the same, it is validated and bound like any other.
    done = resolved(store, [join(contextOnly=True)], inputs=[{"name": "p", "type": "float", "isList": True}])
    assert done.params["p"].value == [0.5, 1.0, 1.5]
    assert done.params["p"].context_only


@pytest.mark.spec("1:118", "1:119")
def test_a_declared_one_must_take_a_list(store: RunStore) -> None:
    with pytest.raises(InvalidOperation) as caught:
        resolved(store, [join()], inputs=[{"name": "p", "type": "float"}])
    assert [one.message for one in caught.value.problems] == [
        "param `p` is an input of type `float`, which takes one value; a join gives a list: set `isList: true`"
    ]
    takers = [{"type": "float", "isList": True}, {"type": "List[float]"}, {"type": "list"}, {"type": "any"}, {}]
    for taker in takers:
        assert len(resolved(store, [join()], inputs=[{"name": "p", **taker}]).params["p"].value) == 3


@pytest.mark.spec("1:120", "1:121")
def test_elements_are_coerced_one_by_one_and_errors_name_their_runs(store: RunStore) -> None:
    ints = [{"name": "p", "type": "int", "isList": True}]
    with pytest.raises(InvalidOperation) as caught:
        resolved(store, [join("outputs.f1")], inputs=ints)
    text = str(caught.value)
    assert f"run `run-2` ({uuid(2)})" in text
    assert "run-3" in text  # it has none: a null element
    assert caught.value.reason == "NullValue"
    assert resolved(store, [join("outputs.f1", query="inputs.lr: 0.5")], inputs=ints).params["p"].value == [2]
    for taker in (
        {"type": "List[Optional[any]]"},
        {"type": "any"},
        {"type": "str", "isList": True, "isOptional": True},
    ):
        value = resolved(store, [join("outputs.f1")], inputs=[{"name": "p", **taker}]).params["p"].value
        assert value[2] is None


@pytest.mark.spec("1:55", "1:56", "1:57", "1:58")
def test_the_flags_of_a_join_param_are_kept(store: RunStore) -> None:
    files = join({"files": ["a"]}, toInit=True, connection="s3", toEnv="FILES", onMissing="Skip")
    param = resolved(store, [files]).params["p"]
    assert (param.to_init, param.connection, param.to_env, param.on_missing) == (True, "s3", "FILES", "Skip")
    declared = [{"name": "p", "type": "artifacts", "connection": "gcs", "toInit": True, "toEnv": "X"}]
    param = resolved(store, [join({"files": ["a"]})], inputs=declared).params["p"]
    assert (param.to_init, param.connection, param.to_env, param.on_missing) == (True, "gcs", "X", "Fail")
    with pytest.raises(InvalidManifest, match="exclude each other"):
        resolved(store, [join(toInit=True, contextOnly=True)])
    with pytest.raises(InvalidOperation, match="toInit"):
        resolved(store, [join(toInit=True)], inputs=[{"name": "p", "type": "float", "isList": True}])


@pytest.mark.spec("1:60", "1:61", "1:63", "1:64")
@pytest.mark.parametrize(
    "param",
    [
        {"value": "inputs", "ref": "runs.x"},
        {"value": "inputs", "contextonly": True},
        {"value": "inputs", "context_only": True, "contextOnly": True},
        {"value": "inputs", "toEnv": "PATH"},
        {"value": "inputs", "toEnv": "JOINERY_X"},
        {"value": "inputs", "toEnv": "LD_PRELOAD"},
        {"value": "inputs", "toEnv": "a-b"},
    ],
)
def test_wrong_keys_and_names_are_refused_by_path(store: RunStore, param: dict[str, Any]) -> None:
    with pytest.raises(InvalidManifest) as caught:
        resolved(store, [{"query": "", "params": {"p": param}}], inputs=[])
    assert all(problem.path.startswith("spec.joins[0].params.p") for problem in caught.value.problems)


@pytest.mark.spec("1:63")
@pytest.mark.parametrize(
    "name", ["globals", "params", "connections", "artifacts", "inputs", "io", "1a", "a b", "x" * 64]
)
def test_param_names(store: RunStore, name: str) -> None:
    with pytest.raises(InvalidManifest):
        resolved(store, [{"query": "", "params": {name: {"value": "inputs"}}}], inputs=[])
    spelled = {"query": "", "params": {"_a-b": {"value": "globals.name", "context_only": True}}}
    assert len(resolved(store, [spelled], inputs=[]).params["_a-b"].value) == 3


@pytest.mark.spec("3:18", "3:31", "3:32", "3:33", "3:34")
def test_ordinary_params_are_held_against_their_declarations_all_at_once(store: RunStore) -> None:
    inputs = [
        {"name": "lr", "type": "float"},
        {"name": "n", "type": "int"},
        {"name": "deep", "type": "dict"},
        {"name": "more", "type": "str", "isOptional": True},
        {"name": "given", "type": "int", "value": 3},
        {"name": "texts", "type": "str", "isList": True},
    ]
    params = {"lr": "0.5", "n": {"value": "{{ 2 * 4 }}"}, "deep": {"value": {"a": "{{ lr }}"}}, "texts": ["a", 1]}
    done = resolved(store, params=params, inputs=inputs)
    assert {name: one.value for name, one in done.params.items()} == {
        "lr": 0.5, "n": 8, "deep": {"a": 0.5}, "more": None, "given": 3, "texts": ["a", "1"],
    }  # fmt: skip
    assert {one.source for one in done.params.values()} == {"param", "default"}
    assert done.params["lr"].type == "float"
    with pytest.raises(InvalidOperation) as caught:
        resolved(store, params={"lr": "fast", "n": 1.5, "typo": 1}, inputs=inputs)
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    assert caught.value.reason == "Invalid"
    for expected in ('"fast"', "1.5", "`typo`", "input `deep` is required", "input `texts` is required"):
        assert expected in text


@pytest.mark.spec("3:19", "3:20")
def test_a_reference_to_a_run_gives_one_value(store: RunStore) -> None:
    def value(ref: str, of: Any, **declared: Any) -> Any:
        inputs = [{"name": "p", **declared}]
        return resolved(store, params={"p": {"ref": ref, "value": of}}, inputs=inputs).params["p"].value

    assert value("runs.run-1", "inputs.lr", type="float") == 0.5
    assert value(f"runs.{uuid(1)}", "inputs.n", type="int") == 3
    assert value("runs.00000000-0000-0000-0000-000000000003", "inputs.list", type="list") == [1, 2]
    assert value("runs.run-3", "artifacts.model", type="path") == f"{uuid(3)}/m.pt"
    form = {"files": ["x", "{{ artifacts.model }}"]}
    assert value("runs.run-3", form, type="artifacts") == {"files": [f"{uuid(3)}/x", f"{uuid(3)}/m.pt"], "dirs": []}
    assert value("runs.run-2", "{{ inputs.lr + 1 }}", type="int") == 2
    for missing in ("runs.run-9", f"runs.{uuid(9)}", "runs.none"):
        with pytest.raises(InvalidOperation, match="there is no run") as caught:
            value(missing, "inputs.lr")
        assert caught.value.problems[0].path == "spec.params.p"
    with pytest.raises(InvalidOperation, match="required"):
        value("runs.run-1", "inputs.none", type="float")


@pytest.mark.spec("3:19")
def test_a_reference_to_an_operation_waits_for_its_end(store: RunStore) -> None:
    def value(phase: str | None) -> Any:
        runs = {} if phase is None else {"train": run(7, outputs={"model": "m"}, phase=phase)}
        params = {"p": {"ref": "ops.train", "value": "outputs.model"}}
        return resolved(store, params=params, inputs=[{"name": "p"}], operation_runs=runs).params["p"].value

    assert value("Succeeded") == "m"
    for phase, reason in (
        (None, "WaitingForOperations"),
        ("Running", "WaitingForOperations"),
        ("Failed", "UpstreamFailed"),
    ):
        with pytest.raises(InvalidOperation, match="`train`") as caught:
            value(phase)
        assert caught.value.reason == reason


@pytest.mark.spec("3:20")
@pytest.mark.parametrize("ref", ["dag", "dag.x", "run.x", "runs", "ops."])
def test_other_references_are_refused(store: RunStore, ref: str) -> None:
    with pytest.raises(JoineryError):
        resolved(store, params={"p": {"ref": ref, "value": "inputs"}}, inputs=[{"name": "p"}])


@pytest.mark.spec("1:129")
def test_a_component_of_its_own(store: RunStore) -> None:
    component = V1Component.from_dict(
        {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "Component",
            "metadata": {"name": "report"},
            "spec": {"inputs": [{"name": "p", "type": "float", "isList": True}], "run": {"container": {"image": "x"}}},
        }
    )
    asked = operation([join()], componentRef={"name": "report"})
    done = resolve(request(asked, component=component), store)
    assert done.params["p"].value == [0.5, 1.0, 1.5]
    assert done.component == component.spec.to_dict()
    with pytest.raises(InvalidOperation, match="`report`") as caught:
        resolve(request(asked), store)
    assert caught.value.reason == "ComponentNotFound"


@pytest.mark.parametrize("depth", [150, 300, 900])
def test_values_nested_too_deep_are_refused(store: RunStore, depth: int) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = [deep]
    inputs = [{"name": "p"}, {"name": "d", "value": deep}]
    if depth <= 200:
        assert resolved(store, params={"p": {"value": deep}}, inputs=inputs).params["p"].value == deep
        return
    with pytest.raises(InvalidOperation) as caught:
        resolved(store, params={"p": {"value": deep}}, inputs=inputs)
    assert {problem.path for problem in caught.value.problems} == {"spec.params.p.value", "spec.component"}
