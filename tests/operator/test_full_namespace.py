"""A namespace with too many values: its operations fail and say why, the others' go on; and it comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from operator_fixtures import Objects, Operator, conditions, operation, run, until

Start = Callable[..., Operator]
CAP = 1_000


def large(name: str, *, loss: float) -> dict[str, Any]:
    """A Run of 400 values."""
    made = run(name, loss=loss)
    made["spec"]["inputs"] = {f"i{number}": number for number in range(399)}
    return made


def test_one_namespace_with_too_many_values_takes_nothing_from_the_others(
    start_operator: Start, objects: Objects, other: Objects
) -> None:
    for number in range(2):
        objects.create("runs", large(f"large-{number}", loss=number / 10))
    other.create("runs", run("theirs", loss=0.3))
    running = start_operator("--no-launch", "--max-values-per-namespace", str(CAP))
    objects.create("operations", operation("fits"))
    assert joined(objects.wait("fits", "Resolved", "True")) == ["large-0", "large-1"]

    objects.create("runs", large("best", loss=-1.0))
    objects.create("searches", {
        "apiVersion": "joinery.dev/v1alpha1", "kind": "Search", "metadata": {"name": "good"},
        "spec": {"query": "metrics.loss: <0.5"},
    })  # fmt: skip
    objects.create("operations", operation("full"))
    failed = objects.wait("full", "Resolved", "False", reason="StoreFull")
    said = conditions(failed)["Resolved"]["message"]
    assert f"namespace {objects.namespace} holds more than the 1,000 values that are searched: one of its Runs" in said
    assert "--max-values-per-namespace" in said
    assert not failed["status"].get("joins")
    until(lambda: "holds more than" in (objects.get("searches", "good").get("status") or {}).get("message", ""))
    assert left_out(running) == {objects.namespace: 1}
    # The record of the operation is written all the same, and comes to its end.
    own = failed["status"]["runRef"]["name"] if failed["status"].get("runRef") else None
    runs = {found["metadata"]["name"]: found for found in objects.list("runs")}
    [record] = [found for name, found in runs.items() if name == own or name.startswith("full-")]
    until(lambda: objects.get("runs", record["metadata"]["name"])["status"]["phase"] == "Failed")

    other.create("operations", operation("theirs"))
    assert joined(other.wait("theirs", "Resolved", "True")) == ["theirs"]

    objects.delete("runs", "large-1")
    until(lambda: left_out(running) == {})
    objects.create("operations", operation("again"))
    assert joined(objects.wait("again", "Resolved", "True")) == ["best", "large-0"]
    until(lambda: objects.get("searches", "good")["status"].get("matched") == 2)
    assert "Traceback" not in running.text()


def joined(done: dict[str, Any]) -> list[str]:
    return [found["name"] for found in done["status"]["joins"][0]["runs"]]


def left_out(running: Operator) -> dict[str, int]:
    """The metric, by namespace."""
    text = running.get("/metrics")[1]
    found = re.findall(r'^joinery_store_left_out_runs\{namespace="(.+)"\} ([0-9.]+)$', text, re.MULTILINE)
    return {namespace: int(float(count)) for namespace, count in found}
