"""What people and tools see of an operation: kstatus from the first moment, Events, log lines, refusals of size."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

from cluster_fixtures import Admin, Kubectl
from conditions import assert_conditions_conform, conditions, kstatus
from operator_fixtures import PATIENCE, Objects, Operator, operation, run

Start = Callable[..., Operator]


def test_straight_after_apply_it_is_in_progress(objects: Objects, start_operator: Start) -> None:
    """Before any operator has seen it, and after an edit that none has seen."""
    objects.create("runs", run("good", loss=0.1))
    made = objects.create("operations", operation("new", suspend=True))
    assert made["status"]["observedGeneration"] == -1
    assert "conditions" not in made["status"]
    assert kstatus(made) == "InProgress"
    assert_conditions_conform(made)
    running = start_operator("--namespace", objects.namespace, "--no-launch")
    done = objects.wait("new", "Resolved", "True")
    # Held by its author: not done, and nothing that waiting alone would end.
    assert kstatus(done) == "InProgress"
    assert conditions(done)["Ready"]["reason"] in {"Suspended", "LaunchingOff"}
    running.stop()
    edited = objects.patch("operations", "new", {"spec": {"suspend": False}})
    assert edited["status"]["observedGeneration"] < edited["metadata"]["generation"]
    assert kstatus(edited) == "InProgress"


def test_events_tell_of_transitions_once(
    start_operator: Start, objects: Objects, admin: Admin, kubectl: Kubectl
) -> None:
    running = start_operator("--namespace", objects.namespace, "--no-launch", "--log-format=json")
    objects.create("runs", run("older", loss=0.1, uuid="ab" * 16, createdAt="2026-01-01T00:00:00Z"))
    objects.create("runs", run("younger", loss=0.2, uuid="ab" * 16))
    objects.create("operations", operation("told"))
    done = objects.wait("told", "Resolved", "True")
    objects.create(
        "operations", operation("wrong", {"query": "metrix.loss: <1", "params": {"losses": {"value": "name"}}})
    )
    objects.wait("wrong", "Accepted", "False")
    objects.patch("operations", "told", {"metadata": {"labels": {"seen": "yes"}}})
    events = _events(admin, objects.namespace, at_least=3)
    running.until_quiet()
    events = _events(admin, objects.namespace, at_least=3)
    mine = [item for item in events if item["regarding"]["name"] == "told"]
    said = [(item["type"], item["reason"]) for item in mine]
    assert sorted(said) == sorted(set(said)), "something is said twice"
    # What was resolved was valid, too: that is not said apart.
    assert set(said) == {("Normal", "Resolved"), ("Warning", "ResolvedWithWarnings")}
    assert {item["regarding"]["uid"] for item in mine} == {done["metadata"]["uid"]}
    notes = {item["reason"]: item["note"] for item in mine}
    assert done["status"]["digest"] in notes["Resolved"]
    # A sentence, not a data structure.
    assert "the runs 'older' and 'younger' have one uuid" in notes["ResolvedWithWarnings"]
    assert "{" not in notes["ResolvedWithWarnings"]
    assert [item["type"] for item in events if item["reason"] == "Invalid"] == ["Warning"]
    assert "Resolved" in kubectl("events", "--for=operation/told").stdout


def test_log_lines_name_the_operation_and_its_uid(start_operator: Start, objects: Objects) -> None:
    running = start_operator("--namespace", objects.namespace, "--no-launch", "--log-format=json")
    uid = objects.create("operations", operation("logged"))["metadata"]["uid"]
    objects.wait("logged", "Resolved", "True")
    running.stop()
    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    mine = [line for line in lines if line.get("uid") == uid]
    assert [line for line in mine if "Resolved" in line["message"]]
    assert {(line["controller"], line["namespace"], line["object"]) for line in mine} == {
        ("operation", objects.namespace, "logged")
    }
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    assert not [line for line in lines if "OS signals" in line["message"]], "Kopf's warning at each start is no news"


def test_text_lines_name_them_too(start_operator: Start, objects: Objects) -> None:
    running = start_operator("--namespace", objects.namespace, "--no-launch")
    uid = objects.create("operations", operation("logged"))["metadata"]["uid"]
    objects.wait("logged", "Resolved", "True")
    running.stop()
    [line] = [line for line in running.log.read_text().splitlines() if ": Resolved: " in line]
    assert f"operation {objects.namespace}/logged: Resolved: " in line
    assert line.endswith(f"(uid {uid})")


def test_results_over_a_cap_are_refused_with_figures(start_operator: Start, objects: Objects) -> None:
    noise = random.Random(1)
    for number in range(6):
        objects.create("runs", run(f"run-{number}", loss=0.1, inputs={"noise": noise.randbytes(10_000).hex()}))
    start_operator(
        "--namespace", objects.namespace, "--operation-result-bytes=80000", "--namespace-result-bytes=100000"
    )  # fmt: skip
    objects.create("operations", whole("first", limit=5))
    objects.wait("first", "Resolved", "True")
    objects.create("operations", whole("second", limit=5))
    full = conditions(objects.wait("second", "Resolved", "False", reason="StoreFull"))
    assert "of 100,000 bytes" in full["Resolved"]["message"]
    assert full["Stalled"]["reason"] == full["Ready"]["reason"] == "StoreFull"
    objects.create("runs", run("huge", loss=0.1, inputs={"noise": noise.randbytes(60_000).hex()}))
    objects.create("operations", whole("third"))
    large = conditions(objects.wait("third", "Resolved", "False", reason="TooLarge"))
    assert "80,000" in large["Resolved"]["message"]
    # What fits into status needs no room, and what went makes some.
    objects.create("operations", operation("small"))
    objects.wait("small", "Resolved", "True")


def whole(name: str, **join: Any) -> dict[str, Any]:
    """An operation that takes the whole inputs of its runs."""
    manifest = operation(name, {"query": "kind: job", "sort": "-name", "params": {"all": {"value": "inputs"}}, **join})
    manifest["spec"]["component"] = {
        "inputs": [{"name": "all", "type": "dict", "isList": True}],
        "run": {"kind": "job", "container": {"image": "python:3.11"}},
    }
    return manifest


def _events(admin: Admin, namespace: str, *, at_least: int) -> list[Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        found: list[Any] = admin.request("GET", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events")["items"]
        if len(found) >= at_least:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
