"""A kubelet that the test plays: there is no node, and what one would write into a pod's status, the test writes."""

from __future__ import annotations

import time
from typing import Any

from operator_fixtures import PATIENCE, Objects

NOW = "2026-01-01T00:00:00Z"


def pod_of(lab: Objects, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        for pod in lab.list("pods"):
            if pod["metadata"]["labels"].get("batch.kubernetes.io/job-name") == name and "phase" in pod["status"]:
                return pod
        assert time.monotonic() < deadline, "no pod was made"
        time.sleep(0.1)


def play(lab: Objects, pod: dict[str, Any], phase: str, state: dict[str, Any], **inits: dict[str, Any]) -> None:
    """What the kubelet would say of the pod's main container, and of ``inits``."""
    main = pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"]
    status = {
        "phase": phase,
        "startTime": NOW,
        "containerStatuses": [_container(main, state)],
        "initContainerStatuses": [_container(name, one) for name, one in inits.items()],
    }
    path = lab.path("pods", pod["metadata"]["name"]) + "/status"
    lab.admin.request("PATCH", path, {"status": status}, content="application/merge-patch+json")


def _container(name: str, state: dict[str, Any]) -> dict[str, Any]:
    runs = "running" in state
    return {
        "name": name, "state": state, "ready": runs, "restartCount": 0, "image": "i", "imageID": "i", "started": runs,
    }  # fmt: skip


def ended(code: int, message: str = "") -> dict[str, Any]:
    reason = "Error" if code else "Completed"
    return {"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": NOW, "finishedAt": NOW}}


def own_run(lab: Objects, done: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = lab.get("runs", done["status"]["runRef"]["name"])
    return found


def wait_phase(lab: Objects, name: str, phase: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = lab.get("runs", name)
        if found["status"]["phase"] == phase:
            return found
        assert time.monotonic() < deadline, f"the Run is {found['status']['phase']}, not {phase}"
        time.sleep(0.1)
