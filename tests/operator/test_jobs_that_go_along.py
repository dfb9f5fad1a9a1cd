"""An operation that goes with its Job: its Run was stopped, whatever the Job said last."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cluster.server import Server
from test_deletions import own_run, stopped

from api_proxy import ApiProxy
from cluster_fixtures import Admin
from operator_fixtures import Objects, Operator, operation, until

Start = Callable[..., Operator]


@pytest.fixture(scope="module")
def api_server(make_server: Callable[..., Server]) -> Server:
    """A server of its own: no controller touches its Jobs."""
    return make_server()


@pytest.fixture(scope="module")
def admin(api_server: Server) -> Admin:
    return Admin(api_server)


def test_deleted_with_its_job_while_a_pass_asks_for_the_job(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    """Deleting in the foreground takes milliseconds: the pass still has the operation as it was."""
    running = start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    made = objects.create("operations", operation("brief"))
    objects.wait("brief", "Launched", "True")
    asking, deleted = threading.Event(), threading.Event()

    def held(method: str, path: str) -> bool:
        if method != "GET" or not path.endswith("/jobs/brief"):
            return False
        asking.set()
        return not deleted.is_set()

    api_proxy.held = held
    objects.patch("operations", "brief", {"metadata": {"annotations": {"tests.joinery.dev/look": "again"}}})
    until(asking.is_set, told=running.text)
    for plural in ("operations", "jobs"):
        objects.admin.request("DELETE", f"{objects.path(plural, 'brief')}?propagationPolicy=Background")
    deleted.set()
    until(lambda: stopped(objects, made), told=running.text)
    running.until_quiet("writes")
    assert stopped(objects, made), own_run(objects, made)["status"]


def test_a_job_that_fails_on_its_way_out_was_stopped(start_operator: Start, objects: Objects) -> None:
    """The Job controller counts the pods that go with it as failed, while it is still there."""
    running = start_operator()
    made = objects.create("operations", operation("brief"))
    objects.wait("brief", "Launched", "True")
    objects.patch("jobs", "brief", {"metadata": {"finalizers": ["tests.joinery.dev/hold"]}})
    for plural in ("operations", "jobs"):
        objects.admin.request("DELETE", f"{objects.path(plural, 'brief')}?propagationPolicy=Background")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    failed = [
        {"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": now}
        for kind in ("FailureTarget", "Failed")
    ]
    status = {"status": {"startTime": now, "failed": 1, "conditions": failed}}
    path = f"{objects.path('jobs', 'brief')}/status"
    objects.admin.request("PATCH", path, status, content="application/merge-patch+json")
    until(lambda: stopped(objects, made), told=running.text)
    objects.patch("jobs", "brief", {"metadata": {"finalizers": None}})
