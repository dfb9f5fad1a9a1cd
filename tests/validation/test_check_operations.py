"""One check for an operation: everything that can be said of it by itself, all at once, each with its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from manifests_to_check import CONTAINER, OPERATION, changed, other

from joinery.validation import check_manifest


def test_a_valid_operation_has_no_findings() -> None:
    findings = check_manifest(OPERATION)
    assert findings.errors == ()
    assert findings.warnings == ()
    assert findings.is_valid


@pytest.mark.spec("1:36", "1:37", "1:60", "3:31", "3:32", "3:34")
@pytest.mark.parametrize(
    ("path", "value", "where", "said"),
    [
        (("spec", "joins", 0, "query"), "metric.loss: <1", "spec.joins[0].query", "metric"),
        (("spec", "joins", 0, "query"), "metrics.loss <1", "spec.joins[0].query", ":"),
        (("spec", "joins", 0, "query"), "metrics.loss: <{{ mst }}", "spec.joins[0].query", "`mst`"),
        (("spec", "joins", 0, "query"), "x" * 20_000, "spec.joins[0].query", "characters"),
        (("spec", "joins", 0, "sort"), "--metrics.loss", "spec.joins[0].sort", "-"),
        (("spec", "joins", 0, "limit"), 0, "spec.joins[0].limit", "5000"),
        (("spec", "joins", 0, "limit"), "{{ lrs }}", "spec.joins[0].limit", "not there yet"),
        (("spec", "joins", 0, "params", "lrs", "value"), "input.lr", "spec.joins[0].params.lrs.value", "input.lr"),
        (("spec", "joins", 0, "params", "lrs", "ref"), "runs.x", "spec.joins[0].params.lrs.ref", "own search"),
        (("spec", "joins", 0, "params", "more"), {"value": "inputs"}, "spec.joins[0].params.more", "`lrs`"),
        (("spec", "component", "inputs", 0, "isList"), False, "spec.joins[0].params.lrs", "isList: true"),
        (("spec", "component", "inputs", 0, "type"), "flot", "spec.component.inputs[0].type", "float"),
        (("spec", "component", "inputs", 1, "value"), "fast", "spec.component.inputs[1].value", "fast"),
        (("spec", "component", "inputs", 1, "name"), "lrs", "spec.component.inputs[1].name", "twice"),
        ((*CONTAINER, "args"), ["{{ lr }}"], "spec.component.run.container.args[0]", "`lr`"),
        ((*CONTAINER, "args"), ["{% if x %}"], "spec.component.run.container.args[0]", "if"),
        (("spec", "params", "most"), "fast", "spec.params.most", "fast"),
        (("spec", "params"), {}, "spec.params", "`most` is required"),
        (("spec", "matrix"), {}, "spec.matrix", "matrix"),
        (("spec", "componentRef"), {"name": "y"}, "spec.componentRef", "exclude"),
    ],
)  # fmt: skip
def test_each_mistake_is_found_where_it_is(path: tuple[Any, ...], value: Any, where: str, said: str) -> None:
    findings = check_manifest(changed(*path, to=value))
    assert not findings.is_valid
    at = [problem for problem in findings.errors if problem.path == where]
    assert at, [str(problem) for problem in findings.errors]
    assert said in "\n".join(map(str, at))


@pytest.mark.spec("3:33")
def test_a_mistake_beside_the_params_of_a_join_does_not_hide_those_of_the_params() -> None:
    manifest = changed("spec", "joins", 0, "limit", to=6000)
    manifest["spec"]["joins"][0]["params"]["more"] = {"value": "inputs"}
    manifest["spec"]["params"]["mst"] = manifest["spec"]["params"].pop("most")
    manifest["spec"]["component"]["run"]["container"]["args"] = ["{{ lr }}"]
    said = {problem.path: str(problem) for problem in check_manifest(manifest).errors}
    assert said.keys() == {
        *("spec.joins[0].limit", "spec.joins[0].params.more", "spec.params", "spec.params.mst"),
        "spec.component.run.container.args[0]",
    }
    assert "`most` is required" in said["spec.params"]
    # but what a param that cannot be read would have given is not missed
    manifest["spec"]["joins"][0]["params"]["lrs"] = {"valeu": "inputs.lr"}
    said = {problem.path: str(problem) for problem in check_manifest(manifest).errors}
    assert said.keys() == {
        *("spec.joins[0].limit", "spec.joins[0].params.lrs.valeu", "spec.joins[0].params.lrs.value"),
    }


@pytest.mark.spec("3:33")
def test_problems_of_shape_and_of_meaning_are_reported_together_and_once() -> None:
    manifest = changed("spec", "joins", 0, "query", to="loss: <1")
    manifest["spec"]["joins"].append({"query": "", "parms": {}})
    manifest["spec"]["joins"].append({"query": "a: 1", "params": {"x": {"value": "nothing"}}})
    manifest["spec"]["params"]["bad"] = {"value": "{{ 1 + }}", "contextOnly": True}
    manifest["spec"]["suspend"] = "yes"
    paths = [problem.path for problem in check_manifest(manifest).errors]
    for expected in (
        "spec.joins[0].query",
        "spec.joins[1].parms",
        "spec.joins[2].query",
        "spec.joins[2].params.x.value",
        "spec.params.bad.value",
        "spec.suspend",
    ):
        assert expected in paths, paths
    findings = check_manifest(manifest).errors
    assert len(findings) == len({(one.path, one.message) for one in findings})


@pytest.mark.spec("3:33")
def test_a_slip_in_a_join_hides_nothing_else_of_it() -> None:
    slips: list[tuple[dict[str, Any], set[str]]] = [
        ({"limi": 3}, {"limi"}),
        ({"min_runs": "x"}, {"minRuns"}),
        ({"limit": 0, "offset": -1}, {"limit", "offset"}),
        ({"params": {"p": {"valu": "inputs"}, "q": {"value": "foo.bar"}}}, {"params.p.valu", "params.q.value"}),
        ({"params": {"a.b": {"value": "inputs"}}}, {"params[a.b]"}),
        ({"params": {}}, {"params"}),
        ({"params": None}, {"params"}),
        ({"params": []}, {"params"}),
    ]
    for slip, places in slips:
        join = {"query": "metrcs.loss: 1, name: {{ x + }}", "sort": "--name", "params": {"p": {"value": "inputs"}}}
        found = check_manifest(changed("spec", "joins", to=[{**join, **slip}])).errors
        paths = [problem.path.removeprefix("spec.joins[0].") for problem in found]
        assert {"query", "sort"} | places <= set(paths), (slip, paths)
        assert paths.count("query") == 2
    paths = [
        problem.path for problem in check_manifest(changed("spec", "joins", to=[{"query": 5, "sort": "x"}])).errors
    ]
    assert sorted(paths) == ["spec.joins[0].params", "spec.joins[0].query", "spec.joins[0].sort"]
    paths = [problem.path for problem in check_manifest(other("Search", query="metrc.x: 1", sot="x", sort="x")).errors]
    assert sorted(paths) == ["spec.query", "spec.sort", "spec.sot"]


def test_a_problem_in_a_template_of_a_query_has_its_place_in_the_query() -> None:
    query = "name: a, metrics.loss: <{{ mst }}"
    (problem,) = check_manifest(changed("spec", "joins", 0, "query", to=query)).errors
    assert problem.text == query
    assert problem.position == query.index("mst")
    (problem,) = check_manifest(other("Search", query="name: a, metrics.loss: <{{ x + }}")).errors
    assert problem.text == "name: a, metrics.loss: <{{ x + }}"
    assert problem.position is not None
    assert problem.position >= query.index("{{")


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("spec", "params", "names"), {"value": 1, "contextOnly": True}, "overridden-param"),
        (("spec", "joins", 0, "query"), "project: vision kind: job", "query-text"),
        (("spec", "joins", 0, "params", "lrs", "value"), "inputs.a-inputs.b", "dash-in-key"),
        (("spec", "joins", 0, "waitFor"), "1h", "wait-without-min"),
        (("spec", "component", "cache"), {"disable": True}, "no-effect"),
        (("spec", "component", "plugins"), {}, "no-effect"),
        (("spec", "component", "inputs", 1), {"name": "most", "value": "{{ x }}"}, "template-in-default"),
        (
            ("spec", "component", "run", "container"),
            {"image": "x", "command": ["sh", "-c"], "args": ["echo {{ lrs | join(' ') }}"]},
            "bare-template-in-shell",
        ),
        (
            ("spec", "component", "run", "container"),
            {"image": "x", "command": ["/bin/bash", "-ec", "echo {{ names }}"]},
            "bare-template-in-shell",
        ),
    ],
)
def test_what_is_valid_and_most_likely_not_meant_is_a_warning(path: tuple[Any, ...], value: Any, rule: str) -> None:
    findings = check_manifest(changed(*path, to=value))
    assert findings.errors == ()
    assert rule in [warning.rule for warning in findings.warnings]
    (warning,) = [warning for warning in findings.warnings if warning.rule == rule]
    assert warning.path.startswith("spec.")


@pytest.mark.parametrize(
    "container",
    [
        {"image": "x", "command": ["sh", "-c"], "args": ["echo {{ names | quote }} {{ lrs | length }}"]},
        {"image": "x", "command": ["sh", "-c"], "args": ["cat {{ globals.params_path }}/lrs.json"]},
        {"image": "x", "command": ["sh", "-c", "echo $0"], "args": ["{{ names | first }}"]},
        {"image": "x", "command": ["python", "-c"], "args": ["print({{ lrs }})"]},
    ],
)
def test_a_quoted_value_or_an_argument_of_its_own_is_fine_in_a_shell(container: dict[str, Any]) -> None:
    assert check_manifest(changed("spec", "component", "run", "container", to=container)).warnings == ()


def test_what_is_referred_to_is_held_against_when_it_is_at_hand() -> None:
    from joinery.api.v1alpha1 import V1Component

    run = {"container": {"image": "x"}}
    component = V1Component.from_dict(other("Component", inputs=[{"name": "most", "type": "float"}], run=run))
    manifest = changed("spec", "componentRef", to={"name": "x"})
    del manifest["spec"]["component"]
    assert check_manifest(manifest).errors == ()
    (problem,) = check_manifest(manifest, component=component).errors
    assert problem.path == "spec.joins[0].params.lrs"


def test_what_runs_is_judged_beside_inputs_that_cannot_be_read() -> None:
    component = copy.deepcopy(OPERATION["spec"]["component"])
    component["inputs"][0]["typ"] = "flot"
    component["run"]["environment"] = {"nodeSelectr": {}}
    paths = [problem.path for problem in check_manifest(other("Component", **component)).errors]
    assert paths == ["spec.inputs[0].typ", "spec.run.environment.nodeSelectr"]
    paths = [problem.path for problem in check_manifest(changed("spec", "component", to=component)).errors]
    assert paths == ["spec.component.inputs[0].typ", "spec.component.run.environment.nodeSelectr"]


@pytest.mark.parametrize("kind", ["Operation", "Component"])
def test_a_slip_in_what_runs_hides_nothing_else_of_it(kind: str) -> None:
    run = {
        "kind": "job",
        "containers": [],
        "collect": {"conection": "data"},
        "container": {"image": "x", "comand": ["y"]},
        "environment": {"nodeSelectr": {}},
    }
    at = "spec.component.run" if kind == "Operation" else "spec.run"
    manifest = changed("spec", "component", "run", to=run) if kind == "Operation" else other("Component", run=run)
    wanted = ("containers", "collect.conection", "container.comand", "environment.nodeSelectr")
    assert sorted(problem.path for problem in check_manifest(manifest).errors) == sorted(
        f"{at}.{one}" for one in wanted
    )
    (only,) = check_manifest(other("Component", run={"kind": "job", "container": 5})).errors
    assert (only.path, only.rule) == ("spec.run.container", "wrong-type")


def test_an_operation_without_a_run_must_ask_for_no_job() -> None:
    from joinery.api.v1alpha1 import V1Component

    manifest = copy.deepcopy(OPERATION)
    del manifest["spec"]["component"]["run"]
    (problem,) = check_manifest(manifest).errors
    assert (problem.path, problem.rule) == ("spec.component.run", "nothing-to-run")
    assert "suspend: true" in str(problem)
    assert not check_manifest(manifest | {"spec": {**manifest["spec"], "suspend": False}}).is_valid
    assert check_manifest(manifest | {"spec": {**manifest["spec"], "suspend": True}}).errors == ()
    assert check_manifest(other("Component", **manifest["spec"]["component"])).errors == ()

    component = V1Component.from_dict(other("Component", **manifest["spec"].pop("component")))
    manifest["spec"]["componentRef"] = {"name": "x"}
    (problem,) = check_manifest(manifest, component=component).errors
    assert (problem.path, problem.rule) == ("spec.componentRef", "nothing-to-run")


def test_a_search_that_is_not_at_hand_is_no_mistake() -> None:
    manifest = changed("spec", "joins", 0, to={"ref": "saved", "params": {"lrs": {"value": "inputs.lr"}}})
    assert check_manifest(manifest).errors == ()
    assert check_manifest(manifest, searches={}).errors == ()
