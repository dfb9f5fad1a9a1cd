"""Admission servers of the tests' own, and an API server that asks them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from admission_server import Admission
from cluster.server import Server
from webhook_cluster import CONFIGURATIONS, NAME, RULES, cluster_rules, configuration

from cluster_fixtures import Admin

Start = Callable[..., Admission]


@contextmanager
def starter(folder: Path) -> Iterator[Start]:
    started: list[Admission] = []

    def start(*arguments: str, wait: bool = True, **options: Any) -> Admission:
        server = Admission(*arguments, log=folder / f"admission-{len(started)}.log", **options)
        started.append(server)
        if wait:
            server.wait_ready()
        return server

    yield start
    for server in started:
        server.stop(signal.SIGKILL)


@pytest.fixture
def start_admission(tmp_path: Path) -> Iterator[Start]:
    """``start_admission("--flag", …, kubeconfig=…)``: ready when it returns; killed at the end of the test."""
    with starter(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def module_admission(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """The same for all tests of a module."""
    with starter(tmp_path_factory.mktemp("admission")) as start:
        yield start


@pytest.fixture(scope="session")
def api_server(make_server: Callable[..., Server]) -> Server:
    """A server of this folder's own, with garbage collection, so that our webhooks are in nobody else's way."""
    return make_server(controllers=True)


@pytest.fixture(scope="session")
def admin(api_server: Server) -> Admin:
    return Admin(api_server)


@pytest.fixture
def webhook(admin: Admin, namespace: str) -> Iterator[Callable[..., str]]:
    """``webhook(port, …)``: registers these servers for the test's namespace; the name of the configuration."""
    name = f"{NAME}-{namespace}"

    def register(*ports: int) -> str:
        admin.request("POST", CONFIGURATIONS, configuration(*ports, name=name, namespace=namespace))
        return name

    yield register
    with suppress(HTTPError):
        admin.request("DELETE", f"{CONFIGURATIONS}/{name}")


@pytest.fixture
def start_registered(
    start_admission: Start,
    webhook: Callable[..., str],
    admin: Admin,
    namespace: str,
    make_identity: Callable[..., Path],
) -> Callable[..., list[Admission]]:
    """``start_registered(replicas=2, …)``: servers that keep their certificates in one Secret, registered, ready.

    They run with exactly the rights of the chart; the Secret is there, and empty, as the chart makes it.
    """

    def start(*arguments: str, replicas: int = 1) -> list[Admission]:
        secret = {"metadata": {"name": NAME}, "type": "Opaque"}
        admin.request("POST", f"/api/v1/namespaces/{namespace}/secrets", secret)
        name = f"{NAME}-{namespace}"
        kubeconfig = make_identity(rules=RULES, cluster_rules=cluster_rules(name))
        flags = [f"--webhook={name}", f"--namespace={namespace}", f"--certificate-secret={NAME}"]
        flags += ["--check-every=0.3", "--overlap=6", *arguments]
        servers = [start_admission(*flags, kubeconfig=kubeconfig, wait=False) for _ in range(replicas)]
        webhook(*(server.port for server in servers))
        for server in servers:
            server.wait_ready()
        return servers

    return start
