"""Runs of a real API server in a real store: what searches see while loads begin, break and end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recording import running

from joinery.kube.client import KubeClient
from joinery.kube.mirror import Applied, Mirror, RunKey, read_all
from joinery.kube.mirror_store import StoreNotReady
from joinery.kube.reflector import Reflector
from joinery.pql import check_query, check_sort
from joinery.runs.search import RunStore, SearchRequest
from joinery.store import SqlStore

Make = Callable[..., dict[str, Any]]


def manifest(name: str, *, uid: str | None = None, version: int = 1, **outputs: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "lab",
            "uid": uid or f"00000000-0000-0000-0000-{abs(hash(name)) % 10**12:012d}",
            "resourceVersion": str(version),
            "creationTimestamp": "2025-01-01T00:00:00Z",
        },
        "status": {"phase": "Succeeded", "outputs": outputs},
    }


def search(store: RunStore, query: str, *, namespace: str = "lab") -> list[str]:
    request = SearchRequest(namespace=namespace, query=check_query(query, now=0), sort=check_sort("name"))
    return sorted(run.name for run in store.search(request).runs)


async def load(mirror: Mirror, *manifests: dict[str, Any], scope: str = "", version: str = "10") -> None:
    await mirror.begin_load(scope)
    await mirror.apply(scope, upserts=list(manifests), deletes=[], version="")
    await mirror.end_load(scope, version=version)


@pytest.fixture(params=["fresh", "lasting"])
def make_mirror(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Mirror]:
    """Both ways: a fresh store in memory for each load, and one database for all."""

    def make(**options: Any) -> Mirror:
        if request.param == "fresh":
            return Mirror(SqlStore.in_memory, **options)
        return Mirror(lambda: SqlStore.open(f"sqlite:///{tmp_path / 'runs.db'}"), lasting=True, **options)

    return make


async def test_nothing_is_searched_before_everything_is_there(make_mirror: Callable[..., Mirror]) -> None:
    mirror = make_mirror()
    with pytest.raises(StoreNotReady, match="still being loaded"):
        search(mirror.store, "outputs.loss: <1")
    await mirror.begin_load("")
    await mirror.apply("", upserts=[manifest("a", loss=0.1)], deletes=[], version="")
    with pytest.raises(StoreNotReady):
        search(mirror.store, "outputs.loss: <1")
    await mirror.end_load("", version="10")
    assert search(mirror.store, "outputs.loss: <1") == ["a"]
    await mirror.close()


async def test_changes_are_seen_once_they_are_applied(make_mirror: Callable[..., Mirror]) -> None:
    told: list[Applied] = []
    mirror = make_mirror(applied=told.append)
    await load(mirror, manifest("a", loss=0.1), manifest("b", loss=0.2))
    await mirror.apply(
        "", upserts=[manifest("b", loss=5), manifest("c", loss=0.3)], deletes=[manifest("a")], version="12"
    )
    assert search(mirror.store, "outputs.loss: <1") == ["c"]
    assert told[0] == Applied(scope="", version="10", whole=True)
    assert told[1].version == "12"
    assert [key.name for key in told[1].upserted] == ["b", "c"]
    assert [key.name for key in told[1].deleted] == ["a"]
    assert mirror.store.counts().runs == 2
    request = SearchRequest(namespace="lab", query=check_query("outputs.loss: <1", now=0), sort=check_sort("name"))
    assert mirror.store.search(request).version == "12"
    await mirror.close()


async def test_a_load_brings_what_is_there_and_drops_what_is_not(make_mirror: Callable[..., Mirror]) -> None:
    """After a 410 nobody says what was deleted meanwhile: it is what the load did not bring."""
    mirror = make_mirror()
    await load(mirror, manifest("a", loss=0.1), manifest("b", loss=0.2))
    await mirror.apply("", upserts=[manifest("c", loss=0.3)], deletes=[], version="11")
    await load(mirror, manifest("b", loss=0.5), manifest("d", loss=0.4), version="20")
    assert search(mirror.store, "outputs.loss: <1") == ["b", "d"]
    assert mirror.store.counts().runs == 2
    await mirror.close()


async def test_a_load_that_broke_leaves_nothing_behind(make_mirror: Callable[..., Mirror]) -> None:
    mirror = make_mirror()
    await mirror.begin_load("")
    await mirror.apply("", upserts=[manifest("gone", loss=0.1)], deletes=[], version="")
    await load(mirror, manifest("a", loss=0.1))
    assert search(mirror.store, "outputs.loss: <1") == ["a"]
    await mirror.close()


async def test_with_a_fresh_store_searches_go_on_in_the_old_one_during_a_load() -> None:
    mirror = Mirror(SqlStore.in_memory)
    await load(mirror, manifest("old", loss=0.1))
    await mirror.begin_load("")
    await mirror.apply("", upserts=[manifest("new", loss=0.1)], deletes=[], version="")
    assert search(mirror.store, "outputs.loss: <1") == ["old"]
    await mirror.end_load("", version="20")
    assert search(mirror.store, "outputs.loss: <1") == ["new"]
    await mirror.close()


async def test_a_store_is_closed_only_when_the_last_search_has_left_it() -> None:
    inside, leave = threading.Event(), threading.Event()
    closed: list[str] = []

    class SlowStore(SqlStore):
        def damaged(self, namespace: str) -> Any:
            inside.set()
            assert leave.wait(10)
            return super().damaged(namespace)

        def close(self) -> None:
            closed.append("closed")
            super().close()

    mirror = Mirror(SlowStore.in_memory)
    await load(mirror, manifest("old"))
    reading = asyncio.create_task(asyncio.to_thread(mirror.store.damaged, "lab"))
    await asyncio.to_thread(inside.wait, 10)
    await load(mirror, manifest("new"), version="20")
    assert closed == []
    leave.set()
    assert await reading == {}
    assert closed == ["closed"]
    await mirror.close()


async def test_namespaces_are_apart(make_mirror: Callable[..., Mirror]) -> None:
    mirror = make_mirror(namespaces=["lab", "other"])
    await load(mirror, manifest("a", loss=0.1), scope="lab")
    with pytest.raises(StoreNotReady, match="other are still being loaded"):
        search(mirror.store, "outputs.loss: <1", namespace="other")
    with pytest.raises(StoreNotReady, match="namespace third is not watched"):
        search(mirror.store, "outputs.loss: <1", namespace="third")
    await load(mirror, scope="other")
    assert search(mirror.store, "outputs.loss: <1", namespace="other") == []
    await load(mirror, manifest("b", loss=0.1), scope="lab")
    assert search(mirror.store, "outputs.loss: <1") == ["b"]
    await mirror.close()


async def test_a_run_that_cannot_be_read_is_noted_until_it_can(make_mirror: Callable[..., Mirror]) -> None:
    mirror = make_mirror()
    bad = manifest("a") | {"status": {"phase": 7, "outputs": [1]}}
    await load(mirror, bad, manifest("b", loss=0.1))
    assert "a" in mirror.store.damaged("lab")
    assert search(mirror.store, "outputs.loss: <1") == ["b"]
    await mirror.apply("", upserts=[manifest("a", loss=0.1)], deletes=[], version="11")
    assert mirror.store.damaged("lab") == {}
    assert search(mirror.store, "outputs.loss: <1") == ["a", "b"]
    await mirror.apply("", upserts=[bad], deletes=[], version="12")
    assert search(mirror.store, "outputs.loss: <1") == ["b"]
    await mirror.apply("", upserts=[], deletes=[bad], version="13")
    assert mirror.store.damaged("lab") == {}
    await mirror.close()


def test_what_is_no_run_at_all_is_noted_too() -> None:
    records, damaged = read_all([{"metadata": {"uid": "u", "name": "n", "namespace": "x"}, "spec": 7}, {}])
    assert records == []
    assert damaged[0][0] == RunKey("x", "n", "u")
    assert "spec" in damaged[0][1]


async def test_only_the_reflector_writes() -> None:
    mirror = Mirror(SqlStore.in_memory)
    for write in (mirror.store.upsert, mirror.store.delete, mirror.store.note_damaged):
        with pytest.raises(TypeError, match="reflector alone"):
            write([])
    await mirror.close()


async def test_runs_of_a_cluster_are_found(client: KubeClient, namespace: str, run_manifest: Make) -> None:
    told: list[Applied] = []
    mirror = Mirror(SqlStore.in_memory, namespaces=[namespace], applied=told.append)
    for number in range(12):
        await client.create("Run", run_manifest(namespace, f"run-{number:02}", loss=number / 10))
    async with running(Reflector(client, mirror, namespaces=[namespace])) as reflector:
        await reflector.wait_synced()
        assert search(mirror.store, "metrics.loss: <0.3", namespace=namespace) == ["run-00", "run-01", "run-02"]
        own = await client.create("Run", run_manifest(namespace, "own", loss=0.0))
        key = RunKey(namespace, "own", own["metadata"]["uid"])
        async with asyncio.timeout(180):
            while not any(key in applied.upserted for applied in told):
                await asyncio.sleep(0.01)
        assert "own" in search(mirror.store, "metrics.loss: <0.3", namespace=namespace)
    await mirror.close()
