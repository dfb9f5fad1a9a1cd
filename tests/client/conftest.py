"""What the tests of the client share: an environment of their own, and programs that train."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client_cluster import UUID

from joinery.client import access

RunProgram = Callable[..., subprocess.Popen[str]]
OURS = ("JOINERY_", "KUBERNETES_", "KUBECONFIG")


@pytest.fixture(autouse=True)
def laptop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No cluster, and a working directory of the test's own."""
    for name in os.environ:
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))  # nor the one at home
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def program() -> Iterator[RunProgram]:
    """``program("training code", KEY="value")``: starts it as a process of its own, in the test's directory."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), *arguments],
            env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def the_file(laptop: Path) -> Callable[[], dict[str, Any]]:
    """The manifest in the one file of ``./runs``."""

    def read() -> dict[str, Any]:
        (file,) = (laptop / "runs").iterdir()
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    return read


@pytest.fixture
def runs(admin, namespace) -> Callable[..., Any]:
    """``runs("name")``: the Run, or None; without a name all of them."""
    base = f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/runs"

    def get(name: str = "") -> Any:
        try:
            found = admin.request("GET", f"{base}/{name}" if name else base)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return None
        return found if name else found["items"]

    return get


@pytest.fixture
def operation(admin, namespace, monkeypatch, tmp_path) -> dict[str, Path]:
    """What the main container of an operation finds: its Run, and ``JOINERY_*``."""
    run = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {"name": "op-1", "labels": {"kept": "yes"}},
        "spec": {"uuid": UUID, "managedBy": "joinery", "tags": ["sweep"], "inputs": {"lr": 0.1}},
        "status": {"phase": "Running", "outputs": {"nested": {"old": 1}}, "artifacts": [{"name": "data"}]},
    }
    admin.request("POST", f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/runs", run)
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    message = tmp_path / "outputs.json"
    message.touch()
    for key, value in {
        "JOINERY_RUN_NAME": "op-1", "JOINERY_RUN_UUID": UUID, "JOINERY_NAMESPACE": namespace, "JOINERY_PROJECT": "p",
        "JOINERY_OUTPUTS": str(message), "JOINERY_OUTPUTS_PATH": str(outputs),
    }.items():  # fmt: skip
        monkeypatch.setenv(key, value)
    return {"message": message, "outputs": outputs}


@pytest.fixture
def in_pod(admin, namespace, monkeypatch, tmp_path, make_identity) -> Callable[..., None]:
    """``in_pod(rules=[…])``: from now on this is a pod with a service account of these rights."""

    def make(*, rules: list[Any]) -> None:
        config = access.of_kubeconfig(make_identity(rules=rules))
        account = tmp_path / "serviceaccount"
        account.mkdir()
        (account / "token").write_text(config.authorization().removeprefix("Bearer "))
        (account / "ca.crt").write_bytes(admin.server.authority.read_bytes())
        (account / "namespace").write_text(namespace)
        monkeypatch.setattr(access, "SERVICE_ACCOUNT", account)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(admin.server.port))

    return make
