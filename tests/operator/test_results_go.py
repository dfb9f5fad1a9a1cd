"""Results go a while after the end of their operation: a setting. Digest and summary stay; one on hold keeps all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cluster.server import Server
from test_faults import fill, large

from operator_fixtures import Objects, Operator, conditions, until

Start = Callable[..., Operator]


@pytest.mark.spec("4:38")
def test_results_go_when_they_have_been_kept_long_enough(
    controllers: Server, start_operator: Start, objects: Objects
) -> None:
    fill(objects)
    start_operator("--namespace", objects.namespace, "--keep-results", "2s")
    waits = large("waits")
    waits["spec"]["suspend"] = True
    objects.create("operations", waits)
    objects.create("operations", large("ends"))
    before = objects.wait("ends", "Launched", "True")
    held = objects.wait("waits", "Launched", "False", reason="Suspended")
    assert _kept(objects, before) == set(before["status"]["configMaps"]) != set()
    objects.patch("operations", "ends", {"spec": {"stop": True}})
    ended = objects.wait("ends", "Succeeded", "False", reason="Stopped")
    until(lambda: not _kept(objects, ended), told=lambda: "its results stayed")
    after = objects.get("operations", "ends")
    assert after["status"]["digest"] == before["status"]["digest"]
    assert after["status"]["params"] == before["status"]["params"]
    assert conditions(after)["Succeeded"] == conditions(ended)["Succeeded"]
    assert _kept(objects, held) == set(held["status"]["configMaps"]) != set()


def _kept(objects: Objects, operation: dict[str, Any]) -> set[str]:
    """The operation's result ConfigMaps."""
    uid = operation["metadata"]["uid"]
    return {
        found["metadata"]["name"]
        for found in objects.list("configmaps")
        if (labels := found["metadata"].get("labels") or {}).get("joinery.dev/operation-uid") == uid
        and "joinery.dev/result" in labels
    }
