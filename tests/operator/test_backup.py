"""Backup, as docs/operating.md says it: what kubectl reads can be created again, and joins as before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cluster_fixtures import Kubectl
from operator_fixtures import Objects, Operator, operation, run

Start = Callable[..., Operator]


def test_runs_that_are_restored_are_joined_as_before(start_operator: Start, objects: Objects, kubectl: Kubectl) -> None:
    objects.create("runs", run("imported", loss=0.2, uuid="ab" * 16, createdAt="2026-01-01T00:00:00Z"))
    large = run("plain", loss=0.1)
    large["status"]["outputs"] = {"text": "x" * 300_000}  # more than an annotation holds: `kubectl apply` would fail
    objects.create("runs", large)
    start_operator("--namespace", objects.namespace, "--no-launch")
    before = _resolved(objects, "before")
    objects.delete("operations", "before")
    backup = json.loads(kubectl("get", "runs", "-o", "json").stdout)
    kubectl("delete", "runs", "--all")
    for item in backup["items"]:
        # What the page does with jq: who a Run is, and when it was made, where that was left to its object.
        item["spec"].setdefault("uuid", item["metadata"]["uid"].replace("-", ""))
        item["spec"].setdefault("createdAt", item["metadata"]["creationTimestamp"])
    kubectl("create", "-f", "-", stdin=json.dumps(backup))
    after = _resolved(objects, "after")
    assert [found["name"] for found in after["joins"][0]["runs"]] == ["plain", "imported"]
    assert [found["uuid"] for found in after["joins"][0]["runs"]] == [
        found["uuid"] for found in before["joins"][0]["runs"]
    ]
    assert after["digest"] == before["digest"]
    record = objects.get("runs", before["runRef"]["name"])
    assert record["status"]["upstream"][1] == {"uuid": "ab" * 16, "name": "imported", "params": ["losses"]}


def _resolved(objects: Objects, name: str) -> dict[str, Any]:
    objects.create("operations", operation(name))
    status: dict[str, Any] = objects.wait(name, "Resolved", "True")["status"]
    return status
