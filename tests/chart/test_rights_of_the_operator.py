"""The operator as the chart's service account: what it asks for is granted, and what is granted it asks for.

The API server's audit log says both.
"""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from chart_tools import INSTALLED, RELEASE_NAMESPACE, TENANT, account_kubeconfig, of_kind
from cluster.process import free_port

from cluster_fixtures import Admin
from operator_fixtures import Objects, Operator, operation, run, until

Right: TypeAlias = tuple[str, str, str]  # group, resource or resource/subresource, verb

ACCOUNT = f"system:serviceaccount:{RELEASE_NAMESPACE}:joinery-operator"


@pytest.fixture
def start(installed: Admin, render: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[..., Operator]]:
    """Starts `joinery operator` with the arguments of the chart's Deployment, as its service account."""
    started: list[Operator] = []

    def make(values: dict[str, Any] = INSTALLED, *, name: str = "joinery-operator") -> Operator:
        [deployment] = of_kind(render(values), "Deployment", name)
        program, *given = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        assert program == "operator"
        arguments = [argument for argument in given if not argument.startswith("--listen")]
        kubeconfig = account_kubeconfig(installed, name, folder=tmp_path)
        log = tmp_path / f"operator-{len(started)}.log"
        started.append(Operator(*arguments, kubeconfig=kubeconfig, log=log, port=free_port()))
        started[-1].wait_ready()
        return started[-1]

    yield make
    for operator in started:
        operator.stop(9)


def granted(manifests: list[dict[str, Any]]) -> set[Right]:
    """All rights of the operator's roles."""
    roles = [
        role
        for kind in ("Role", "ClusterRole")
        for role in of_kind(manifests, kind)
        if role["metadata"]["name"].startswith("joinery-operator")
    ]
    return {
        (group, resource, verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def asked(log: Path, user: str) -> tuple[set[Right], list[str]]:
    """The rights that ``user`` used, and its requests that were refused for want of one."""
    used: set[Right] = set()
    forbidden = []
    for line in log.read_text().splitlines():
        event = json.loads(line)
        thing = event.get("objectRef") or {}
        if event["user"]["username"] != user:
            continue
        if event.get("annotations", {}).get("authorization.k8s.io/decision") == "forbid":
            forbidden.append(f"{event['verb']} {event['requestURI']}")
        elif "resource" in thing:
            resource = thing["resource"] + (f"/{thing['subresource']}" if thing.get("subresource") else "")
            used.add((thing.get("apiGroup", ""), resource, event["verb"]))
    return used, forbidden


def test_its_rights_are_exactly_those_it_uses(
    start: Callable[[], Operator], installed: Admin, namespace: str, render: Callable[..., Any]
) -> None:
    objects = Objects(installed, namespace)
    operator = start()
    resolve_small(objects)
    resolve_large_after_a_kill(objects)
    say_the_same_twice(objects)
    end_a_job(objects)
    stop_a_job(objects)
    assert operator.stop() == 0, operator.text()
    reread(objects, start())

    used, forbidden = asked(installed.server.folder / "audit.log", ACCOUNT)
    assert not forbidden
    rights = granted(render(INSTALLED))
    assert rights - used == set(), "granted, and never used"
    assert used <= rights | {("authorization.k8s.io", "selfsubjectaccessreviews", "create")}


def resolve_small(objects: Objects) -> None:
    """An operation with a Component, and a Search."""
    objects.create("runs", run("good", loss=0.1))
    search = {"kind": "Search", "metadata": {"name": "best"}, "spec": {"query": "metrics.loss: <1"}}
    objects.create("searches", {"apiVersion": "joinery.dev/v1alpha1", **search})
    small = operation("small")
    component = {"kind": "Component", "metadata": {"name": "shared"}, "spec": small["spec"].pop("component")}
    objects.create("components", {"apiVersion": "joinery.dev/v1alpha1", **component})
    small["spec"] |= {"componentRef": {"name": "shared"}}
    small["spec"]["joins"] = [{"ref": "best", "params": {"losses": {"value": "metrics.loss"}}}]
    objects.create("operations", small)
    objects.wait("small", "Resolved", "True")
    until(lambda: objects.get("searches", "best").get("status", {}).get("matched") == 1)


def resolve_large_after_a_kill(objects: Objects) -> None:
    """Results too large for a status; a ConfigMap of an attempt that was killed is in the way."""
    join = {"query": "tags: large", "minRuns": 8, "waitFor": "10m", "params": {"losses": {"value": "inputs.noise"}}}
    large = operation("large", join, suspend=True)
    large["spec"]["component"]["inputs"][0]["type"] = "str"
    made = objects.create("operations", large)
    objects.wait("large", "Resolved", "Unknown", reason="WaitingForRuns")
    uid = made["metadata"]["uid"]
    owner = {"apiVersion": made["apiVersion"], "kind": "Operation", "name": "large", "uid": uid, "controller": True}
    left = f"large-{uid[:8]}-00000000-0"
    metadata = {"name": left, "labels": {"joinery.dev/operation-uid": uid}, "ownerReferences": [owner]}
    objects.create("configmaps", {"metadata": metadata, "immutable": True, "data": {"x": "left over"}})
    for index in range(8):
        noise = "".join(f"{number * 7919 % 10_007:05d}" for number in range(index, index + 12_000))
        objects.create("runs", run(f"large-{index}", tags=["large"], inputs={"noise": noise}))
    objects.wait("large", "Resolved", "True")
    names = objects.get("operations", "large")["status"]["configMaps"]
    assert names
    assert left not in [found["metadata"]["name"] for found in objects.list("configmaps")]


def say_the_same_twice(objects: Objects) -> None:
    """Wrong, mended, and wrong again in the same way: one Event, counted."""
    wrong = operation("wrong", {"query": "metrix.loss: <1", "params": {"losses": {"value": "metrics.loss"}}})
    waiting = {"query": "tags: none", "minRuns": 1, "waitFor": "10m", "params": {"losses": {"value": "metrics.loss"}}}
    objects.create("operations", wrong)
    objects.wait("wrong", "Accepted", "False")
    objects.patch("operations", "wrong", {"spec": {"joins": [waiting]}})
    objects.wait("wrong", "Resolved", "Unknown", reason="WaitingForRuns")
    objects.patch("operations", "wrong", {"spec": {"joins": wrong["spec"]["joins"]}})
    objects.wait("wrong", "Accepted", "False")
    # The count is written within ten seconds; what a stop cuts off is lost.
    until(lambda: ("events.k8s.io", "events", "patch") in asked(objects.admin.server.folder / "audit.log", ACCOUNT)[0])


def end_a_job(objects: Objects) -> None:
    """A Job that is complete gets the time to live that the operation asks for."""
    objects.create("operations", operation("ending", termination={"ttl": 3600}))
    objects.wait("ending", "Launched", "True")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    types = ("SuccessCriteriaMet", "Complete")
    ended = [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in types]
    path = f"/apis/batch/v1/namespaces/{objects.namespace}/jobs/ending"
    status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": ended}
    patch_as = {"content": "application/merge-patch+json"}
    objects.admin.request("PATCH", f"{path}/status", {"status": status}, **patch_as)
    until(lambda: objects.admin.request("GET", path)["spec"].get("ttlSecondsAfterFinished") == 3600)


def stop_a_job(objects: Objects) -> None:
    objects.create("operations", operation("stopping"))
    objects.wait("stopping", "Launched", "True")
    objects.patch("operations", "stopping", {"spec": {"stop": True}})
    objects.wait("stopping", "Succeeded", "False", reason="Stopped")


def reread(objects: Objects, operator: Operator) -> None:
    """After a restart the large snapshot is read back from its ConfigMaps, and launched."""
    objects.patch("operations", "large", {"spec": {"suspend": False}})
    objects.wait("large", "Launched", "True")
    assert operator.stop() == 0, operator.text()


def test_for_one_namespace_it_takes_no_right_of_the_cluster(
    start: Callable[..., Operator], installed: Admin, namespace: str, render: Callable[..., Any]
) -> None:
    values = {**INSTALLED, "namespaces": [namespace], "fullnameOverride": TENANT}
    name, rbac = f"{TENANT}-operator", "/apis/rbac.authorization.k8s.io/v1/namespaces"
    for manifest in render(values):
        kind, metadata = manifest["kind"], manifest["metadata"]
        assert not (kind.startswith("ClusterRole") and metadata["name"] == name)
        if kind == "ServiceAccount":
            installed.request("POST", f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts", manifest)
        elif kind in {"Role", "RoleBinding"}:
            installed.request("POST", f"{rbac}/{metadata['namespace']}/{kind.lower()}s", manifest)
    operator = start(values, name=name)
    resolve_small(Objects(installed, namespace))
    assert operator.stop() == 0, operator.text()
    used, forbidden = asked(installed.server.folder / "audit.log", f"system:serviceaccount:{RELEASE_NAMESPACE}:{name}")
    assert not forbidden
    assert ("joinery.dev", "operations/status", "update") in used


def test_a_right_that_lacks_would_be_seen(installed: Admin, namespace: str) -> None:
    """The log is read rightly: a refused request is found in it."""
    nobody, path = Admin(installed.server, user="dave"), f"/api/v1/namespaces/{namespace}/secrets"
    with pytest.raises(urllib.error.HTTPError):
        nobody.request("GET", path)
    until(lambda: asked(installed.server.folder / "audit.log", "dave") == (set(), [f"list {path}"]))
