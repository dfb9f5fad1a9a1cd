"""What is built is what Kubernetes takes: server-side dry runs, and Pod Security as the API server enforces it."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from typing import Any

import pytest

from cluster_fixtures import Admin
from joinery.workload import Workload, WorkloadSettings
from workload.making import BUCKET, CLAIM, RUN_A, component, connections, made, operation

FILES = {"name": "files", "type": "artifacts", "toInit": True}
PARAMS: dict[str, Any] = {
    "files": {"value": {"files": [f"{RUN_A}/x"], "dirs": []}, "type": "artifacts", "toInit": True},
    "lr": {"value": 0.1, "toEnv": "LR"},
    "odd": "$(X) {{ y }} ü",
}
SURROUNDED: dict[str, Any] = {
    "container": {
        "name": "trainer",
        "command": ["sh", "-c"],
        "args": ["echo {{ odd | quote }}"],
        "resources": {"requests": {"cpu": "{{ lr }}"}},
        "volumeMounts": [{"name": "work", "mountPath": "/work"}],
    },
    "init": [{"container": {"name": "first", "image": "busybox"}}],
    "sidecars": [{"name": "beside", "image": "busybox"}],
    "volumes": [{"name": "work", "emptyDir": {"sizeLimit": "1Gi"}}],
    "connections": ["s3", "data"],
    "environment": {
        "labels": {"team": "vision"},
        "annotations": {"note": "{{ odd }}"},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "imagePullSecrets": ["registry"],
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
        ],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 5,
    },
}
BIG = {**PARAMS, "big": "x" * 1_000_000}
ON_CLAIM = connections(data={**CLAIM, "default": True}, s3=BUCKET)
IN_STORE = connections(data=CLAIM, s3={**BUCKET, "default": True})

Build = Callable[..., Workload]
WORKLOADS: dict[str, Callable[[str, WorkloadSettings], Workload]] = {
    "bare": lambda ns, s: made(of=operation(namespace=ns), settings=s),
    "on a claim": lambda ns, s: made(
        component(FILES), params=PARAMS, connections=ON_CLAIM, of=operation(namespace=ns), settings=s
    ),
    "in a store, large params": lambda ns, s: made(
        component(FILES), params=BIG, connections=IN_STORE, of=operation(namespace=ns), settings=s
    ),
    "surrounded": lambda ns, s: made(
        component(FILES, **SURROUNDED),
        params=PARAMS,
        connections=IN_STORE,
        of=operation(namespace=ns, termination={"maxRetries": 2, "timeout": 60}),
        settings=s,
    ),
    "queued": lambda ns, s: made(
        of=operation(namespace=ns, metadata={"labels": {"kueue.x-k8s.io/queue-name": "q"}}), settings=s
    ),
    "longest name": lambda ns, s: made(
        component(FILES), params=BIG, connections=ON_CLAIM, of=operation("a" * 52, namespace=ns), settings=s
    ),
}
PLAIN = WorkloadSettings(image="joinery:test")
RESTRICTED = WorkloadSettings(image="joinery:test", security_defaults="restricted")


def create(admin: Admin, namespace: str, manifest: dict[str, Any], *, strict: bool = True) -> Any:
    group = "/apis/batch/v1" if manifest["kind"] == "Job" else "/api/v1"
    plural = {"Job": "jobs", "ConfigMap": "configmaps", "Pod": "pods"}[manifest["kind"]]
    query = f"dryRun=All{'&fieldValidation=Strict' if strict else ''}"
    return admin.request("POST", f"{group}/namespaces/{namespace}/{plural}?{query}", manifest)


@pytest.mark.parametrize("which", WORKLOADS)
def test_the_api_server_takes_every_object_and_knows_every_field(admin: Admin, namespace: str, which: str) -> None:
    workload = WORKLOADS[which](namespace, PLAIN)
    for config_map in workload.config_maps:
        assert create(admin, namespace, config_map)["immutable"] is True
    stored = create(admin, namespace, workload.job)
    written = workload.job["spec"]["template"]["spec"].get("initContainers", [])
    kept = stored["spec"]["template"]["spec"].get("initContainers", [])
    assert [one["name"] for one in kept] == [one["name"] for one in written]
    assert stored["metadata"]["ownerReferences"] == workload.job["metadata"]["ownerReferences"]
    assert stored["spec"].get("suspend", False) is (which == "queued")


def pod_of(workload: Workload) -> dict[str, Any]:
    template = workload.job["spec"]["template"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "one"},
        "spec": {**template["spec"], "automountServiceAccountToken": False},
    }


@pytest.fixture
def restricted(admin: Admin, namespace: str) -> str:
    """The test's namespace, enforcing the restricted standard."""
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    admin.request("PATCH", f"/api/v1/namespaces/{namespace}", labels, content="application/merge-patch+json")
    try:
        admin.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "default"}})
    except urllib.error.HTTPError as error:
        if error.code != 409:  # where controllers are at work, for other tests, they make it
            raise
    return namespace


@pytest.mark.parametrize("which", WORKLOADS)
def test_restricted_pod_security_takes_our_pods_with_its_defaults(admin: Admin, restricted: str, which: str) -> None:
    stored = create(admin, restricted, pod_of(WORKLOADS[which](restricted, RESTRICTED)))
    assert stored["metadata"]["name"] == "one"


@pytest.mark.parametrize("which", ["on a claim", "in a store, large params"])
def test_without_them_only_the_users_container_breaks_it(admin: Admin, restricted: str, which: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        create(admin, restricted, pod_of(WORKLOADS[which](restricted, PLAIN)))
    said = str(refused.value)
    assert "violates PodSecurity" in said
    assert 'container "main" must' in said or 'container \\"main\\" must' in said
    for ours in ("init-params", "init-artifacts", "init-outputs", "collect"):
        assert ours not in said
