"""Deleting an operation that has a Job, in each way there is, with the webhook up and down: it goes, its Run stays."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from admission_server import Admission
from test_webhook import apply, wait_asked

from operator_fixtures import PATIENCE, Objects, Operator, operation, run

Kubectl = Callable[..., subprocess.CompletedProcess[str]]
CASCADES = ("foreground", "orphan", "background")


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_an_operation_goes_whatever_the_cascade_and_its_run_stays(
    up: bool,
    start_registered: Callable[..., list[Admission]],
    start_operator: Callable[..., Operator],
    kubectl: Kubectl,
    objects: Objects,
) -> None:
    (webhook,) = start_registered()
    wait_asked(kubectl)
    start_operator()
    objects.create("runs", run("good", loss=0.1))
    for cascade in CASCADES:
        objects.create("operations", operation(cascade))
    launched = {name: objects.wait(name, "Launched", "True") for name in CASCADES}
    own = {name: done["status"]["runRef"]["name"] for name, done in launched.items()}
    if not up:
        webhook.stop(signal.SIGKILL)
        refused = apply(kubectl, operation("late"), check=False)
        assert "failed calling webhook" in refused.stderr
    for cascade in CASCADES:
        kubectl("label", "op", cascade, "team=vision")
        kubectl("annotate", "op", cascade, "note=x")
        kubectl("patch", "op", cascade, "--type=merge", "-p", '{"metadata": {"finalizers": ["example.dev/wait"]}}')
        kubectl("patch", "op", cascade, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
        assert objects.get("operations", cascade)["metadata"]["labels"] == {"team": "vision"}
    for cascade in CASCADES:
        kubectl("delete", "op", cascade, f"--cascade={cascade}", "--timeout=180s", timeout=240)
    assert objects.list("operations") == []
    for cascade in ("foreground", "background"):
        record = _in_phase(objects, own[cascade], "Stopped")
        assert record["status"]["conditions"][-1]["reason"] == "OperationDeleted"
    # What was orphaned goes on.
    assert objects.get("runs", own["orphan"])["status"]["phase"] != "Stopped"
    assert {"orphan"} == _jobs(objects, expected={"orphan"})
    assert {found["metadata"]["name"] for found in objects.list("runs")} == {"good", *own.values()}


def _in_phase(objects: Objects, name: str, phase: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while (found := objects.get("runs", name))["status"]["phase"] != phase:
        assert time.monotonic() < deadline, f"the Run is {found['status']['phase']}, not {phase}"
        time.sleep(0.1)
    return dict(found)


def _jobs(objects: Objects, *, expected: set[str]) -> set[str]:
    """The Jobs there are once the garbage collector has had its time."""
    deadline = time.monotonic() + PATIENCE
    while (found := {job["metadata"]["name"] for job in objects.list("jobs")}) != expected:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return found
