"""The Job and its pod, and what a component may not say of them. Spec 4, *The Job*."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.problems import InvalidOperation
from joinery.validation import check_manifest
from joinery.validation.pods import ENVIRONMENT
from joinery.workload import WorkloadSettings, check_workload
from workload.making import BUCKET, CLAIM, RUN_A, UID, component, connections, init, made, main, operation, pod

Job = dict[str, Any]


def test_the_job_is_the_operations() -> None:
    workload = made()
    metadata, spec = workload.job["metadata"], workload.job["spec"]
    assert (metadata["name"], metadata["namespace"]) == ("best", "ml")
    assert metadata["labels"] == {"joinery.dev/operation-uid": UID, "joinery.dev/operation": "best"}
    owner = {"apiVersion": "joinery.dev/v1alpha1", "kind": "Operation", "name": "best", "uid": UID, "controller": True}
    assert metadata["ownerReferences"] == [owner]
    assert spec["template"]["metadata"]["labels"] == metadata["labels"]
    assert spec["template"]["metadata"]["annotations"] == {"kubectl.kubernetes.io/default-container": "main"}
    assert pod(workload)["restartPolicy"] == "Never"
    assert main(workload)["terminationMessagePath"] == "/joinery/run/outputs.json"
    assert main(workload)["terminationMessagePolicy"] == "FallbackToLogsOnError"


@pytest.mark.parametrize(
    ("termination", "expected"),
    [
        (None, {"backoffLimit": 0}),
        ({"maxRetries": 3}, {"backoffLimit": 3}),
        ({"timeout": 60, "ttl": 5}, {"backoffLimit": 0, "activeDeadlineSeconds": 60}),
    ],
)
def test_termination(termination: Any, expected: dict[str, Any]) -> None:
    spec = made(of=operation(termination=termination)).job["spec"]
    del spec["template"]
    assert spec == {"parallelism": 1, "completions": 1, "podReplacementPolicy": "Failed", **expected}


@pytest.mark.parametrize("place", ["operation", "environment"])
def test_a_queue_holds_the_job_first(place: str) -> None:
    queue = {"kueue.x-k8s.io/queue-name": "gpus", "kueue.x-k8s.io/priority-class": "low", "other": "x"}
    of = operation(metadata={"labels": queue}) if place == "operation" else operation()
    workload = made(component(environment={"labels": queue} if place == "environment" else {}), of=of)
    labels = workload.job["metadata"]["labels"]
    assert workload.job["spec"]["suspend"] is True
    assert (labels["kueue.x-k8s.io/queue-name"], labels["kueue.x-k8s.io/priority-class"]) == ("gpus", "low")
    assert not [key for key in workload.job["spec"]["template"]["metadata"]["labels"] if key.startswith("kueue")]
    assert ("other" in labels) == (place == "environment")


def test_every_option_of_the_environment_reaches_the_pod() -> None:
    samples: dict[type, Any] = {dict: {"a": "b"}, list: [{"a": "b"}], str: "word", bool: True, int: 7}
    given = {key: samples[kind] for key, kind in ENVIRONMENT.items()} | {"restartPolicy": "OnFailure"}
    workload = made(component(environment=given))
    template = workload.job["spec"]["template"]
    for key, value in given.items():
        where = template["metadata"] if key in ("labels", "annotations") else template["spec"]
        expected = where[key] if isinstance(value, dict) else value
        assert where[key] == expected
        if isinstance(value, dict):
            assert value.items() <= where[key].items()


def test_names_of_pull_secrets_may_be_bare() -> None:
    workload = made(component(environment={"imagePullSecrets": ["one", {"name": "two"}]}))
    assert pod(workload)["imagePullSecrets"] == [{"name": "one"}, {"name": "two"}]


def test_the_parts_of_a_pod_keep_their_order() -> None:
    what = component(
        {"name": "files", "type": "artifacts", "toInit": True},
        container={"name": "trainer", "volumeMounts": [{"name": "work", "mountPath": "/work"}]},
        init=[{"name": "one", "image": "a"}, {"container": {"name": "two", "image": "b"}}],
        sidecars=[{"name": "beside", "image": "c"}],
        volumes=[{"name": "work", "emptyDir": {}}],
    )
    params = {
        "files": {"value": {"files": [f"{RUN_A}/x"], "dirs": []}, "type": "artifacts", "toInit": True},
        "big": "x" * 1_000_000,
    }
    workload = made(what, params=params, connections=connections(data={**CLAIM, "default": True}))
    assert list(init(workload)) == ["init-params", "init-artifacts-data", "init-outputs", "one", "two", "beside"]
    assert workload.main_container == main(workload)["name"] == "trainer"
    annotations = workload.job["spec"]["template"]["metadata"]["annotations"]
    assert annotations["kubectl.kubernetes.io/default-container"] == "trainer"
    assert pod(workload)["volumes"][0] == {"name": "work", "emptyDir": {}}
    assert main(workload)["volumeMounts"][0] == {"name": "work", "mountPath": "/work"}


OURS = {
    "runAsUser": 65532,
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def everything_of_ours() -> list[dict[str, Any]]:
    params = {
        "files": {"value": {"files": [f"{RUN_A}/x"], "dirs": []}, "type": "artifacts", "toInit": True},
        "big": "x" * 1_000_000,
    }
    what = component({"name": "files", "type": "artifacts", "toInit": True})
    on_claim = made(what, params=params, connections=connections(data={**CLAIM, "default": True}))
    in_store = made(what, params=params, connections=connections(s3={**BUCKET, "default": True}))
    return [*init(on_claim).values(), *init(in_store).values()]


def test_our_containers_are_restricted_and_bounded() -> None:
    ours = everything_of_ours()
    assert {one["name"] for one in ours} == {
        *("init-params", "init-outputs", "collect", "init-artifacts-data", "init-artifacts-s3")
    }
    for one in ours:
        assert one["securityContext"] == OURS
        assert one["image"] == "joinery:test"
        assert one["resources"].keys() == {"requests", "limits"}
        assert {"name": "joinery-tmp", "mountPath": "/tmp"} in one["volumeMounts"]


RESTRICTED = WorkloadSettings(security_defaults="restricted")
FILLED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.mark.parametrize(
    ("own", "of_pod", "expected"),
    [
        (None, None, FILLED),
        ({"runAsUser": 5}, None, {**FILLED, "runAsUser": 5}),
        ({"runAsUser": 0}, None, {key: FILLED[key] for key in FILLED if key != "runAsNonRoot"} | {"runAsUser": 0}),
        ({"capabilities": {"add": ["X"]}}, None, {**FILLED, "capabilities": {"add": ["X"], "drop": ["ALL"]}}),
        ({"allowPrivilegeEscalation": True}, None, {**FILLED, "allowPrivilegeEscalation": True}),
        (
            None,
            {"runAsNonRoot": False, "seccompProfile": {"type": "Localhost"}},
            {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        ),
    ],
)
def test_security_defaults_fill_what_is_absent(own: Any, of_pod: Any, expected: dict[str, Any]) -> None:
    what = component(
        container={"securityContext": own} if own else {}, environment={"securityContext": of_pod} if of_pod else {}
    )
    assert main(made(what, settings=RESTRICTED))["securityContext"] == expected
    untouched = main(made(what))
    assert untouched.get("securityContext") == own


AT = "spec.component.run"
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"environment": {"nodeSelectr": {}}}, f"{AT}.environment.nodeSelectr", "did you mean `nodeSelector`?"),
    ({"environment": {"node_selector": {}}}, f"{AT}.environment.node_selector", "`nodeSelector`"),
    ({"environment": {"activeDeadlineSeconds": 5}}, f"{AT}.environment.activeDeadlineSeconds", "termination.timeout"),
    ({"environment": {"labels": ["x"]}}, f"{AT}.environment.labels", "must be a mapping"),
    ({"environment": {"hostNetwork": "yes"}}, f"{AT}.environment.hostNetwork", "must be true or false"),
    ({"environment": {"priority": True}}, f"{AT}.environment.priority", "must be a number"),
    ({"environment": {"restartPolicy": "Always"}}, f"{AT}.environment.restartPolicy", "`Never` or `OnFailure`"),
    ({"environment": {"labels": {"joinery.dev/x": "y"}}}, f"{AT}.environment.labels.joinery.dev/x", "kept for Joinery"),
    ({"container": {"terminationMessagePath": "/x"}}, f"{AT}.container.terminationMessagePath", "$JOINERY_OUTPUTS"),
    ({"container": {"terminationMessagePolicy": "File"}}, f"{AT}.container.terminationMessagePolicy", "cannot be set"),
    ({"container": {"comand": ["x"]}}, f"{AT}.container.comand", "did you mean `command`?"),
    ({"container": {"image": None}}, f"{AT}.container.image", "is required"),
    ({"container": {"args": 5}}, f"{AT}.container.args", "must be a list"),
    ({"container": {"name": "collect"}}, f"{AT}.container.name", "Joinery's own"),
    ({"container": {"restartPolicy": "Always"}}, f"{AT}.container.restartPolicy", "`environment`"),
    ({"container": {"env": [{"name": "JOINERY_PARAMS", "value": "x"}]}}, f"{AT}.container.env[0].name", "is set by"),
    ({"container": {"env": [{"value": "x"}]}}, f"{AT}.container.env[0].name", "is required"),
    (
        {"container": {"volumeMounts": [{"name": "x", "mountPath": "//joinery/run"}]}},
        f"{AT}.container.volumeMounts[0].mountPath",
        "kept for Joinery",
    ),
    (
        {"container": {"volumeMounts": [{"name": "joinery-secret-s3", "mountPath": "/mine"}]}},
        f"{AT}.container.volumeMounts[0].name",
        "that of a Connection",
    ),
    (
        {"sidecars": [{"name": "a", "image": "b", "volumeMounts": [{"name": "joinery-store-d", "mountPath": "/m"}]}]},
        f"{AT}.sidecars[0].volumeMounts[0].name",
        "`run.connections`",
    ),
    ({"init": [{"git": {"url": "x"}}]}, f"{AT}.init[0].git", "`git` of `init` has no meaning here"),
    ({"init": [{"artifacts": {}, "connection": "s3"}]}, f"{AT}.init[0].connection", "`run.connections`"),
    ({"init": [{"container": {"name": "a", "image": "b"}, "path": "x"}]}, f"{AT}.init[0].path", "has no meaning"),
    ({"init": [{"container": {"name": "a", "image": "b"}, "mine": 1}]}, f"{AT}.init[0].mine", "beside `container`"),
    ({"init": [{"image": "b"}]}, f"{AT}.init[0].name", "is required"),
    ({"init": [{"name": "main", "image": "b"}]}, f"{AT}.init[0].name", "is taken"),
    ({"init": [{"name": "init-artifacts-x", "image": "b"}]}, f"{AT}.init[0].name", "Joinery's own"),
    (
        {"sidecars": [{"name": "a", "image": "b", "restartPolicy": "Never"}]},
        f"{AT}.sidecars[0].restartPolicy",
        "Always",
    ),
    ({"volumes": [{"name": "joinery-x"}]}, f"{AT}.volumes[0].name", "kept for Joinery"),
    ({"volumes": [{"emptyDir": {}}]}, f"{AT}.volumes[0].name", "is required"),
    ({"kind": "tfjob"}, f"{AT}.kind", "what runs is one Job"),
]


@pytest.mark.parametrize(("run", "path", "said"), REFUSED)
def test_what_is_refused_by_name_before_anything_runs(run: dict[str, Any], path: str, said: str) -> None:
    base = component(**run) if "container" in run or "kind" not in run else component()
    base["run"] |= {"kind": run["kind"]} if "kind" in run else {}
    manifest = operation(component=base)
    problems = {problem.path: str(problem) for problem in check_workload(manifest)}
    assert said in problems.get(path, f"not at {path}: {problems}")
    assert {problem.path for problem in check_manifest(manifest).errors} == problems.keys()
    with pytest.raises(InvalidOperation):
        made(base)


@pytest.mark.parametrize("key", ["matrix", "schedule", "hubRef"])
def test_what_of_polyaxon_has_no_meaning_is_refused_by_name(key: str) -> None:
    said = [str(problem) for problem in check_workload(operation(component={**component(), key: {"x": 1}}))]
    assert any(f"`{key}` has no meaning here" in text for text in said)


def test_what_of_polyaxon_is_accepted() -> None:
    extra = {"version": 1.1, "kind": "component", "name": "x", "description": "y", "tags": ["z"]}
    findings = check_manifest(
        operation(component={**component(), **extra, "plugins": {}, "cache": {}, "presets": ["p"]})
    )
    assert findings.errors == ()
    assert sorted(warning.path for warning in findings.warnings) == [
        f"spec.component.{key}" for key in ("cache", "plugins", "presets")
    ]


def test_a_template_may_stand_where_another_kind_is_asked_for() -> None:
    run = {"environment": {"tolerations": "{{ t }}", "hostNetwork": "{{ h }}"}, "container": {"env": "{{ e }}"}}
    manifest = operation(component=component(**run), params={name: {"value": 1, "contextOnly": True} for name in "the"})
    assert check_workload(manifest) == []
    params = {"t": [{"key": "x"}], "h": True, "e": [{"name": "A", "value": "b"}]}
    workload = made(component(**run), params=params)
    assert pod(workload)["hostNetwork"] is True
    assert {"name": "A", "value": "b"} in main(workload)["env"]


def test_a_component_that_runs_nothing_cannot_be_launched() -> None:
    with pytest.raises(InvalidOperation, match="nothing to run"):
        made({"inputs": []})


def test_names_that_are_always_there_need_no_params() -> None:
    container = {"args": ["{{ globals.name }}", "{{ connections.store.bucket }}", "{{ nope }}"]}
    [problem] = check_workload(operation(component=component(container=container, connections=["store"])))
    assert "`nope` is not defined" in problem.message
