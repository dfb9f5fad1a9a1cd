"""kubectl apply with the webhook in the way, against a real API server: what people read, and what is never blocked."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from admission_server import Admission
from reviews import COMPONENT, CONNECTION, OPERATION, SEARCH, changed
from webhook_cluster import CONFIGURATIONS, NAME

from cluster_fixtures import Admin
from operator_fixtures import Objects, until

Kubectl = Callable[..., subprocess.CompletedProcess[str]]
Registered = Callable[..., list[Admission]]


def named(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    return changed(manifest, "metadata", {"name": name})


def apply(kubectl: Kubectl, *manifests: dict[str, Any], check: bool = True) -> subprocess.CompletedProcess[str]:
    return kubectl("apply", "-f", "-", stdin="\n---\n".join(json.dumps(one) for one in manifests), check=check)


def wait_asked(kubectl: Kubectl) -> None:
    """Until the API server asks our webhook and trusts it: it learns of a configuration, and of a new authority in it,
    a moment later."""
    right = named(SEARCH, "probe")
    wrong = changed(right, "spec.query", "metric.loss: <1")

    def tried(manifest: dict[str, Any]) -> str:
        return kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest), check=False).stderr

    until(lambda: "there is no field" in tried(wrong) and tried(right) == "")


def test_kubectl_shows_every_problem_with_its_path_and_warnings_as_warnings(
    start_registered: Registered, kubectl: Kubectl, objects: Objects
) -> None:
    (server,) = start_registered()
    wait_asked(kubectl)
    done = apply(kubectl, *(named(one, "good") for one in (OPERATION, COMPONENT, SEARCH, CONNECTION)))
    assert done.stdout.count("created") == 4
    assert done.stderr == ""

    odd = named(changed(OPERATION, "spec.joins.0.waitFor", "1h"), "odd")
    done = apply(kubectl, odd)
    assert done.stderr.startswith("Warning: spec.joins[0].waitFor: ")
    assert "created" in done.stdout

    wrong = changed(odd, "spec.joins.0.query", "metric.loss: <1")
    wrong = named(changed(wrong, "spec.component.inputs.0.type", "flot"), "wrong")
    wrong["spec"]["component"]["run"]["environment"] = {"nodeSelectr": {}}
    done = apply(kubectl, wrong, check=False)
    assert done.returncode == 1
    for line in (
        "spec.joins[0].query: there is no field `metric.loss`",
        "did you mean `metrics.loss`?",
        "spec.component.inputs[0].type: ",
        "spec.component.run.environment.nodeSelectr: ",
    ):
        assert line in done.stderr, done.stderr
    assert "Traceback" not in server.text()
    assert "wrong" not in [one["metadata"]["name"] for one in objects.list("operations")]
    with pytest.raises(HTTPError, match="denied the request: ") as refused:
        objects.create("operations", wrong)
    for line in ("spec.joins[0].query: there is no field", "spec.component.inputs[0].type: "):
        assert line in str(refused.value)

    for manifest, path, value, where in (
        (COMPONENT, "spec.inputs.0.type", "flot", "spec.inputs[0].type: "),
        (SEARCH, "spec.query", "status: suceeded", "spec.query: "),
        (CONNECTION, "spec.schema.claim", "", "spec.schema.claim: "),
    ):
        done = apply(kubectl, changed(named(manifest, "good"), path, value), check=False)
        assert done.returncode == 1
        assert where in done.stderr


def test_what_is_too_large_is_refused(start_registered: Registered, kubectl: Kubectl, objects: Objects) -> None:
    start_registered()
    wait_asked(kubectl)
    large = named(changed(OPERATION, "spec.component.run.container.args", ["x" * 1_050_000]), "large")
    with pytest.raises(HTTPError, match="denied the request: the object is too large to be judged"):
        objects.create("operations", large)


def test_what_was_asked_cannot_change_once_resolved(
    start_registered: Registered, kubectl: Kubectl, objects: Objects, admin: Admin
) -> None:
    start_registered()
    wait_asked(kubectl)
    apply(kubectl, named(OPERATION, "done"))
    status = {"status": {"resolvedAt": "2026-05-01T12:00:00Z", "jobRef": {"name": "done"}}}
    path = f"{objects.path('operations', 'done')}/status"
    admin.request("PATCH", path, status, content="application/merge-patch+json")
    done = apply(kubectl, named(changed(OPERATION, "spec.joins.0.query", "metrics.loss: <0.7"), "done"), check=False)
    assert "spec.joins" in done.stderr
    assert "cannot be changed" in done.stderr
    done = kubectl("patch", "op", "done", "--type=merge", "-p", '{"spec": {"suspend": true}}')
    assert done.stderr.startswith("Warning: spec.suspend: ")
    assert kubectl("patch", "op", "done", "--type=merge", "-p", '{"spec": {"stop": true}}').stderr == ""


@pytest.fixture
def cascades(kubectl: Kubectl, objects: Objects) -> Iterator[Callable[[], None]]:
    """Deletes an operation in each way there is, and sees it go."""

    def run() -> None:
        for number, cascade in enumerate(("foreground", "orphan", "background")):
            kubectl("delete", "op", f"o{number}", f"--cascade={cascade}", "--timeout=180s", timeout=240)
        gone = {one["metadata"]["name"] for one in objects.list("operations")}
        assert not gone & {"o0", "o1", "o2"}

    yield run
    for one in objects.list("operations"):
        objects.patch("operations", one["metadata"]["name"], {"metadata": {"finalizers": []}})


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_the_webhook_is_in_the_way_of_no_metadata_no_status_and_no_deletion(
    up: bool,
    start_registered: Registered,
    kubectl: Kubectl,
    objects: Objects,
    admin: Admin,
    cascades: Callable[[], None],
) -> None:
    """Of operations that no webhook would let in, too."""
    wrong = changed(OPERATION, "spec.joins.0.query", "metric.loss: <1")
    for name in ("kept", "o0", "o1", "o2"):
        made = named(wrong, name)
        made["metadata"]["finalizers"] = ["example.dev/wait"] if name == "kept" else []
        objects.create("operations", made)
    owned = {"metadata": {"name": "owned", "ownerReferences": [owner(objects.get("operations", "o0"))]}}
    objects.create("configmaps", owned)
    (server,) = start_registered()
    wait_asked(kubectl)
    if not up:
        server.stop(signal.SIGKILL)
        done = apply(kubectl, named(OPERATION, "new"), check=False)
        assert done.returncode == 1
        assert "failed calling webhook" in done.stderr
        assert "connection refused" in done.stderr

    kubectl("label", "op", "kept", "team=vision")
    kubectl("annotate", "op", "kept", "note=x")
    path = f"{objects.path('operations', 'kept')}/status"
    admin.request("PATCH", path, {"status": {"joined": 3}}, content="application/merge-patch+json")
    objects.create("runs", {"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", "metadata": {"name": "r"}, "spec": {}})
    objects.patch("runs", "r", {"spec": {"inputs": {"lr": 1}}})
    cascades()
    kubectl("delete", "op", "kept", "--wait=false")
    assert objects.get("operations", "kept")["metadata"]["deletionTimestamp"]
    objects.patch("operations", "kept", {"metadata": {"finalizers": []}})
    assert objects.list("operations") == []
    assert [one["metadata"]["name"] for one in objects.list("runs")] == ["r"]


def owner(operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "name": operation["metadata"]["name"],
        "uid": operation["metadata"]["uid"],
    }


def test_without_a_configuration_it_waits_and_says_so(
    start_admission: Callable[..., Admission], make_identity: Callable[..., Any], namespace: str
) -> None:
    kubeconfig = make_identity(rules=[])
    flags = [f"--namespace={namespace}", f"--webhook={NAME}-nowhere"]
    server = start_admission(*flags, kubeconfig=kubeconfig, wait=False)
    server.wait_for(lambda: "forbidden" in server.get("/readyz")[1])
    assert "Traceback" not in server.text()
    assert server.stop() == 0


def test_it_runs_with_the_rights_of_the_chart_and_uses_all_of_them(
    start_registered: Registered, admin: Admin, namespace: str
) -> None:
    (server,) = start_registered()
    secret = admin.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{NAME}")
    assert set(secret["data"]) == {"tls.crt", "tls.key", "ca.crt", "ca.key", "ca-next.crt", "ca-next.key"}
    configuration = admin.request("GET", f"{CONFIGURATIONS}/{NAME}-{namespace}")
    assert configuration["webhooks"][0]["clientConfig"]["caBundle"] == secret["data"]["ca.crt"]
    assert "forbidden" not in server.text()

    # Somebody takes the bundle out: it is put back.
    configuration["webhooks"][0]["clientConfig"].pop("caBundle")
    admin.request("PUT", f"{CONFIGURATIONS}/{NAME}-{namespace}", configuration)

    def is_back() -> bool:
        found = admin.request("GET", f"{CONFIGURATIONS}/{NAME}-{namespace}")
        return bool(found["webhooks"][0]["clientConfig"].get("caBundle") == secret["data"]["ca.crt"])

    server.wait_for(is_back)
