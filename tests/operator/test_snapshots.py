"""What was committed is what is launched: nobody's ConfigMaps but those that the digest is of, and no new search."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from test_faults import fill, large

from operator_fixtures import Objects, Operator, conditions, until

Start = Callable[..., Operator]
KEY = "snapshot.json.gz"


def forged(part: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The ConfigMap as somebody would write it who may write ConfigMaps: all of its own checksums fit."""
    found = json.loads(gzip.decompress(base64.b64decode(part["binaryData"][KEY])))
    change(found)
    packed = gzip.compress(json.dumps(found).encode())
    metadata = {key: part["metadata"][key] for key in ("name", "labels", "annotations", "ownerReferences")}
    metadata["annotations"]["joinery.dev/sha256"] = hashlib.sha256(packed).hexdigest()
    return {"metadata": metadata, "immutable": True, "binaryData": {KEY: base64.b64encode(packed).decode()}}


def other_image(found: dict[str, Any]) -> None:
    found["component"]["run"]["container"]["image"] = "somebody/elses"


def other_connection(found: dict[str, Any]) -> None:
    found["params"]["whole"]["connection"] = "secret"


def other_value(found: dict[str, Any]) -> None:
    found["params"]["losses"]["value"][0] = 7.0


def other_run(found: dict[str, Any]) -> None:
    found["joins"][0]["runs"].pop()


@pytest.mark.parametrize("change", [other_image, other_connection, other_value, other_run])
def test_a_forged_snapshot_is_not_launched(
    start_operator: Start, objects: Objects, change: Callable[[dict[str, Any]], None]
) -> None:
    fill(objects)
    running = start_operator()
    manifest = large("held")
    manifest["spec"]["suspend"] = True
    objects.create("operations", manifest)
    held = objects.wait("held", "Launched", "False", reason="Suspended")
    objects.wait_filled(held)
    running.stop()
    [name] = held["status"]["configMaps"]
    part = objects.get("configmaps", name)
    objects.delete("configmaps", name)
    objects.create("configmaps", forged(part, change))
    running = start_operator()
    objects.patch("operations", "held", {"spec": {"suspend": False}})
    lost = objects.wait("held", "Launched", "False", reason="SnapshotLost")
    assert f"another snapshot than {held['status']['digest']}" in conditions(lost)["Launched"]["message"]
    assert objects.list("jobs") == []
    assert "Traceback" not in running.text()


def test_a_snapshot_that_goes_while_its_job_runs_is_missed_by_nobody(start_operator: Start, objects: Objects) -> None:
    fill(objects)
    running = start_operator()
    objects.create("operations", large("going-on"))
    launched = objects.wait("going-on", "Launched", "True")
    objects.wait_filled(launched)
    for name in launched["status"]["configMaps"]:
        objects.delete("configmaps", name)
    passes = running.counts()["passes"]
    objects.patch("operations", "going-on", {"metadata": {"labels": {"seen": "yes"}}})
    until(lambda: running.counts()["passes"] > passes + 1)
    found = conditions(objects.get("operations", "going-on"))
    assert (found["Launched"]["status"], found["Succeeded"]["status"]) == ("True", "Unknown")
