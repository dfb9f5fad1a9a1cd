"""Operations and Jobs that go, at whatever moment, seen or not: each Run comes to its end."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cluster.server import Server

from api_proxy import ApiProxy
from cluster_fixtures import Admin, compact
from operator_fixtures import Objects, Operator, operation, run, until

Start = Callable[..., Operator]


def own_run(objects: Objects, made: Any) -> Any:
    """The Run of an operation, by its name; None while there is none."""
    name = f"{made['metadata']['name']}-{made['metadata']['uid'][:8]}"
    return next((found for found in objects.list("runs") if found["metadata"]["name"] == name), None)


def stopped(objects: Objects, made: Any) -> bool:
    """Whether its Run says that the operation was deleted."""
    status = (own_run(objects, made) or {"status": {}})["status"]
    return status.get("phase") == "Stopped" and status["conditions"][-1]["reason"] == "OperationDeleted"


def deletions_seen(running: Operator) -> int:
    """How many passes over deleted operations there were."""
    found = re.findall(
        r'^controller_runtime_reconcile_total\{controller="orphan",.*\} ([0-9.]+)$',
        running.get("/metrics")[1],
        re.MULTILINE,
    )
    return int(sum(float(count) for count in found))


def test_deleted_before_its_run_is_made(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    """The pass that makes the Run has begun when everybody hears of the deletion."""
    running = start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    making, deleted = threading.Event(), threading.Event()

    def held(method: str, path: str) -> bool:
        if method != "POST" or not path.endswith("/runs"):
            return False
        making.set()
        return not deleted.is_set()

    api_proxy.held = held
    made = objects.create("operations", operation("brief"))
    until(making.is_set, told=running.text)
    objects.delete("operations", "brief")
    until(lambda: deletions_seen(running) >= 1, told=running.text)
    deleted.set()
    until(lambda: stopped(objects, made), told=running.text)
    assert "Traceback" not in running.text()


def test_deleted_before_its_run_has_come_back(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    """The store does not have the Run yet when everybody hears of the deletion."""
    running = start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    api_proxy.watch_held = True
    made = objects.create("operations", operation("brief"))
    objects.wait("brief", "Resolved", "Unknown", reason="Resolving")
    objects.delete("operations", "brief")
    until(lambda: stopped(objects, made), told=running.text)
    api_proxy.watch_held = False


def test_many_that_are_deleted_at_once(start_operator: Start, objects: Objects) -> None:
    running = start_operator()
    made = []
    for number in range(30):
        made.append(objects.create("operations", operation(f"brief-{number}")))
        objects.delete("operations", f"brief-{number}")
    running.until_quiet()
    for one in made:
        until(lambda one=one: own_run(objects, one) is None or stopped(objects, one), told=running.text)  # type: ignore[misc]


def test_a_run_of_somebody_else_that_has_our_label_is_left_alone(start_operator: Start, objects: Objects) -> None:
    theirs = run("theirs", loss=0.1, phase="Running")
    theirs["metadata"]["labels"] = {"joinery.dev/operation": "gone", "joinery.dev/operation-uid": "u-1"}
    objects.create("runs", theirs)
    running = start_operator()
    until(lambda: deletions_seen(running) >= 1, told=running.text)
    objects.create("operations", operation("gone", suspend=True))
    made = objects.wait("gone", "Resolved", "True")
    objects.delete("operations", "gone")
    until(lambda: stopped(objects, made), told=running.text)
    running.until_quiet("writes")
    assert objects.get("runs", "theirs")["status"]["phase"] == "Running"


def test_what_no_stream_has_shown_is_found_all_the_same(
    make_server: Callable[..., Server], start_operator: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped while a Job and an operation are deleted, and the server restarted without a memory of them."""
    server = make_server(api_arguments=["--etcd-compaction-interval=0s"])
    admin = Admin(server)
    admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": "lab"}})
    admin.request("POST", "/api/v1/namespaces/lab/serviceaccounts", {"metadata": {"name": "default"}})
    objects = Objects(admin, "lab")
    monkeypatch.setenv("JOINERY_RESYNC", "3s")
    running = start_operator("--namespace", "lab", kubeconfig=server.kubeconfig(namespace="lab"))
    for name in ("loses-its-job", "goes"):
        objects.create("operations", operation(name))
        until(lambda name=name: podded(objects, name), told=running.text)  # type: ignore[misc]
    running.until_quiet("passes")
    gone = objects.get("operations", "goes")
    running.process.send_signal(signal.SIGSTOP)
    for plural, name in (("jobs", "loses-its-job"), ("operations", "goes"), ("jobs", "goes")):
        admin.request("DELETE", f"{objects.path(plural, name)}?propagationPolicy=Background")
    server.stop("kube-apiserver")
    compact(server)
    server.start_api()
    objects.until_writable()
    running.process.send_signal(signal.SIGCONT)
    objects.wait("loses-its-job", "Succeeded", "False", reason="JobDeleted")
    until(lambda: stopped(objects, gone), told=running.text)
    assert running.process.poll() is None
    running.stop(signal.SIGKILL)


def podded(objects: Objects, name: str) -> bool:
    """Give the Job of that name a pod that waits, once it is there: until then it is looked at again and again."""
    job = next((found for found in objects.list("jobs") if found["metadata"]["name"] == name), None)
    if job is None:
        return False
    template = job["spec"]["template"]
    uid = job["metadata"]["uid"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": uid, "controller": True}
    labels = {**template["metadata"]["labels"], "batch.kubernetes.io/controller-uid": uid}
    pod = {"metadata": {"name": f"{name}-0", "labels": labels, "ownerReferences": [owner]}, "spec": template["spec"]}
    objects.create("pods", pod)
    return True
