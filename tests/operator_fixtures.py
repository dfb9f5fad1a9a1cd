"""An operator of the test's own, as users run it: the program `joinery operator`, against the real API server."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cluster import credentials
from cluster.process import free_port
from cluster.server import Server

from api_proxy import ApiProxy
from cluster_fixtures import Admin
from conditions import assert_conditions_conform, conditions

# Seconds until a test gives up waiting for what must happen: far more than it takes on a machine that is busy.
PATIENCE = 180.0


def until(holds: Callable[[], Any], *, told: Callable[[], object] = lambda: "") -> None:
    """Wait until it holds; what ``told`` says then goes with the failure."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain: {told()}"
        time.sleep(0.05)


class Operator:
    """A running `joinery operator`. ``url`` is where its probes and metrics are."""

    def __init__(self, *arguments: str, kubeconfig: Path, log: Path, port: int) -> None:
        self.log, self.url = log, f"http://127.0.0.1:{port}"
        environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
        command = [sys.executable, "-m", "joinery.cli.main", "operator", f"--listen=127.0.0.1:{port}", *arguments]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command, env=environment | {"KUBECONFIG": str(kubeconfig)}, stdout=out, stderr=out
            )

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_ready(self, *, timeout: float = PATIENCE) -> None:
        deadline = time.monotonic() + timeout
        while self.get("/readyz")[0] != 200:
            assert self.process.poll() is None, f"the operator ended:\n{self.text()}"
            assert time.monotonic() < deadline, f"the operator is not ready:\n{self.text()}"
            time.sleep(0.05)

    def counts(self) -> dict[str, float]:
        """How many passes over operations there were, and how many requests that write."""
        text = self.get("/metrics")[1]
        found = re.findall(r"^(\w+)\{(.*)\} ([0-9.e+]+)$", text, re.MULTILINE)
        passes, requests = "controller_runtime_reconcile_total", "rest_client_requests_total"
        return {
            "passes": sum(float(n) for name, labels, n in found if name == passes and '"operation"' in labels),
            "writes": sum(float(n) for name, labels, n in found if name == requests and '"GET"' not in labels),
            "queued": sum(float(n) for name, labels, n in found if name == "workqueue_depth" and "operation" in labels),
        }

    def until_quiet(self, *kinds: str) -> float:
        """When the last pass or write was: there was none for longer than an operation waits between two looks.

        ``kinds``: of `counts()`, if not all. Operations whose Job has no pod pass every other second for ever.
        """
        last, seen, deadline = time.monotonic(), self.counts(), time.monotonic() + PATIENCE
        while time.monotonic() < last + 2:
            time.sleep(0.2)
            before, seen = seen, self.counts()
            if any(before[kind] != seen[kind] for kind in kinds or seen):
                last = time.monotonic()
            assert last < deadline, self.text()
        return last

    def stop(self, number: int = signal.SIGTERM, *, timeout: float = PATIENCE) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout)

    def text(self) -> str:
        return self.log.read_text(errors="replace")[-8000:]


@pytest.fixture
def start_operator(api_server: Server, namespace: str, tmp_path: Path) -> Iterator[Callable[..., Operator]]:
    """``start_operator("--flag", kubeconfig=…)``: ready when it returns; killed at the end of the test."""
    started: list[Operator] = []

    def start(*arguments: str, kubeconfig: Path | None = None, wait: bool = True) -> Operator:
        kubeconfig = kubeconfig or api_server.kubeconfig(namespace=namespace)
        log = tmp_path / f"operator-{len(started)}.log"
        arguments = arguments or ("--namespace", namespace)
        operator = Operator(*arguments, kubeconfig=kubeconfig, log=log, port=free_port())
        started.append(operator)
        if wait:
            operator.wait_ready()
        return operator

    yield start
    for operator in started:
        operator.stop(signal.SIGKILL)


class Objects:
    """Our objects in the test's namespace, as the administrator sees them."""

    def __init__(self, admin: Admin, namespace: str) -> None:
        self.admin, self.namespace = admin, namespace

    def path(self, plural: str, name: str = "") -> str:
        core = plural in {"configmaps", "pods", "secrets"}
        group = "/api/v1" if core else "/apis/batch/v1" if plural == "jobs" else "/apis/joinery.dev/v1alpha1"
        return f"{group}/namespaces/{self.namespace}/{plural}{'/' + name if name else ''}"

    def create(self, plural: str, manifest: dict[str, Any]) -> Any:
        return self.admin.request("POST", self.path(plural), manifest)

    def get(self, plural: str, name: str) -> Any:
        return self.admin.request("GET", self.path(plural, name))

    def list(self, plural: str) -> list[Any]:
        items: list[Any] = self.admin.request("GET", self.path(plural))["items"]
        return items

    def patch(self, plural: str, name: str, patch: Any) -> Any:
        return self.admin.request("PATCH", self.path(plural, name), patch, content="application/merge-patch+json")

    def delete(self, plural: str, name: str) -> Any:
        return self.admin.request("DELETE", self.path(plural, name))

    def send_all(self, method: str, requests: Sequence[tuple[str, Any]], *, connections: int = 8) -> None:
        """Many requests, each a path and a body, side by side over a few connections that stay open."""
        server = self.admin.server
        patching = method == "PATCH"
        headers = {
            "Authorization": f"Bearer {self.admin.token}",
            "Content-Type": "application/merge-patch+json" if patching else "application/json",
        }

        def send(some: Sequence[tuple[str, Any]]) -> None:
            connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=self.admin.context, timeout=60)
            for path, body in some:
                connection.request(method, path, json.dumps(body), headers)
                with connection.getresponse() as answer:
                    said = answer.read()
                    assert answer.status < 300, said[:500]
            connection.close()

        with ThreadPoolExecutor(connections) as pool:
            list(pool.map(send, [requests[start::connections] for start in range(connections)]))

    def wait(self, name: str, condition: str, status: str, *, reason: str | None = None) -> Any:
        """The operation once its condition reads so."""
        deadline = time.monotonic() + PATIENCE
        while True:
            operation = self.get("operations", name)
            found = conditions(operation).get(condition, {})
            if found.get("status") == status and reason in (None, found.get("reason")):
                assert_conditions_conform(operation)
                return operation
            assert time.monotonic() < deadline, f"{condition} is not {status}: {operation.get('status')}"
            time.sleep(0.02)

    def until_writable(self) -> None:
        """After a restart the first writes may be refused: the API server still reads its own state."""

        def taken() -> bool:
            try:
                self.admin.request("POST", f"{self.path('runs')}?dryRun=All", run("probe"))
            except OSError:  # HTTPError is one
                return False
            return True

        until(taken)

    def wait_filled(self, resolved: Any) -> None:
        """Until the Run of this operation records what it was resolved to, which follows the operation's status."""
        digest, name = resolved["status"]["digest"], resolved["status"]["runRef"]["name"]
        until(lambda: self.get("runs", name)["metadata"].get("annotations", {}).get("joinery.dev/digest") == digest)


@pytest.fixture
def objects(admin: Admin, namespace: str) -> Iterator[Objects]:
    """The test's objects; what it leaves is held against what holds of every operation."""
    yield (found := Objects(admin, namespace))
    for left in found.list("operations"):
        assert_conditions_conform(left)


@pytest.fixture
def other(admin: Admin) -> Iterator[Objects]:
    """The same in another namespace."""
    name = f"t-{secrets.token_hex(4)}"
    admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    yield (found := Objects(admin, name))
    for left in found.list("operations"):
        assert_conditions_conform(left)
    admin.request("DELETE", f"/api/v1/namespaces/{name}")


def run(name: str, *, loss: float | None = None, phase: str = "Succeeded", **spec: Any) -> dict[str, Any]:
    """A Run with one metric."""
    status: dict[str, Any] = {"phase": phase, "metrics": {"loss": loss} if loss is not None else {}}
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {"name": name},
        "spec": {"inputs": {"lr": 0.1, "name": name}, **spec},
        "status": status,
    }


def operation(name: str, *joins: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """An operation that joins losses under 0.5 (or ``joins``) into the input `losses`."""
    default = {
        "query": "metrics.loss: <0.5",
        "sort": "metrics.loss",
        "params": {"losses": {"value": "metrics.loss"}},
    }
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": name},
        "spec": {
            "joins": list(joins) or [default],
            "component": {
                "inputs": [{"name": "losses", "type": "float", "isList": True}],
                "run": {"kind": "job", "container": {"image": "python:3.11", "args": ["{{ losses }}"]}},
            },
            **spec,
        },
    }


@pytest.fixture
def api_proxy(api_server: Server, namespace: str, tmp_path: Path) -> Iterator[ApiProxy]:
    """A proxy before the API server that looks inside; ``proxy.path`` is the kubeconfig that goes through it."""
    with ApiProxy(target=api_server.url, authority=api_server.authority) as proxy:
        token = api_server.users[credentials.ADMIN].token
        proxy.path = proxy.kubeconfig(tmp_path / "through-proxy", token=token, namespace=namespace)
        yield proxy
