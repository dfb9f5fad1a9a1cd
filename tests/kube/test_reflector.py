"""The reflector against a real API server, through a proxy that breaks what can break."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from cluster.server import Server
from recording import RecordingSink, running

from faulty_proxy import FaultyProxy
from joinery.kube.client import KubeClient
from joinery.kube.paths import RUNS
from joinery.kube.reflector import Patience, Reflector

Open = Callable[..., Any]
Make = Callable[..., dict[str, Any]]


async def make_runs(client: KubeClient, make: Make, namespace: str, count: int) -> None:
    """``run-0`` to ``run-(count - 1)``, eight at a time."""

    async def some(first: int) -> None:
        for number in range(first, count, 8):
            await client.create("Run", make(namespace, f"run-{number}", loss=number / count))

    await asyncio.gather(*(some(first) for first in range(8)))


async def patch(client: KubeClient, namespace: str, name: str, loss: float) -> None:
    await client.merge_patch("Run", namespace, name, {"status": {"outputs": {"loss": loss}}})


def losses(sink: RecordingSink, scope: str, namespace: str | None = None) -> dict[str, float]:
    """Of the Runs of one namespace, where all are followed: other tests leave theirs."""
    runs = [one for one in sink.objects[scope].values() if one["metadata"]["namespace"] == (namespace or scope)]
    return {one["metadata"]["name"]: one["status"]["outputs"]["loss"] for one in runs}


async def test_2000_runs_are_loaded_and_followed(client: KubeClient, namespace: str, run_manifest: Make) -> None:
    await make_runs(client, run_manifest, namespace, 2_000)
    sink = RecordingSink()
    started = time.perf_counter()
    async with running(Reflector(client, sink)) as reflector:
        await asyncio.wait_for(reflector.wait_synced(), 180)
        took = time.perf_counter() - started
        assert sink.names >= {f"run-{number}" for number in range(2_000)}
        assert sink.batches[:4] == [500] * 4, f"in batches of 500; loaded in {took:.2f} s"
        assert sink.loads == 1

        await patch(client, namespace, "run-7", 0.5)
        await client.delete("Run", namespace, "run-8")
        await client.create("Run", run_manifest(namespace, "new", loss=9))
        await sink.until(lambda: "new" in losses(sink, "", namespace))
        known = losses(sink, "", namespace)
        assert known["run-7"] == 0.5, "the watch is ordered: what was written before is there"
        assert "run-8" not in known
        assert reflector.synced
        assert reflector.errors == []


async def test_changes_that_come_close_together_are_applied_together(
    client: KubeClient, namespace: str, run_manifest: Make
) -> None:
    sink, took = RecordingSink(), list[float]()
    gathering = Reflector(client, sink, namespaces=[namespace], patience=Patience(gather=3.0), took=took.append)
    async with running(gathering) as reflector:
        await reflector.wait_synced()
        await client.create("Run", run_manifest(namespace, "alone", loss=1))
        await sink.until(lambda: "alone" in sink.names)
        assert sink.batches == [1], "nothing else to wait for"
        await make_runs(client, run_manifest, namespace, 40)
        await sink.until(lambda: len(sink.names) == 41)
        assert sum(sink.batches) == 41
        assert len(sink.batches) < 20
    assert len(took) in {len(sink.batches), len(sink.batches) - 1}  # the last may have been cancelled before it told


async def test_a_name_that_is_used_again_is_another_run(client: KubeClient, namespace: str, run_manifest: Make) -> None:
    sink = RecordingSink()
    async with running(Reflector(client, sink, namespaces=[namespace])) as reflector:
        await reflector.wait_synced()
        for number in range(20):
            await client.create("Run", run_manifest(namespace, "again", loss=number))
            if number < 19:
                await client.delete("Run", namespace, "again")
        await sink.until(lambda: losses(sink, namespace) == {"again": 19})


async def test_only_the_namespaces_that_were_asked_for(
    client: KubeClient, namespace: str, run_manifest: Make, make_identity: Any, open_client: Open
) -> None:
    """Each namespace is a stream of its own: no right beyond them is needed."""
    rules = [{"apiGroups": ["joinery.dev"], "resources": ["runs"], "verbs": ["list", "watch"]}]
    limited = await open_client(make_identity(rules=rules))
    other = f"{namespace}-other"
    await client.create("Namespace", {"metadata": {"name": other}})
    await client.create("Run", run_manifest(namespace, "mine", loss=1))
    await client.create("Run", run_manifest(other, "foreign", loss=1))
    sink = RecordingSink()
    async with running(Reflector(limited, sink, namespaces=[namespace])) as reflector:
        await reflector.wait_synced()
        assert sink.names == {"mine"}
    both = RecordingSink()
    async with running(Reflector(client, both, namespaces=[namespace, other])) as reflector:
        await reflector.wait_synced()
        assert {scope: list(losses(both, scope)) for scope in both.objects} == {
            namespace: ["mine"],
            other: ["foreign"],
        }
    cluster = RecordingSink()
    async with running(Reflector(limited, cluster)) as reflector:
        async with asyncio.timeout(180):
            while not reflector.errors:
                await asyncio.sleep(0.01)
        assert "runs.joinery.dev is forbidden" in reflector.errors[0]
        assert not reflector.synced


async def test_dropped_connections_lose_nothing(
    api_server: Server, client: KubeClient, proxy: FaultyProxy, open_client: Open, namespace: str, run_manifest: Make
) -> None:
    sink = RecordingSink()
    through = await open_client(api_server.kubeconfig(url=proxy.url))
    async with running(Reflector(through, sink, namespaces=[namespace])) as reflector:
        await reflector.wait_synced()
        for number in range(200):
            await client.create("Run", run_manifest(namespace, f"run-{number}", loss=number))
            if number % 20 == 10:
                # In the middle of what is sent; and the next time not before it has come back.
                before = proxy.connections
                proxy.drop()
                async with asyncio.timeout(180):
                    while proxy.connections == before:
                        await asyncio.sleep(0.01)
        await sink.until(lambda: len(sink.names) == 200)
        assert proxy.connections > 10
        assert sink.loads == 1, "it went on from where it was"
        assert sorted(sink.applied) == sorted(f"run-{number}" for number in range(200)), "and nothing came twice"


async def test_a_load_that_is_cut_off_starts_again(
    api_server: Server, client: KubeClient, proxy: FaultyProxy, open_client: Open, namespace: str, run_manifest: Make
) -> None:
    await make_runs(client, run_manifest, namespace, 300)

    class CuttingSink(RecordingSink):
        begun = 0

        async def begin_load(self, scope: str) -> None:
            await super().begin_load(scope)
            self.begun += 1
            if self.begun == 3:
                proxy.cut_after = None

    sink = CuttingSink()
    proxy.cut_after = 50_000  # a quarter of it
    through = await open_client(api_server.kubeconfig(url=proxy.url))
    async with running(Reflector(through, sink, namespaces=[namespace])) as reflector:
        await asyncio.wait_for(reflector.wait_synced(), 180)
    assert sink.begun >= 3
    assert (sink.loads, len(sink.names)) == (1, 300)


async def test_a_connection_that_stalls_is_given_up(
    api_server: Server, client: KubeClient, proxy: FaultyProxy, open_client: Open, namespace: str, run_manifest: Make
) -> None:
    sink = RecordingSink()
    through = await open_client(api_server.kubeconfig(url=proxy.url))
    patience = Patience(stall=1.0)
    async with running(Reflector(through, sink, namespaces=[namespace], patience=patience)) as reflector:
        await reflector.wait_synced()
        proxy.stall()
        await client.create("Run", run_manifest(namespace, "during", loss=1))
        await asyncio.sleep(0.2)
        assert sink.names == set()
        proxy.drop()  # what the router forgot; new connections pass
        proxy.flow()
        await sink.until(lambda: sink.names == {"during"})
        assert sink.loads == 1


async def test_silence_alone_ends_a_connection(
    api_server: Server, client: KubeClient, proxy: FaultyProxy, open_client: Open, namespace: str, run_manifest: Make
) -> None:
    """Nobody tells us that the connection is dead: only that nothing comes."""
    sink = RecordingSink()
    through = await open_client(api_server.kubeconfig(url=proxy.url))
    async with running(Reflector(through, sink, namespaces=[namespace], patience=Patience(stall=1.0))) as reflector:
        await reflector.wait_synced()
        before = proxy.connections
        proxy.freeze()
        await client.create("Run", run_manifest(namespace, "during", loss=1))
        await sink.until(lambda: sink.names == {"during"})
        assert proxy.connections > before
        assert sink.loads == 1


async def test_a_watch_that_the_server_ends_goes_on(client: KubeClient, namespace: str, run_manifest: Make) -> None:
    sink = RecordingSink()
    patience = Patience(renew=1.0)
    async with running(Reflector(client, sink, namespaces=[namespace], patience=patience)) as reflector:
        await reflector.wait_synced()
        for number in range(25):
            await client.create("Run", run_manifest(namespace, f"run-{number}", loss=number))
            await asyncio.sleep(0.2)
        await sink.until(lambda: len(sink.names) == 25)
        assert sink.loads == 1
        assert len(sink.applied) == 25


async def test_whoever_knows_better_can_make_it_reconnect(
    api_server: Server, client: KubeClient, proxy: FaultyProxy, open_client: Open, namespace: str, run_manifest: Make
) -> None:
    sink = RecordingSink()
    through = await open_client(api_server.kubeconfig(url=proxy.url))
    async with running(Reflector(through, sink, namespaces=[namespace])) as reflector:
        await reflector.wait_synced()
        proxy.freeze()
        await client.create("Run", run_manifest(namespace, "during", loss=1))
        reflector.reconnect()
        await sink.until(lambda: sink.names == {"during"})


async def test_a_server_that_cannot_stream_a_load_is_read_page_by_page(
    client: KubeClient, namespace: str, run_manifest: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API server without the WatchList feature answers 422; here the question is one that any server refuses."""
    from joinery.kube import reflector as module

    def unknown(version: str | None, *, seconds: int) -> dict[str, str]:
        parameters = real(version, seconds=seconds)
        return parameters | ({"resourceVersionMatch": "Exact"} if version is None else {})

    real = module.watch_parameters
    monkeypatch.setattr(module, "watch_parameters", unknown)
    await make_runs(client, run_manifest, namespace, 30)
    sink = RecordingSink()
    async with running(Reflector(client, sink, namespaces=[namespace])) as reflector:
        await asyncio.wait_for(reflector.wait_synced(), 10)
        assert len(sink.names) == 30
        await client.create("Run", run_manifest(namespace, "new", loss=1))
        await sink.until(lambda: "new" in sink.names)
        assert sink.loads == 1


async def test_a_sink_that_fails_is_given_the_same_again(
    client: KubeClient, namespace: str, run_manifest: Make, caplog: pytest.LogCaptureFixture
) -> None:
    class FailingSink(RecordingSink):
        fails = 2

        async def apply(self, scope: str, **changes: Any) -> None:
            if scope not in self._loading and self.fails:
                self.fails -= 1
                raise RuntimeError("the database is away")
            await super().apply(scope, **changes)

    sink = FailingSink()
    async with running(Reflector(client, sink, namespaces=[namespace])) as reflector:
        await reflector.wait_synced()
        await client.create("Run", run_manifest(namespace, "one", loss=1))
        await sink.until(lambda: sink.names == {"one"})
        assert sink.loads == 1
    assert "could not be applied" in caplog.text


def test_the_resource_is_runs_unless_said_otherwise() -> None:
    assert RUNS.collection("a").endswith("/namespaces/a/runs")
