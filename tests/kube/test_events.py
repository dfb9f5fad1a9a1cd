"""Events: what is written, how often, and that nothing about them ever gets in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from joinery.kube.client import KubeClient
from joinery.kube.events import NOTE_LIMIT, QUEUED, EventRecorder, clip


@dataclass(frozen=True)
class Said:
    regarding: dict[str, Any]
    reason: str
    message: str
    kind: str = "Normal"


def about(namespace: str, name: str = "op") -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": "7"}
    return {"apiVersion": "joinery.dev/v1alpha1", "kind": "Operation", "metadata": meta}


def recorder(client: KubeClient) -> EventRecorder:
    return EventRecorder(client, controller="joinery.dev/operator", instance="pod-1")


async def test_what_was_said_can_be_read(client: KubeClient, namespace: str, kubectl: Callable[..., Any]) -> None:
    events = recorder(client)
    events.record(
        [Said(about(namespace), "Resolved", "5 of 20 runs"), Said(about(namespace), "Invalid", "no", "Warning")]
    )
    await events.flush()
    found = await client.list("Event", namespace)
    assert {(e["reason"], e["type"], e["note"]) for e in found} == {
        ("Resolved", "Normal", "5 of 20 runs"),
        ("Invalid", "Warning", "no"),
    }
    assert all(e["regarding"]["uid"] == "uid-op" for e in found)
    assert "5 of 20 runs" in kubectl("get", "events").stdout


async def test_the_same_again_is_a_count(client: KubeClient, namespace: str) -> None:
    events = recorder(client)
    said = Said(about(namespace), "Waiting", "for 3 runs")
    events.record([said])
    await events.flush()
    events.record([said] * 9)
    events.record([Said(about(namespace, "other"), "Waiting", "for 3 runs")])
    await events.flush()
    counts = {
        e["regarding"]["name"]: (e.get("series") or {}).get("count") for e in await client.list("Event", namespace)
    }
    assert counts == {"op": 10, "other": None}


async def test_writing_goes_on_in_the_background(client: KubeClient, namespace: str) -> None:
    events = recorder(client)
    task = asyncio.create_task(events.run())
    try:
        for number in range(3):
            events.record([Said(about(namespace, f"op-{number}"), "Resolved", "done")])
            async with asyncio.timeout(180):
                while len(await client.list("Event", namespace)) != number + 1:
                    await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_counts_are_not_written_one_by_one(client: KubeClient, namespace: str) -> None:
    events = recorder(client)
    task = asyncio.create_task(events.run())
    said = Said(about(namespace), "Waiting", "for 3 runs")
    events.record([said])
    async with asyncio.timeout(180):
        while not await client.list("Event", namespace):
            await asyncio.sleep(0.02)
    began = asyncio.get_running_loop().time()
    for _ in range(49):
        events.record([said])
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    (before,) = await client.list("Event", namespace)
    assert "series" not in before or asyncio.get_running_loop().time() - began > 9, "within ten seconds of the first"
    await events.flush()
    (after,) = await client.list("Event", namespace)
    assert after["series"]["count"] == 50


async def test_what_cannot_be_written_is_logged_and_forgotten(
    make_identity: Any, open_client: Any, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    events = recorder(await open_client(make_identity(rules=[])))
    events.record([Said(about(namespace), "Resolved", "done")])
    await events.flush()
    assert "an Event was not written" in caplog.text


async def test_a_flood_is_bounded(client: KubeClient, namespace: str) -> None:
    events = recorder(client)
    events.record([Said(about(namespace), "Resolved", f"number {number}") for number in range(QUEUED + 50)])
    assert events.dropped == 50


async def test_strange_names_and_long_notes_are_written(client: KubeClient, namespace: str) -> None:
    events = recorder(client)
    events.record([Said(about(namespace, "n" * 253), "Resolved", "ü" * 5_000)])
    await events.flush()
    (found,) = await client.list("Event", namespace)
    assert len(found["note"].encode()) <= NOTE_LIMIT
    assert found["note"].endswith("ü…")


@pytest.mark.parametrize("note", ["", "short", "x" * NOTE_LIMIT, "x" * 5_000, "\ud800 lone", "🪵" * 2_000])
def test_notes_fit(note: str) -> None:
    clipped = clip(note)
    assert len(clipped.encode()) <= NOTE_LIMIT
    assert clipped == note or clipped.endswith("…") or "\ud800" in note
