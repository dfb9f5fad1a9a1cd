"""Runs that are large, wrong or twice there: named in warnings, and in nobody's way. Two operators by mistake, too."""

from __future__ import annotations

import threading
import urllib.error
from collections.abc import Callable
from typing import Any

import pytest

from api_proxy import ApiProxy
from operator_fixtures import Objects, Operator, operation, run, until

Start = Callable[..., Operator]


WRONG: dict[str, dict[str, Any]] = {
    "a-time": {"spec": {"createdAt": "yesterday, I think"}},
    "a-metric": {"status": {"metrics": {"loss": "low"}}},
    "a-metric-list": {"status": {"metrics": {"loss": [0.1]}}},
    "a-metric-map": {"status": {"metrics": {"loss": {"last": "low"}}}},
    "inputs": {"spec": {"inputs": ["lr"]}},
    "outputs": {"status": {"outputs": "none"}},
    "tags": {"spec": {"tags": [{"a": 1}]}},
    "upstream": {"status": {"upstream": [{"uuid": 7}]}},
    "a-uuid": {"spec": {"uuid": "not a uuid"}},
}


def test_large_runs_are_named_and_joined_whole(start_operator: Start, objects: Objects) -> None:
    """1 MiB of outputs, in many values and in one; 10,000 metrics. What is not searched of them is delivered."""
    values, text, metrics = run("values", loss=0.1), run("text", loss=0.2), run("metrics", loss=0.3)
    values["status"]["outputs"] = {f"key-{number:05}": "x" * 85 for number in range(10_000)}
    text["status"]["outputs"] = {"log": "x" * 1_000_000}
    metrics["status"]["metrics"] |= {f"m{number:05}": number for number in range(10_000)}
    for made in (values, text, metrics, run("good", loss=0.4)):
        objects.create("runs", made)
    start_operator("--namespace", objects.namespace, "--no-launch")
    join = {
        "query": "outputs.log: ~nil", "params": {"losses": {"value": "metrics.loss"}, "log": {"value": "outputs.log"}},
    }  # fmt: skip
    inputs = [{"name": "losses", "type": "float", "isList": True}, {"name": "log", "type": "str", "isList": True}]
    component = {"inputs": inputs, "run": {"kind": "job", "container": {"image": "python:3.11"}}}
    objects.create("operations", operation("large", join, component=component))
    done = objects.wait("large", "Resolved", "True")
    assert done["status"]["params"]["losses"]["value"] == [0.2]
    assert done["status"]["params"]["log"]["size"] == 1_000_004  # with the brackets and quotes of JSON
    said = warnings(done)
    assert "the run 'values': it holds 10,003 values: the first 2,000 are searched" in said["partly-searched"]
    assert "the run 'metrics': it holds 10,003 values: the first 2,000 are searched" in said["partly-searched"]
    assert "'text'" not in said["partly-searched"]  # a long text is searched whole, behind its first 256 characters
    # What stands first of each is searched; what is not searched is joined.
    all_of = {"query": "inputs.lr: 0.1", "params": {"all": {"value": "metrics"}}}
    component = {"inputs": [{"name": "all", "type": "dict", "isList": True}], "run": component["run"]}
    objects.create("operations", operation("whole", all_of, component=component))
    whole = objects.wait("whole", "Resolved", "True")
    assert whole["status"]["joins"][0]["matched"] == 4
    assert whole["status"]["params"]["all"]["size"] > 100_000


@pytest.mark.parametrize("name", WRONG)
def test_a_run_of_wrong_types_is_refused_or_named_and_left_out(
    start_operator: Start, objects: Objects, name: str
) -> None:
    """What the schema can refuse it refuses; what it lets pass no search takes, and each says so."""
    objects.create("runs", run("good", loss=0.1))
    odd = run("odd", loss=0.05)
    for part, values in WRONG[name].items():
        odd[part] |= values
    try:
        objects.create("runs", odd)
        refused = ""
    except urllib.error.HTTPError as error:
        if error.code != 422:
            raise
        refused = str(error)
    if refused:
        [(part, values)] = WRONG[name].items()
        assert f"{part}.{next(iter(values))}" in refused
        return
    start_operator("--namespace", objects.namespace, "--no-launch")
    objects.create("operations", operation("brave"))
    done = objects.wait("brave", "Resolved", "True")
    assert [found["name"] for found in done["status"]["joins"][0]["runs"]] == ["good"]
    assert "'odd'" in " ".join(warnings(done).values())


def test_of_two_runs_with_one_uuid_the_older_is_searched(start_operator: Start, objects: Objects) -> None:
    objects.create("runs", run("good", loss=0.1))
    objects.create("runs", run("first", loss=0.4, uuid="ab" * 16, createdAt="2026-01-01T00:00:00Z"))
    objects.create("runs", run("second", loss=0.45, uuid="ab" * 16))
    start_operator("--namespace", objects.namespace, "--no-launch")
    objects.create("operations", operation("brave"))
    done = objects.wait("brave", "Resolved", "True")
    assert [found["name"] for found in done["status"]["joins"][0]["runs"]] == ["good", "first"]
    assert "'first' and 'second' have one uuid" in warnings(done)["same-uuid"]
    objects.delete("runs", "first")
    objects.create("operations", operation("again"))
    done = objects.wait("again", "Resolved", "True")
    assert [found["name"] for found in done["status"]["joins"][0]["runs"]] == ["good", "second"]
    assert "same-uuid" not in warnings(done)


def test_a_run_that_is_deleted_while_it_is_joined_is_named(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    """Deleted after the search took it, while the results are written: the snapshot holds, and says so."""
    for name, loss in (("stays", 0.2), ("goes", 0.1)):
        objects.create("runs", run(name, loss=loss, inputs={"text": f"{name} " * 4_000}))
    running = start_operator("--namespace", namespace, "--no-launch", kubeconfig=api_proxy.path)
    searched, deleted = threading.Event(), threading.Event()

    def held(method: str, path: str) -> bool:
        if method != "POST" or not path.endswith("/configmaps"):
            return False
        searched.set()
        return not deleted.is_set()

    api_proxy.held = held
    join = {
        "query": "metrics.loss: <0.5", "sort": "metrics.loss", "params": {"texts": {"value": "inputs.text"}},
    }  # fmt: skip
    inputs = [{"name": "texts", "type": "str", "isList": True}]
    component = {"inputs": inputs, "run": {"kind": "job", "container": {"image": "python:3.11"}}}
    objects.create("operations", operation("taking", join, component=component))
    until(searched.is_set)
    objects.delete("runs", "goes")
    # Its own Run and the one that stays: the store has seen the deletion.
    until(lambda: "joinery_store_runs 2.0" in running.get("/metrics")[1])
    deleted.set()
    done = objects.wait("taking", "Resolved", "True")
    assert [found["name"] for found in done["status"]["joins"][0]["runs"]] == ["goes", "stays"]
    assert done["status"]["params"]["texts"]["count"] == 2
    assert warnings(done)["deleted-run"].startswith("the run 'goes' was deleted while it was joined")


def warnings(done: dict[str, Any]) -> dict[str, str]:
    """What `status.warnings` says, by rule."""
    said: dict[str, str] = {}
    for item in done["status"].get("warnings") or ():
        said[item["rule"]] = f"{said.get(item['rule'], '')}\n{item['message']}".strip()
    return said


def test_two_operators_by_mistake_do_nothing_twice(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    objects.create("runs", run("good", loss=0.1))
    for _ in range(2):
        start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    names = [f"twice-{number}" for number in range(10)]
    for name in names:
        objects.create("operations", operation(name))
    for name in names:
        done = objects.wait(name, "Launched", "True")
        assert done["status"]["params"]["losses"]["value"] == [0.1]
    jobs = [found["metadata"]["name"] for found in objects.list("jobs")]
    assert sorted(jobs) == sorted(names)
    owned = [found for found in objects.list("runs") if found["spec"].get("managedBy") == "joinery"]
    assert len(owned) == len(names)
