"""The Lease taken away, and the place in the watch lost: it ends with an error, or loads anew; never goes on stale."""

from __future__ import annotations

import signal
import urllib.error
from collections.abc import Callable
from typing import Any

from cluster.server import Server

from cluster_fixtures import Admin, compact
from operator_fixtures import PATIENCE, Objects, Operator, operation, run, until

Start = Callable[..., Operator]


def test_a_leader_whose_lease_is_taken_ends_with_an_error(
    start_operator: Start, objects: Objects, admin: Admin, namespace: str
) -> None:
    running = start_operator("--namespace", namespace, "--leader-elect", "--lease-namespace", namespace)
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/joinery-operator"
    lease = _held(admin, path)
    taken = {"spec": {"holderIdentity": "somebody-else", "renewTime": lease["spec"]["renewTime"]}}
    admin.request("PATCH", path, taken, content="application/merge-patch+json")
    # It tries to renew every few seconds; then there is nothing to finish.
    assert running.process.wait(PATIENCE) == 1
    assert "leadership lost" in running.text()
    assert "Traceback" not in running.text()
    # And it has not given back what it did not hold.
    assert admin.request("GET", path)["spec"]["holderIdentity"] == "somebody-else"


def test_a_place_that_is_too_old_means_loading_anew(make_server: Callable[..., Server], start_operator: Start) -> None:
    """Stopped while Runs come and go, and the server restarted without a memory of them: 410, and nothing is stale."""
    server = make_server(api_arguments=["--etcd-compaction-interval=0s"])
    admin = Admin(server)
    admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": "lab"}})
    objects = Objects(admin, "lab")
    objects.create("runs", run("stays", loss=0.3))
    objects.create("runs", run("goes", loss=0.2))
    running = start_operator("--namespace", "lab", kubeconfig=server.kubeconfig(namespace="lab"))
    objects.create("operations", operation("one"))
    assert _joined(objects.wait("one", "Resolved", "True")) == ["goes", "stays"]
    running.process.send_signal(signal.SIGSTOP)
    objects.delete("runs", "goes")
    objects.create("runs", run("comes", loss=0.1))
    server.stop("kube-apiserver")
    compact(server)
    server.start_api()
    objects.until_writable()
    running.process.send_signal(signal.SIGCONT)
    until(lambda: "loading anew" in running.text() and running.get("/readyz")[0] == 200, told=running.text)
    objects.create("operations", operation("two"))
    assert _joined(objects.wait("two", "Resolved", "True")) == ["comes", "stays"]
    assert running.process.poll() is None
    running.stop(signal.SIGKILL)


def _held(admin: Admin, path: str) -> Any:
    """The Lease, once it has a holder: one that stands by is ready, too."""

    def holder() -> str:
        try:
            return str(admin.request("GET", path)["spec"].get("holderIdentity") or "")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return ""

    until(holder)
    return admin.request("GET", path)


def _joined(operation: Any) -> list[str]:
    return [found["name"] for found in operation["status"]["joins"][0]["runs"]]
