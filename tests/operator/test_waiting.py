"""`minRuns`, `waitFor`, missing objects, other operations: woken by what arrives, not by looking again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from operator_fixtures import Objects, Operator, conditions, operation, run, until

Start = Callable[..., Operator]


def patient(name: str, *, at_least: int = 2, wait_for: str = "10m") -> dict[str, Any]:
    return operation(
        name,
        {
            "query": "metrics.loss: <0.5", "sort": "metrics.loss", "minRuns": at_least, "waitFor": wait_for,
            "params": {"losses": {"value": "metrics.loss"}},
        },
    )  # fmt: skip


@pytest.mark.spec("1:42", "1:43", "4:9")
def test_an_operation_waits_for_runs_and_is_woken_by_them(start_operator: Start, objects: Objects) -> None:
    start_operator()
    objects.create("operations", patient("select"))
    waiting = objects.wait("select", "Resolved", "Unknown", reason="WaitingForRuns")
    assert conditions(waiting)["Reconciling"]["reason"] == "WaitingForRuns"
    objects.create("runs", run("one", loss=0.3))
    objects.create("runs", run("two", phase="Running"))
    objects.patch("runs", "two", {"status": {"phase": "Succeeded", "metrics": {"loss": 0.2}}})
    done = objects.wait("select", "Resolved", "True")
    assert done["status"]["params"]["losses"]["value"] == [0.2, 0.3]


@pytest.mark.spec("1:42", "1:43")
def test_after_the_deadline_it_fails_for_good(start_operator: Start, objects: Objects) -> None:
    start_operator()
    objects.create("runs", run("one", loss=0.3))
    objects.create("operations", patient("short", wait_for="2s"))
    failed = objects.wait("short", "Resolved", "False", reason="TooFewRuns")
    assert conditions(failed)["Stalled"]["reason"] == "TooFewRuns"
    assert "1 run matches" in conditions(failed)["Resolved"]["message"]
    own = [found for found in objects.list("runs") if found["spec"].get("managedBy") == "joinery"]
    until(lambda: objects.get("runs", own[0]["metadata"]["name"])["status"]["phase"] == "Failed")


@pytest.mark.spec("4:11")
def test_the_order_in_which_a_folder_is_applied_does_not_matter(start_operator: Start, objects: Objects) -> None:
    start_operator()
    joined = {"ref": "good-ones", "params": {"losses": {"value": "metrics.loss"}}}
    wanted = operation("early", joined)
    component = wanted["spec"].pop("component")
    wanted["spec"]["componentRef"] = {"name": "report"}
    objects.create("operations", wanted)
    objects.wait("early", "Accepted", "Unknown")
    kind = {"apiVersion": "joinery.dev/v1alpha1"}
    objects.create("components", {**kind, "kind": "Component", "metadata": {"name": "report"}, "spec": component})
    objects.wait("early", "Accepted", "Unknown", reason="SearchNotFound")
    objects.create("runs", run("good", loss=0.1))
    search = {"query": "metrics.loss: <0.5", "sort": "metrics.loss"}
    objects.create("searches", {**kind, "kind": "Search", "metadata": {"name": "good-ones"}, "spec": search})
    done = objects.wait("early", "Resolved", "True")
    assert done["status"]["params"]["losses"]["value"] == [0.1]


@pytest.mark.spec("3:19", "3:20")
def test_a_param_waits_for_another_operation(start_operator: Start, objects: Objects) -> None:
    start_operator("--namespace", objects.namespace, "--no-launch")
    component = {"inputs": [{"name": "best", "type": "float"}], "run": {"kind": "job", "container": {"image": "x"}}}
    chosen = {"params": {"best": {"ref": "ops.first", "value": "outputs.best"}}, "component": component, "joins": []}
    objects.create("operations", {**operation("second"), "spec": chosen})
    objects.wait("second", "Resolved", "Unknown", reason="WaitingForOperations")
    objects.create("operations", operation("first"))
    first = objects.wait("first", "Resolved", "True")
    objects.wait_filled(first)
    own = first["status"]["runRef"]["name"]
    objects.patch("runs", own, {"status": {"phase": "Succeeded", "outputs": {"best": 0.25}}})
    done = objects.wait("second", "Resolved", "True")
    assert done["status"]["params"]["best"]["value"] == 0.25
    objects.wait_filled(done)
    second = objects.get("runs", done["status"]["runRef"]["name"])
    assert [found["name"] for found in second["status"]["upstream"]] == [own]


def test_many_waiting_operations_cost_a_bounded_number_of_searches_and_no_writes(
    start_operator: Start, objects: Objects
) -> None:
    """200 wait; 2,000 changes of Runs, four seconds of 500, come as fast as the API server takes them."""
    operations, runs, changes = 200, 100, 2_000
    objects.send_all("POST", [(objects.path("runs"), run(f"run-{n}", loss=0.9)) for n in range(runs)])
    waiting = [(objects.path("operations"), patient(f"wait-{n}", at_least=1000)) for n in range(operations)]
    objects.send_all("POST", waiting)
    running = start_operator()
    for number in range(operations):
        objects.wait(f"wait-{number}", "Resolved", "Unknown", reason="WaitingForRuns")
    running.until_quiet()
    written, before = versions(objects), running.counts()
    began = time.monotonic()
    losses = [(f"run-{n % runs}", {"status": {"metrics": {"loss": n / changes}}}) for n in range(changes)]
    objects.send_all("PATCH", [(objects.path("runs", name), patch) for name, patch in losses])
    seconds, after = running.until_quiet() - began, running.counts()
    passes = after["passes"] - before["passes"]
    # Each looks at least once, since what it asks for changed, and at most once a second, as often as Runs change.
    assert operations <= passes <= operations * (seconds + 2)
    assert after["writes"] == before["writes"]
    assert versions(objects) == written


def versions(objects: Objects) -> dict[str, str]:
    return {found["metadata"]["name"]: found["metadata"]["resourceVersion"] for found in objects.list("operations")}
