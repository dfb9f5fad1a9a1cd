"""What a container left arrives in its Run as it was said, whatever JSON it is and whoever writes the Run meanwhile."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cluster.server import Server

from joinery.control import outputs, progress, recording, states
from joinery.kube.client import KubeClient
from joinery.kube.config import Source
from joinery.kube.errors import Conflict, ServerError

NOW = "2026-01-01T00:00:00Z"
NULLS = {"best": None, "config": {"a": None, "b": {"c": None, "d": 1}}, "list": [None, {"e": None}], "plain": 1}


@pytest_asyncio.fixture
async def client(api_server: Server) -> AsyncIterator[KubeClient]:
    opened = await KubeClient.open(Source(kubeconfig=str(api_server.kubeconfig())))
    yield opened
    await opened.close()


async def _made(client: KubeClient, namespace: str, **status: Any) -> dict[str, Any]:
    metadata = {"name": "own", "namespace": namespace, "annotations": {"kept": "yes"}, "labels": {"also": "kept"}}
    manifest = {"metadata": metadata, "spec": {"kind": "job"}, "status": {"phase": "Running", **status}}
    return await client.create("Run", manifest)


def _ended(message: Any) -> progress.Progress:
    found = outputs.read(json.dumps(message), containers=1)
    assert not found.warning
    return progress.Progress(state=states.done("the Job is complete"), phase="Succeeded", outputs=found)


async def _now(client: KubeClient, run: dict[str, Any]) -> dict[str, Any]:
    found = await client.get("Run", run["metadata"]["namespace"], run["metadata"]["name"])
    assert found is not None
    return found


async def test_nulls_are_values_and_a_mapping_is_that_mapping(client: KubeClient, namespace: str) -> None:
    before = {"kept": 1, "config": {"of": "the client", "b": 2}}
    run = await _made(client, namespace, outputs=before, metrics={"loss": {"last": 1, "min": 1, "max": 1, "step": 3}})
    said = {"outputs": NULLS, "metrics": {"loss": {"last": 2}}, "artifacts": [{"name": "m", "summary": {"n": None}}]}
    assert await recording.record(client, run, _ended(said), now=NOW) == ()
    found = await _now(client, run)
    assert found["status"]["phase"] == "Succeeded"
    assert found["status"]["outputs"] == {"kept": 1, **NULLS}
    assert found["status"]["metrics"] == {"loss": {"last": 2}}
    assert found["status"]["artifacts"] == said["artifacts"]
    assert found["metadata"]["labels"] == {"also": "kept"}
    assert found["metadata"]["annotations"] == {"kept": "yes"}
    assert found["spec"] == run["spec"]


async def test_inputs_with_nulls_are_recorded_whole(client: KubeClient, namespace: str) -> None:
    run = await _made(client, namespace)
    patch = {"metadata": {"annotations": {"new": "1"}, "managedFields": [{}]}, "spec": {"inputs": NULLS}}
    written = await recording.write(client, run, patch)
    assert written["spec"] == {**run["spec"], "inputs": NULLS}
    assert written["metadata"]["annotations"] == {"kept": "yes", "new": "1"}
    assert "managedFields" not in written["metadata"]


@pytest.mark.parametrize("said", [{"outputs": NULLS}, {"artifacts": [{"name": "of the container"}]}])
async def test_what_the_client_wrote_meanwhile_is_not_lost(
    client: KubeClient, namespace: str, said: dict[str, Any]
) -> None:
    """The Run was read before the client's last write: it is read once more, and nothing is written over."""
    run = await _made(client, namespace)
    late = {"outputs": {"late": 1}, "metrics": {"loss": 0.1}, "artifacts": [{"name": "late"}]}
    await client.merge_patch("Run", namespace, "own", {"status": late})
    with pytest.raises(Conflict):
        await recording.record(client, run, _ended(said), now=NOW)
    assert (await _now(client, run))["status"] == {"phase": "Running", **late}
    await recording.record(client, await _now(client, run), _ended(said), now=NOW)
    status = (await _now(client, run))["status"]
    assert status["outputs"] == {"late": 1, **said.get("outputs", {})}
    assert status["metrics"] == {"loss": 0.1}
    assert status["artifacts"] == [{"name": "late"}, *said.get("artifacts", [])]


async def test_single_values_do_not_wait_for_the_client(client: KubeClient, namespace: str) -> None:
    run = await _made(client, namespace)
    await client.merge_patch("Run", namespace, "own", {"status": {"metrics": {"late": 1}}})
    await recording.record(client, run, _ended({"metrics": {"loss": 2}, "outputs": {"a": {"b": 1}}}), now=NOW)
    status = (await _now(client, run))["status"]
    assert (status["metrics"], status["outputs"]) == ({"late": 1, "loss": 2}, {"a": {"b": 1}})


async def test_a_run_that_has_no_room_for_outputs_ends_without_them(client: KubeClient, namespace: str) -> None:
    """The client filled it up: what the container says besides is refused, and the phase must arrive all the same."""
    run = await _made(client, namespace, outputs={"client": "x" * 800_000})
    for size in range(774_000, 760_000, -1_000):
        with contextlib.suppress(ServerError):
            run = await client.merge_patch("Run", namespace, "own", {"status": {"outputs": {"more": "x" * size}}})
            break
    (said,) = await recording.record(client, run, _ended({"outputs": {"text": "y" * 4_000}}), now=NOW)
    assert said[0] == "OutputsTruncated"
    assert "could not be recorded" in said[1]
    status = (await _now(client, run))["status"]
    assert status["phase"] == "Succeeded"
    assert list(status["outputs"]) == ["client", "more"]
