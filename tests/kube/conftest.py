"""What the tests of the room that talks to the API server share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cluster.server import Server

from joinery.kube.client import KubeClient
from joinery.kube.config import Source


@pytest_asyncio.fixture
async def open_client() -> AsyncIterator[Callable[..., Any]]:
    """``await open_client(kubeconfig)``: a client that is closed after the test."""
    opened: list[KubeClient] = []

    async def open_one(kubeconfig: Path | None, **options: Any) -> KubeClient:
        opened.append(await KubeClient.open(Source(kubeconfig=kubeconfig and str(kubeconfig)), **options))
        return opened[-1]

    yield open_one
    for client in opened:
        await client.close()


@pytest_asyncio.fixture
async def client(api_server: Server, open_client: Callable[..., Any]) -> KubeClient:
    """The administrator's client."""
    opened: KubeClient = await open_client(api_server.kubeconfig())
    return opened


@pytest.fixture
def run_manifest() -> Callable[..., dict[str, Any]]:
    """``run_manifest(namespace, name, loss=0.1)``: a small Run; the keywords are its outputs."""

    def make(namespace: str, name: str, **outputs: Any) -> dict[str, Any]:
        return {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "Run",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"kind": "job", "inputs": {"lr": 0.1}},
            "status": {"phase": "Succeeded", "outputs": outputs},
        }

    return make
