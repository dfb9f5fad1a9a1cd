"""The largest operations that are let in: they resolve, are recorded and launched, or are told why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from operator_fixtures import Objects, Operator, operation, run

Start = Callable[..., Operator]
CONTAINER = {"image": "python:3.11"}


def test_32_joins_of_128_params_over_300_runs(start_operator: Start, objects: Objects) -> None:
    """300 Runs, each joined 4,096 times: what is recorded of it fits into one object each, or is counted."""
    runs = [(objects.path("runs"), run(f"run-{number:03}", loss=number / 1000)) for number in range(300)]
    objects.send_all("POST", runs)
    start_operator()
    joins = [
        {
            "query": f"metrics.loss: <{number + 1}", "sort": "metrics.loss", "limit": 300,
            "params": {f"losses-of-the-join-{number}-{param}": {"value": "metrics.loss", "contextOnly": True}
                       for param in range(128)},
        }
        for number in range(32)
    ]  # fmt: skip
    component = {"run": {"kind": "job", "container": CONTAINER}}
    objects.create("operations", operation("wide", *joins, component=component))
    done = objects.wait("wide", "Launched", "True")
    assert done["status"]["joined"] == 300
    assert len(done["status"]["params"]) == 4096
    assert done["status"]["configMaps"]
    own = objects.get("runs", done["status"]["runRef"]["name"])
    assert own["status"]["upstreamCount"] == 300
    assert own["metadata"]["annotations"]["joinery.dev/digest"] == done["status"]["digest"]


def test_inputs_of_two_mebibytes_are_summed_up_in_the_record(start_operator: Start, objects: Objects) -> None:
    """Each input is small enough to be recorded whole; all of them together are not."""
    for part in range(2):
        made = run(f"part-{part}", loss=part / 10)
        made["spec"]["inputs"] = {"part": part} | {f"text{number}": "x" * 15_000 for number in range(70)}
        objects.create("runs", made)
    start_operator()
    joins = [
        {
            "query": f"inputs.part: {part}",
            "params": {f"p{part}-{number}": {"value": f"inputs.text{number}"} for number in range(70)},
        }
        for part in range(2)
    ]
    inputs = [{"name": name, "type": "str", "isList": True} for join in joins for name in join["params"]]
    component = {"inputs": inputs, "run": {"kind": "job", "container": CONTAINER}}
    objects.create("operations", operation("heavy", *joins, component=component))
    done = objects.wait("heavy", "Launched", "True")
    recorded = objects.get("runs", done["status"]["runRef"]["name"])["spec"]["inputs"]
    assert set(recorded) == {item["name"] for item in inputs}
    assert recorded["p0-0"] == ["x" * 15_000]
    assert recorded["p1-69"]["count"] == 1
    assert len(recorded["p1-69"]["sha256"]) == 64


def test_a_component_of_900_kilobytes_is_recorded_beside_the_status(start_operator: Start, objects: Objects) -> None:
    """Status would hold it once more, and one object may have 1.5 MiB in all."""
    objects.create("runs", run("good", loss=0.1))
    start_operator()
    parts: list[dict[str, Any]] = [{"name": f"V{number}", "value": "x" * 90_000} for number in range(10)]
    component = {
        "inputs": [{"name": "losses", "type": "float", "isList": True}],
        "run": {"kind": "job", "container": {**CONTAINER, "env": parts}},
    }
    objects.create("operations", operation("long", component=component))
    done = objects.wait("long", "Launched", "True")
    assert done["status"]["params"]["losses"]["value"] == [0.1]
    assert "component" not in done["status"]
    assert done["status"]["configMaps"]
    [job] = objects.list("jobs")
    assert len(job["spec"]["template"]["spec"]["containers"][0]["env"]) >= len(parts)
