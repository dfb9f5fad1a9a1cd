"""The operator's streams and its requests go to the cluster, and as the user, that its flags name."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cluster.server import Server

from operator_fixtures import Objects, Operator, operation, run

Start = Callable[..., Operator]


def written(api_server: Server, folder: Path, **user: Any) -> Path:
    """A kubeconfig whose current context leads nowhere; the context `here` is that of ``user``."""
    found = json.loads(api_server.kubeconfig().read_text())
    nowhere = {"name": "nowhere", "cluster": {"server": "https://127.0.0.1:9"}}
    found["clusters"] = [nowhere, *found["clusters"]]
    found["users"] = [{"name": "somebody", "user": user or found["users"][0]["user"]}]
    found["contexts"] = [
        {"name": "elsewhere", "context": {"cluster": "nowhere", "user": "somebody"}},
        {"name": "here", "context": {"cluster": found["clusters"][1]["name"], "user": "somebody"}},
    ]
    found["current-context"] = "elsewhere"
    path = folder / "two-contexts"
    path.write_text(json.dumps(found))
    return path


def test_the_context_that_is_named(start_operator: Start, objects: Objects, api_server: Server, tmp_path: Path) -> None:
    path = written(api_server, tmp_path)
    objects.create("runs", run("good", loss=0.1))
    start_operator(
        "--namespace", objects.namespace, "--no-launch", "--context=here", f"--kubeconfig={path}",
        kubeconfig=tmp_path / "not-there",
    )  # fmt: skip
    objects.create("operations", operation("told"))
    objects.wait("told", "Resolved", "True")


def test_a_program_gives_the_token(start_operator: Start, objects: Objects, api_server: Server, tmp_path: Path) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": api_server.users["admin"].token},
    }
    plugin = {
        "apiVersion": credential["apiVersion"],
        "command": sys.executable,
        "args": ["-c", f"print({json.dumps(credential)!r})"],
        "interactiveMode": "Never",
    }
    path = written(api_server, tmp_path, exec=plugin)
    objects.create("runs", run("good", loss=0.1))
    start_operator("--namespace", objects.namespace, "--no-launch", "--context=here", kubeconfig=path)
    objects.create("operations", operation("told"))
    objects.wait("told", "Resolved", "True")
