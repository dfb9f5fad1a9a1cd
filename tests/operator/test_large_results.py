"""5,000 joined Runs with all they hold: recorded in ConfigMaps, read back by people, one digest with offline."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cluster.server import Server

from operator_fixtures import Objects, Operator, operation, run

Start = Callable[..., Operator]

COUNT = 5_000
HALF = 512  # bytes of noise, as text twice as many; as much again does compress
PART_BYTES = 900 * 1024


def test_5000_runs_with_all_they_hold(
    start_operator: Start, objects: Objects, api_server: Server, tmp_path: Path
) -> None:
    objects.send_all("POST", [(objects.path("runs"), _filled(number)) for number in range(COUNT)])
    start_operator("--namespace", objects.namespace, "--no-launch")
    objects.create("operations", _everything("whole"))
    done = objects.wait("whole", "Resolved", "True")
    status = done["status"]
    assert status["joined"] == status["params"]["ins"]["count"] == COUNT
    size = status["params"]["ins"]["size"] + status["params"]["outs"]["size"]
    assert size > 18 * 1024 * 1024
    parts = [objects.get("configmaps", name) for name in status["configMaps"]]
    assert len(parts) > 1
    for part in parts:
        assert part["immutable"]
        assert part["metadata"]["ownerReferences"][0]["uid"] == done["metadata"]["uid"]
        # base64 is four characters for three bytes
        assert all(len(data) * 3 / 4 <= PART_BYTES + 4 for data in part["binaryData"].values())
    assert status["joins"][0]["runs"][0]["name"] == "run-0000"
    (tmp_path / "runs.json").write_text(json.dumps(objects.admin.request("GET", objects.path("runs"))))
    (tmp_path / "operation.json").write_text(json.dumps(objects.get("operations", "whole")))
    offline = _joinery("resolve", "-f", tmp_path / "operation.json", "--runs", tmp_path / "runs.json", "-o", "json")
    assert offline["digest"] == status["digest"]
    config = api_server.kubeconfig(namespace=objects.namespace)
    values = _joinery("params", "whole", "-o", "json", "--kubeconfig", config)
    assert len(values["ins"]) == len(values["outs"]) == COUNT
    for number in (0, COUNT // 2, COUNT - 1):
        assert values["ins"][number] == _filled(number)["spec"]["inputs"]
        assert values["outs"][number]["log"] == _filled(number)["status"]["outputs"]["log"]


def _filled(number: int) -> dict[str, Any]:
    """A Run with inputs and outputs of 2 KiB each."""
    noise = random.Random(number)
    made = run(f"run-{number:04}", loss=0.1)
    made["spec"]["inputs"] = {"index": number, "text": noise.randbytes(HALF).hex() + "." * 2 * HALF}
    made["status"]["outputs"] = {"log": noise.randbytes(HALF).hex() + "-" * 2 * HALF}
    return made


def _everything(name: str) -> dict[str, Any]:
    params = {"ins": {"value": "inputs"}, "outs": {"value": "outputs"}}
    manifest = operation(name, {"query": "inputs.index: >=0", "sort": "inputs.index", "params": params})
    manifest["spec"]["component"] = {
        "inputs": [{"name": each, "type": "dict", "isList": True} for each in params],
        "run": {"kind": "job", "container": {"image": "python:3.11"}},
    }
    return manifest


def _joinery(*arguments: str | Path) -> Any:
    """The program's answer in JSON."""
    command = [sys.executable, "-m", "joinery.cli.main", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
