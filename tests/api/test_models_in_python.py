"""The models as they read in Python, and the YAML of spec 1 written with them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import joinery
from joinery import (
    V1IO,
    V1Component,
    V1Connection,
    V1Join,
    V1JoinParam,
    V1Operation,
    V1Param,
    V1Run,
    V1Search,
)
from joinery.api.v1alpha1 import V1ComponentSpec, parse
from joinery.manifests import dump_yaml, read_documents
from joinery.problems import InvalidManifest

SPEC_1 = """\
joins:
  - query: "metrics.loss: <0.01"
    sort: "metrics.loss"
    limit: 5
    params:
      all_param1: {value: inputs.param1}
      all_result1: {value: outputs.result1}
      all_result2: {value: outputs.result2}
      tensorboard_paths: {value: artifacts.tensorboard, contextOnly: true}
  - query: "metrics.accuracy: >.9"
    sort: "-metrics.accuracy"
    params:
      all_inputs: {value: inputs}
      all_outputs: {value: outputs}
      run_artifact_paths: {value: artifacts.base}
      uuids: {value: globals.uuid, contextOnly: true}
      files: {value: {files: ["subpath/files", "subpath2/file2"]}, toInit: true}
"""

JOINS = [
    V1Join(
        query="metrics.loss: <0.01",
        sort="metrics.loss",
        limit=5,
        params={
            "all_param1": V1JoinParam(value="inputs.param1"),
            "all_result1": V1JoinParam(value="outputs.result1"),
            "all_result2": V1JoinParam(value="outputs.result2"),
            "tensorboard_paths": V1JoinParam(value="artifacts.tensorboard", context_only=True),
        },
    ),
    V1Join(
        query="metrics.accuracy: >.9",
        sort="-metrics.accuracy",
        params={
            "all_inputs": V1JoinParam(value="inputs"),
            "all_outputs": V1JoinParam(value="outputs"),
            "run_artifact_paths": V1JoinParam(value="artifacts.base"),
            "uuids": V1JoinParam(value="globals.uuid", contextOnly=True),
            "files": V1JoinParam(value={"files": ["subpath/files", "subpath2/file2"]}, to_init=True),
        },
    ),
]


@pytest.mark.spec(
    "1:10", "1:11", "1:12", "1:13", "1:14", "1:15", "1:16", "1:17", "1:18", "1:19", "1:20", "1:21", "1:22", "1:23",
    "1:24", "1:25", "1:26",
)  # fmt: skip
def test_the_two_joins_of_the_contract_written_in_python_give_its_yaml() -> None:
    dumped = dump_yaml({"joins": [join.to_dict() for join in JOINS]})
    assert yaml.safe_load(dumped) == yaml.safe_load(SPEC_1)
    assert list(yaml.safe_load(dumped)["joins"][0]) == ["query", "sort", "limit", "params"]
    (document,) = read_documents(SPEC_1)
    assert [V1Join.from_dict(join) for join in document.value["joins"]] == JOINS


@pytest.mark.spec("1:3", "1:4", "1:29")
def test_an_operation_reads_as_in_polyaxon() -> None:
    operation = V1Operation(
        name="x",
        namespace="team",
        joins=[{"query": "kind: job", "sort": "created_at, -metrics.loss", "limit": "10", "offset": "100",
                "params": {"p": {"value": "inputs.x"}}}],
        params={"bare": 3, "text": "{{ p }}", "none": None, "full": V1Param(value=[1], context_only=True)},
        component=V1Component(name="report", inputs=[V1IO(name="p", type="str", is_list=True)],
                              run={"kind": "job", "container": {"image": "python"}}),
    )  # fmt: skip
    assert operation.name == "x"
    assert operation.namespace == "team"
    assert (operation.joins[0].limit, operation.joins[0].offset) == (10, 100)
    assert operation.params["bare"].value == 3
    assert operation.params["none"].value is None
    assert operation.component is not None
    assert operation.component.inputs[0].is_list
    assert operation.component.run is not None
    assert operation.to_manifest() == {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "x", "namespace": "team"},
        "spec": {
            "joins": [
                {
                    "query": "kind: job",
                    "sort": "created_at, -metrics.loss",
                    "limit": 10,
                    "offset": 100,
                    "params": {"p": {"value": "inputs.x"}},
                }
            ],
            "params": {
                "bare": {"value": 3},
                "text": {"value": "{{ p }}"},
                "none": {"value": None},
                "full": {"value": [1], "contextOnly": True},
            },
            "component": {
                "name": "report",
                "inputs": [{"name": "p", "type": "str", "isList": True}],
                "run": {"kind": "job", "container": {"image": "python"}},
            },
        },
    }
    assert parse(operation.to_manifest()) == operation


@pytest.mark.spec("1:61")
@pytest.mark.parametrize("style", ["snake", "camel", "mixed"])
def test_both_spellings_are_one(style: str) -> None:
    keys = {
        "snake": ("min_runs", "wait_for", "on_null", "context_only", "to_env"),
        "camel": ("minRuns", "waitFor", "onNull", "contextOnly", "toEnv"),
        "mixed": ("minRuns", "wait_for", "onNull", "context_only", "toEnv"),
    }[style]
    least, wait, null, context, env = keys
    given: dict[str, Any] = {
        "query": "",
        least: 2,
        wait: "1h30m",
        null: "DropRun",
        "params": {"p": {"value": "inputs", context: True, env: "P"}},
    }
    wanted = V1Join(
        query="",
        min_runs=2,
        wait_for="1h30m",
        on_null="DropRun",
        params={"p": V1JoinParam(value="inputs", context_only=True, to_env="P")},
    )
    assert V1Join(**given) == V1Join.from_dict(given) == wanted
    assert wanted.wait_seconds == 5400
    assert "min_runs" not in wanted.to_dict()


@pytest.mark.spec("1:61")
def test_defaults_are_the_models_and_are_not_written() -> None:
    join = V1Join(query="", params={"p": V1JoinParam(value="io")})
    param = join.params["p"]
    assert (join.limit, join.offset, join.min_runs, join.wait_seconds, join.on_null) == (None, None, None, 0.0, "Keep")
    assert (param.context_only, param.to_init, param.on_missing) == (False, False, "Fail")
    assert join.to_dict() == {"query": "", "params": {"p": {"value": "io"}}}


def test_null_stands_for_not_given_save_where_any_json_is_taken() -> None:
    join = V1Join.from_dict({"query": "", "limit": None, "selector": None, "params": {"p": {"value": "io"}}})
    assert join.to_dict() == {"query": "", "params": {"p": {"value": "io"}}}
    assert V1Param.from_dict({"value": None}).to_dict() == {"value": None}
    assert V1IO(name="x", value=None).to_spec().has_value is False


def test_a_wrong_argument_is_told_in_python_too() -> None:
    with pytest.raises(InvalidManifest) as caught:
        V1Join(qury="x", limit=0, params={"p": {"vale": 3}})
    assert [problem.path for problem in caught.value.problems] == [
        "qury",
        "query",
        "limit",
        "params.p.vale",
        "params.p.value",
    ]


def test_the_other_kinds_take_their_fields_directly() -> None:
    run = V1Run(name="r", inputs={"lr": 0.1}, created_at="2024-05-01T12:30:00Z", status={"phase": "Succeeded"})
    assert run.to_manifest()["spec"] == {"createdAt": "2024-05-01T12:30:00Z", "inputs": {"lr": 0.1}}
    assert parse(run.to_manifest()) == run
    search = V1Search(name="best", query="metrics.loss: <1", limit=3)
    assert parse(search.to_manifest()) == search
    store = V1Connection(name="s", kind="Connection", spec={"kind": "s3", "schema": {"bucket": "b"}})
    assert store.spec.schema_.bucket == "b"
    assert store.to_manifest()["spec"] == {"kind": "s3", "schema": {"bucket": "b"}}
    component = V1Component(name="c", inputs=[{"name": "x"}], run={"container": {}})
    assert (component.inputs[0].name, component.outputs, component.spec) == (
        "x",
        [],
        V1ComponentSpec(inputs=[{"name": "x"}], run={"container": {}}),
    )


def test_an_io_is_handed_to_the_type_room_whole() -> None:
    spec = V1IO(
        name="lr",
        type="float",
        is_optional=True,
        value=0.1,
        arg_format="--lr={{ lr }}",
        to_env="LR",
        validation={"ge": 0, "multiple_of": 0.1, "max_items": 3},
    ).to_spec()
    assert (spec.name, spec.type, spec.is_optional, spec.value, spec.has_value) == ("lr", "float", True, 0.1, True)
    assert dict(spec.validation) == {"ge": 0, "multipleOf": 0.1, "maxItems": 3}
    assert (spec.arg_format, spec.to_env) == ("--lr={{ lr }}", "LR")


def test_names_are_exported_with_their_prefix_alone() -> None:
    for name in ("Operation", "Component", "Join", "JoinParam", "Param", "IO", "Run", "Search", "Connection"):
        assert hasattr(joinery, f"V1{name}")
        assert not hasattr(joinery, name)
