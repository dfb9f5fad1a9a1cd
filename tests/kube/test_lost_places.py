"""A server of one's own, restarted and compacted: the reflector's place is lost, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from cluster.server import Server
from recording import RecordingSink, running

from cluster_fixtures import Admin, compact
from faulty_proxy import FaultyProxy
from joinery.kube.client import KubeClient
from joinery.kube.reflector import Patience, Reflector

Make = Callable[..., dict[str, Any]]
Open = Callable[..., Any]
NAMESPACE = "lab"
SOON = Patience(longest_pause=0.5)


@pytest.fixture(scope="module")
def server(make_server: Callable[..., Server]) -> Server:
    """A server whose watch cache remembers so little that a version is soon too old."""
    made = make_server(api_arguments=["--etcd-compaction-interval=0s"])
    Admin(made).request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    return made


@pytest_asyncio.fixture
async def direct(server: Server, open_client: Open) -> AsyncIterator[KubeClient]:
    client: KubeClient = await open_client(server.kubeconfig())
    yield client
    for run in await client.list("Run", NAMESPACE):
        await client.delete("Run", NAMESPACE, run["metadata"]["name"])


async def until_synced(reflector: Reflector) -> None:
    async with asyncio.timeout(180):
        while not reflector.synced or reflector.errors:
            await asyncio.sleep(0.02)


async def test_a_version_that_is_too_old_means_loading_anew(
    server: Server, direct: KubeClient, open_client: Open, run_manifest: Make
) -> None:
    """Cut off while things change, and the server restarted without a memory of them: what was deleted goes, too."""
    for number in range(5):
        await direct.create("Run", run_manifest(NAMESPACE, f"run-{number}", loss=number))
    sink = RecordingSink()
    async with FaultyProxy(port=server.port) as proxy:
        through = await open_client(server.kubeconfig(url=proxy.url))
        async with running(Reflector(through, sink, patience=SOON)) as reflector:
            await reflector.wait_synced()
            proxy.target = 1  # nobody listens there
            proxy.drop()
            await direct.delete("Run", NAMESPACE, "run-0")
            await direct.create("Run", run_manifest(NAMESPACE, "run-9", loss=9))
            server.stop("kube-apiserver")
            await asyncio.to_thread(compact, server)
            await asyncio.to_thread(server.start_api)
            assert sink.names == {f"run-{number}" for number in range(5)}
            proxy.target = server.port
            await sink.until(lambda: sink.loads == 2)
            assert sink.names == {"run-1", "run-2", "run-3", "run-4", "run-9"}
            await direct.create("Run", run_manifest(NAMESPACE, "after", loss=1))
            await sink.until(lambda: "after" in sink.names)
            assert reflector.synced


@pytest.mark.parametrize(
    ("victims", "kill"), [(("kube-apiserver",), False), (("kube-apiserver",), True), (("kube-apiserver", "etcd"), True)]
)
async def test_restarts_lose_nothing(
    server: Server, direct: KubeClient, run_manifest: Make, victims: tuple[str, ...], kill: bool
) -> None:
    sink = RecordingSink()
    async with running(Reflector(direct, sink, namespaces=[NAMESPACE], patience=SOON)) as reflector:
        await reflector.wait_synced()
        await direct.create("Run", run_manifest(NAMESPACE, "before", loss=1))
        await sink.until(lambda: "before" in sink.names)
        await asyncio.to_thread(server.stop, *victims, kill=kill, patience=3)
        async with asyncio.timeout(180):
            while not reflector.errors:
                await asyncio.sleep(0.02)
        assert "trying" not in reflector.errors[0]
        if "etcd" in victims:
            await asyncio.to_thread(server.start_etcd)
        await asyncio.to_thread(server.start_api)
        await until_writable(direct, run_manifest)
        await direct.delete("Run", NAMESPACE, "before")
        await sink.until(lambda: sink.names == {"after"})
        await until_synced(reflector)


async def until_writable(client: KubeClient, make: Make) -> None:
    """The first writes after a restart may be refused while the server reads its own state."""
    from joinery.kube.errors import AlreadyExists, ApiError

    async with asyncio.timeout(180):
        while True:
            try:
                await client.create("Run", make(NAMESPACE, "after", loss=1))
            except AlreadyExists:
                return
            except ApiError:
                await asyncio.sleep(0.1)
            else:
                return
