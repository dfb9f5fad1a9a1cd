"""Params reach the container: templates, variables, files. Spec 4, *Templates* and *Params reach the container*."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from joinery.control import snapshot
from joinery.problems import InvalidOperation
from joinery.workload import names
from workload.making import (
    OUTPUTS,
    UUID,
    component,
    document,
    files,
    init,
    made,
    main,
    operation,
    pod,
    variables,
    volume,
)

VALUES: dict[str, Any] = {"lr": 0.5, "rates": [0.1, 0.2], "who": "it's", "flag": False, "none": None, "size": {"w": 2}}

ARGUMENTS = [
    ("{{ rates }}", ["0.1", "0.2"]),
    (["--lr", "{{ lr }}"], ["--lr", "0.5"]),
    (["{{ rates }}", "--all={{ rates }}"], ["0.1", "0.2", "--all=[0.1,0.2]"]),
    (["{{ who | quote }}"], ["'it'\"'\"'s'"]),
    (["{{ params.lr.as_arg }}", "{{ params.none.as_arg }}", "x"], ["--lr=0.5", "x"]),
    (["{{ params.flag.as_arg }}"], []),
    ("{{ params.as_args }}", ["--lr=0.5", "--rates=[0.1,0.2]", "--who=it's", '--size={"w":2}']),
    (["{{ globals.uuid }}", "{{ globals.name }}/{{ globals.namespace }}"], [UUID, "best/ml"]),
    (
        ["{{ globals.params_path }}/rates.json", "{{ globals.run_outputs_path }}"],
        ["/joinery/params/rates.json", OUTPUTS],
    ),
    (["{{ globals.created_at }}", "{{ globals.user }}"], ["2026-01-02T03:04:05+00:00", ""]),
    (["{{ size.w }}", 7, "plain"], ["2", "7", "plain"]),
    (["${#a[@]} {% for %d"], None),
    (["{{ '{{' }} x }}", "date +{%s}"], ["{{ x }}", "date +{%s}"]),
]


@pytest.mark.parametrize(("written", "expected"), ARGUMENTS)
def test_arguments(written: Any, expected: list[str] | None) -> None:
    what = component({"name": "flag", "type": "bool", "isFlag": True}, container={"args": written})
    if expected is None:
        with pytest.raises(InvalidOperation, match=r"component\.run\.container\.args\[0\]"):
            made(what, params=VALUES)
    else:
        assert main(made(what, params=VALUES))["args"] == expected


DATA_AND_DOLLARS = [
    # what the component itself writes is Kubernetes' to replace; what a value holds is not
    ("$(HOME) {{ v }}", "$(SECRET)", "$(HOME) $$(SECRET)"),
    ("{{ v }}", "a$$b", "a$$$$b"),
    ("cost: ${{ v }}", "(SECRET)", "cost: $$(SECRET)"),
    ("$${{ v }}", "(SECRET)", "$$(SECRET)"),
    ("{{ v }}{{ v }}", "$", "$$$$"),
    ("{{ v }}", "{{ globals.name }}", "{{ globals.name }}"),
]


@pytest.mark.parametrize(("written", "value", "expected"), DATA_AND_DOLLARS)
def test_a_value_is_data_to_kubernetes_too(written: str, value: str, expected: str) -> None:
    what = component(container={"args": [written], "command": [written], "env": [{"name": "V", "value": written}]})
    workload = made(what, params={"v": {"value": value, "toEnv": "DIRECT"}})
    assert main(workload)["args"] == main(workload)["command"] == [expected]
    assert variables(workload)["V"] == expected
    assert variables(workload)["DIRECT"] == value.replace("$", "$$")


def test_other_texts_of_the_pod_are_rendered_and_keep_their_type() -> None:
    what = component(
        container={
            "image": "repo/{{ who }}:1",
            "resources": {"limits": {"cpu": "{{ cpus }}"}},
            "ports": [{"containerPort": "{{ port }}"}],
            "env": [
                {"name": "N", "value": "{{ cpus }}"},
                {"name": "L", "value": "{{ rates }}"},
                {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s-{{ who }}", "key": "k"}}},
            ],
        },
        volumes=[{"name": "work", "emptyDir": {"sizeLimit": "{{ cpus }}Gi"}}],
        environment={
            "labels": {"cpus": "{{ cpus }}", "tier": 1},
            "nodeSelector": {"zone": "{{ who }}"},
            "tolerations": "{{ tolerations }}",
            "priority": "{{ port }}",
        },
    )
    values = {"who": "me", "cpus": 4, "port": 80, "rates": [1, 2], "tolerations": [{"operator": "Exists"}]}
    workload = made(what, params=values)
    container, template = main(workload), workload.job["spec"]["template"]
    assert container["image"] == "repo/me:1"
    assert container["resources"] == {"limits": {"cpu": 4}}
    assert container["ports"] == [{"containerPort": 80}]
    assert (variables(workload)["N"], variables(workload)["L"]) == ("4", "[1,2]")
    assert container["env"][-1]["valueFrom"]["secretKeyRef"]["name"] == "s-me"
    assert volume(workload, "work")["emptyDir"] == {"sizeLimit": "4Gi"}
    assert {"cpus": "4", "tier": "1"}.items() <= template["metadata"]["labels"].items()
    assert (pod(workload)["nodeSelector"], pod(workload)["priority"]) == ({"zone": "me"}, 80)
    assert pod(workload)["tolerations"] == [{"operator": "Exists"}]


def test_an_undefined_name_is_an_error_that_names_the_nearest_and_all_are_said() -> None:
    what = component(container={"args": ["{{ rate }}", "{{ globals.nam }}"]}, environment={"labels": {"a": "{{ x }}"}})
    with pytest.raises(InvalidOperation) as caught:
        made(what, params={"rates": 1})
    said = {problem.path: problem for problem in caught.value.problems}
    assert said.keys() == {
        "component.run.container.args[0]",
        "component.run.container.args[1]",
        "component.run.environment.labels.a",
    }
    assert said["component.run.container.args[0]"].hint == "did you mean `rates`?"
    assert caught.value.reason == "Invalid"


def test_variables_of_the_main_container() -> None:
    what = component(container={"env": [{"name": "MINE", "value": "1"}, {"name": "TAKEN", "value": "mine"}]})
    params = {"rates": {"value": [1, 2], "toEnv": "RATES"}, "word": {"value": "w", "toEnv": "TAKEN"}}
    workload = made(what, params=params, of=operation(project="mnist"))
    assert variables(workload) == {
        "JOINERY_RUN_NAME": "best-0a1b2c3d",
        "JOINERY_RUN_UUID": UUID,
        "JOINERY_NAMESPACE": "ml",
        "JOINERY_PROJECT": "mnist",
        "JOINERY_PARAMS": "/joinery/params/params.json",
        "JOINERY_ARTIFACTS": "/joinery/artifacts",
        "JOINERY_OUTPUTS": "/joinery/run/outputs.json",
        "JOINERY_OUTPUTS_LIMIT": "4095",
        "JOINERY_OUTPUTS_PATH": OUTPUTS,
        "RATES": "[1,2]",
        "MINE": "1",
        "TAKEN": "mine",
    }
    [warning] = workload.warnings
    assert "`TAKEN` is set by `component.run.container.env`" in warning.message


def test_floats_stay_floats_whatever_the_cluster_stored() -> None:
    what = component({"name": "rates", "type": "float", "isList": True}, container={"args": ["{{ rates }}"]})
    for kept in ([1, 0.5], [1.0, 0.5]):
        workload = made(what, params={"rates": {"value": kept, "type": "float", "isList": True}})
        assert main(workload)["args"] == ["1.0", "0.5"]
        assert files(workload)["rates.json"] == "[1.0,0.5]"


def test_files_of_params() -> None:
    workload = made(params={**VALUES, "wide": "ü€"})
    found = {name: json.loads(text) for name, text in files(workload).items()}
    assert found == {"params.json": {**VALUES, "wide": "ü€"}} | {
        f"{name}.json": value for name, value in {**VALUES, "wide": "ü€"}.items()
    }
    [config_map] = workload.config_maps
    assert config_map["immutable"] is True
    assert config_map["metadata"]["name"].startswith("best-0a1b2c3d-params-")
    assert config_map["metadata"]["ownerReferences"] == workload.job["metadata"]["ownerReferences"]
    [source] = volume(workload, "joinery-params")["projected"]["sources"]
    assert source == {"configMap": {"name": config_map["metadata"]["name"]}}
    assert "initContainers" not in pod(workload)


def test_no_params_at_all_still_give_params_json() -> None:
    assert files(made()) == {"params.json": "{}"}


def test_up_to_900_kib_are_spread_over_config_maps() -> None:
    params = {f"p{number}": "x" * 100_000 for number in range(9)}
    workload = made(params=params)
    assert len(workload.config_maps) == 2
    for one in workload.config_maps:
        assert sum(map(len, one["data"].values())) <= 900 * 1024
    assert json.loads(files(workload)["params.json"]) == params
    assert len(files(workload)) == 10
    assert len(volume(workload, "joinery-params")["projected"]["sources"]) == 2
    assert init(workload) == {}


def test_above_they_are_compressed_parts_that_an_init_container_writes() -> None:
    noise = random.Random(1).randbytes(1_400_000).hex()
    params = {"big": noise, "small": 1}
    workload = made(params=params)
    assert document(workload, "params", names.SNAPSHOT_KEY) == {
        "params": {"big": {"value": noise}, "small": {"value": 1}}
    }
    assert len(workload.config_maps) == 2
    container = init(workload)["init-params"]
    parts = ["--manifest", "/joinery/parts/part-0000", "--manifest", "/joinery/parts/part-0001"]
    assert container["args"] == ["init-params", *parts, "--destination", "/joinery/params"]
    assert volume(workload, "joinery-params")["emptyDir"]["sizeLimit"].endswith("Mi")
    paths = [
        source["configMap"]["items"] for source in volume(workload, "joinery-params-parts")["projected"]["sources"]
    ]
    assert paths == [[{"key": names.SNAPSHOT_KEY, "path": f"part-000{number}"}] for number in range(2)]


def test_the_parts_of_the_snapshot_are_used_where_there_are_some() -> None:
    workload = made(params={"big": "x" * 1_000_000}, result_config_maps=["best-r-0", "best-r-1"])
    assert workload.config_maps == []
    sources = volume(workload, "joinery-params-parts")["projected"]["sources"]
    assert [source["configMap"]["name"] for source in sources] == ["best-r-0", "best-r-1"]
    assert names.SNAPSHOT_KEY == snapshot.PART_KEY


LONG = "x" * (128 * 1024 - 1)


def test_an_argument_may_be_as_long_as_linux_takes_and_no_longer() -> None:
    what = component(container={"args": ["{{ v }}"]})
    assert main(made(what, params={"v": LONG}))["args"] == [LONG]
    with pytest.raises(InvalidOperation) as caught:
        made(what, params={"v": LONG + "x", "other": 1})
    assert caught.value.reason == "ArgumentTooLong"
    [problem] = caught.value.problems
    assert problem.path == "component.run.container.args[0]"
    assert "131,072 bytes" in problem.message
    assert "param `v`" in problem.message
    assert problem.hint == "read it from its file: `{{ globals.params_path }}/v.json`"


@pytest.mark.parametrize(
    ("run", "params", "path"),
    [
        ({"args": ["--all={{ v }}"]}, {"v": ["y" * 1000] * 200}, "component.run.container.args[0]"),
        ({"args": ["{{ params.v.as_str }}"]}, {"v": LONG + "x"}, "component.run.container.args[0]"),
        ({"command": ["sh", "-c", "{{ v }}"]}, {"v": "ü" * 70_000}, "component.run.container.command[2]"),
        ({"env": [{"name": "V", "value": "{{ v }}"}]}, {"v": LONG[:-1]}, "component.run.container.env[0].value"),
        ({"args": ["{{ v }}"]}, {"v": "x" * 1_200_000}, "component.run.container.args[0]"),
        ({}, {"v": {"value": LONG[:-1], "toEnv": "V"}}, "params.v.toEnv"),
        ({"args": "{{ v }}"}, {"v": ["z" * 10_000] * 150}, "component.run.container.args"),
    ],
)
def test_what_no_process_can_be_given(run: dict[str, Any], params: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidOperation) as caught:
        made(component(container=run), params=params)
    assert caught.value.reason == "ArgumentTooLong"
    [problem] = caught.value.problems
    assert problem.path == path
    assert "`v`" in problem.message
    assert "v.json" in str(problem.hint)


def test_many_arguments_may_be_too_much_for_one_object() -> None:
    what = component(container={"args": ["{{ v }}"] * 15})
    with pytest.raises(InvalidOperation, match="the API server keeps at most") as caught:
        made(what, params={"v": "x" * 100_000})
    assert caught.value.reason == "ArgumentTooLong"


def test_the_same_request_gives_the_same_objects() -> None:
    first, second = (made(params={**VALUES, "big": "x" * 1_000_000}) for _ in range(2))
    assert (first.job, first.config_maps) == (second.job, second.config_maps)
