"""Killed before and after each write that follows the end of an operation, whatever its end: after a restart all of it
is done, and nothing twice."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from cluster.server import Server
from test_faults import fill, kill_at, large

from api_proxy import ApiProxy
from cluster_fixtures import Admin
from operator_fixtures import PATIENCE, Objects, Operator, conditions, operation, until

Start = Callable[..., Operator]
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def api_server(make_server: Callable[..., Server]) -> Server:
    """A server of its own: nobody plays with its Jobs but these tests."""
    return make_server()


@pytest.fixture(scope="module")
def admin(api_server: Server) -> Admin:
    return Admin(api_server)


def launched(objects: Objects, name: str) -> None:
    manifest = large(name)
    manifest["spec"]["termination"] = {"ttl": 3600}
    objects.create("operations", manifest)
    objects.wait(name, "Launched", "True")


def not_yet(_objects: Objects, _name: str) -> None:
    """It ends as soon as it is there."""


def complete(objects: Objects, name: str) -> None:
    """What the Job controller says of a Job that is done."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ended = [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in ("SuccessCriteriaMet", "Complete")]
    status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": ended}
    objects.admin.request("PATCH", f"{objects.path('jobs', name)}/status", {"status": status}, content=MERGE)


def stop(objects: Objects, name: str) -> None:
    objects.patch("operations", name, {"spec": {"stop": True}})


def remove(objects: Objects, name: str) -> None:
    for plural in ("operations", "jobs"):
        objects.admin.request("DELETE", f"{objects.path(plural, name)}?propagationPolicy=Background")


def want_too_much(objects: Objects, name: str) -> None:
    join = {"query": "tags: none", "minRuns": 3, "params": {"losses": {"value": "metrics.loss"}}}
    objects.create("operations", operation(name, join))


def kept(objects: Objects, name: str) -> list[Any]:
    """The ConfigMaps of the operation."""
    return [
        found
        for found in objects.list("configmaps")
        if found["metadata"].get("labels", {}).get("joinery.dev/operation") == name
    ]


def is_complete(objects: Objects, name: str) -> bool:
    found = conditions(objects.get("operations", name))
    job = objects.get("jobs", name)
    ttl = job["spec"].get("ttlSecondsAfterFinished")
    return bool(found["Succeeded"]["status"] == "True" and ttl == 3600 and not kept(objects, name))


def is_stopped(objects: Objects, name: str) -> bool:
    found = conditions(objects.get("operations", name))["Succeeded"]
    job = objects.get("jobs", name)  # nobody collects garbage here: it stays, on its way out
    return bool(found["reason"] == "Stopped" and job["metadata"].get("deletionTimestamp") and not kept(objects, name))


def is_gone(objects: Objects, name: str) -> bool:
    return name not in {found["metadata"]["name"] for found in objects.list("operations")}


def has_failed(objects: Objects, name: str) -> bool:
    return bool(conditions(objects.get("operations", name)).get("Resolved", {}).get("reason") == "TooFewRuns")


Step = Callable[[Objects, str], Any]
# What comes before, what brings the end, when it is whole, and how the Run ends.
ENDS: dict[str, tuple[Step, Step, Step, str]] = {
    "complete": (launched, complete, is_complete, "Succeeded"),
    "stopped": (launched, stop, is_stopped, "Stopped"),
    "deleted": (launched, remove, is_gone, "Stopped"),
    "failed": (not_yet, want_too_much, has_failed, "Failed"),
}


@pytest.mark.parametrize("end", ENDS)
def test_killed_at_each_write_of_its_end(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy, end: str
) -> None:
    before, bring, is_whole, phase = ENDS[end]
    fill(objects)
    # Results go as soon as an operation has ended: those are writes, too.
    arguments = ("--namespace", namespace, "--keep-results", "1s")
    running = start_operator(*arguments, kubeconfig=api_proxy.path)

    def check(name: str) -> None:
        until(partial(is_whole, objects, name), told=running.text)
        until(lambda: record(objects, name)["status"]["phase"] == phase, told=running.text)
        reached = [item["type"] for item in record(objects, name)["status"]["conditions"]]
        assert reached.count(phase) == 1, reached

    def has_ended(running: Operator, name: str) -> bool:
        """The operator, or what it had to do."""
        if running.process.poll() is not None:
            return True
        return bool(is_whole(objects, name)) and record(objects, name)["status"]["phase"] == phase

    before(objects, "undisturbed")
    running.until_quiet("writes")
    start = len(api_proxy.writes)
    bring(objects, "undisturbed")
    check("undisturbed")
    running.until_quiet("writes")
    count = len(api_proxy.writes) - start
    assert count >= 1
    killed = 0
    # What is there after one write is what is there before the next.
    for number, after in [(0, False), *((number, True) for number in range(count))]:
        name = f"{end}-{number}-{'after' if after else 'before'}"
        before(objects, name)
        running.until_quiet("writes")
        kill_at(api_proxy, running, len(api_proxy.writes) + number, after=after)
        bring(objects, name)
        until(partial(has_ended, running, name), told=running.text)
        # What two watches show apart is two writes, and one where it is seen at once: then there was one less.
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(PATIENCE / 20)  # a last write may come after all that can be seen
        api_proxy.before = api_proxy.after = lambda number, line: None
        if running.process.poll() is not None:
            assert running.process.wait() == -signal.SIGKILL, api_proxy.writes[-count:]
            killed += 1
            running = start_operator(*arguments, kubeconfig=api_proxy.path)
        check(name)
    assert killed >= 2, "before and after one write at least"


def record(objects: Objects, name: str) -> Any:
    """The one Run of the operation."""
    [found] = [
        found
        for found in objects.list("runs")
        if found["metadata"].get("labels", {}).get("joinery.dev/operation") == name
    ]
    return found
