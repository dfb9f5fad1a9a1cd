"""Objects that no webhook has seen: each is told what is wrong, and none stops the operator or keeps it busy.

Most of these a webhook would refuse; the last ones only the API server can, or the kernel.
"""

from __future__ import annotations

import time
import urllib.error
from collections.abc import Callable
from typing import Any

from operator_fixtures import PATIENCE, Objects, Operator, conditions, operation, run

Start = Callable[..., Operator]
KIND = {"apiVersion": "joinery.dev/v1alpha1"}
RUN: dict[str, Any] = {"kind": "job", "container": {"image": "python:3.11"}}
LOSSES = [{"name": "losses", "type": "float", "isList": True}]


def joining(**join: Any) -> dict[str, Any]:
    return {"joins": [{"query": "metrics.loss: <0.5", "params": {"losses": {"value": "metrics.loss"}}, **join}]}


def running(**more: Any) -> dict[str, Any]:
    return {"component": {"inputs": LOSSES, "run": {**RUN, **more}}}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


ODD: dict[str, dict[str, Any]] = {
    "query-no-field": joining(query="metrix.loss: <1"),
    "query-open": joining(query='name: "'),
    "query-deep": joining(query="(" * 500 + "kind: job" + ")" * 500),
    "query-template": joining(query="metrics.loss: <{{ 1 / 0 }}"),
    "sort-unknown": joining(sort="metrix.loss"),
    "limit-text": joining(limit="many"),
    "offset-negative": joining(offset="-5"),
    "value-garbage": joining(params={"losses": {"value": "metrics..loss[["}}),
    "value-number": joining(params={"losses": {"value": 5}}),
    "value-deep": joining(params={"losses": {"value": deep(40)}}),
    "param-unknown-key": joining(params={"losses": {"value": "metrics.loss", "vaule": 1}}),
    "param-not-asked-for": joining(params={"gains": {"value": "metrics.loss"}}),
    "template-large": {"params": {"text": {"value": "{{ 'a' * 1000000000 }}", "contextOnly": True}}},
    "template-statement": {"params": {"text": {"value": "{% for a in b %}{% endfor %}", "contextOnly": True}}},
    "template-escape": {"params": {"text": {"value": "{{ ''.__class__.__mro__ }}", "contextOnly": True}}},
    "ref-nowhere": {"params": {"text": {"ref": "planets.mars", "value": "inputs.a"}}},
    "container-list": running(container=["python"]),
    "container-args": running(container={"image": "x", "args": {"a": 1}}),
    "container-none": running(container=None),
    "environment-text": running(environment="fast"),
    "volumes-odd": running(volumes=[{"name": "v", "emptyDir": "yes"}]),
    "init-odd": running(init=[{"git": {"url": "x"}}]),
    "kind-odd": running(kind="tfjob"),
    "inputs-type": {"component": {"inputs": [{"name": "losses", "type": "flot", "isList": True}], "run": RUN}},
    "inputs-default": {"component": {"inputs": [{"name": "losses", "type": "int", "value": "x"}], "run": RUN}},
    "connection-odd": running(connections=["Not A Name"]),
    "message-path": running(container={"image": "x", "terminationMessagePath": "/a"}),
    "args-unknown": running(container={"image": "x", "args": ["{{ lossess }}"]}),
    "large-text": running(container={"image": "x", "args": ["x" * 900_000]}),
}


def test_odd_operations_are_told_what_is_wrong_and_the_others_go_on(start_operator: Start, objects: Objects) -> None:
    objects.create("runs", run("good", loss=0.1))
    let_in = [name for name, spec in ODD.items() if _create(objects, "operations", operation(name, **spec))]
    assert len(let_in) >= 20, "the schema refuses nearly all of them: there is little left to try"
    for manifest in (
        {"kind": "Search", "metadata": {"name": "odd"}, "spec": {"query": "metrix.loss: <1"}},
        {
            "kind": "Component",
            "metadata": {"name": "odd"},
            "spec": {"inputs": LOSSES, "run": {**RUN, "environment": {"a": 1}}},
        },
        {
            "kind": "Connection",
            "metadata": {"name": "odd"},
            "spec": {"kind": "hostPath", "schema": {"path": "/data/../etc"}},
        },
    ):
        plural = {"Search": "searches"}.get(manifest["kind"], f"{manifest['kind'].lower()}s")
        assert _create(objects, plural, KIND | manifest), manifest
    by_component = operation("of-a-component", componentRef={"name": "odd"})
    del by_component["spec"]["component"]
    objects.create("operations", by_component)
    objects.create("operations", operation("of-a-search", {"ref": "odd", "params": {"losses": {"value": "name"}}}))
    objects.create("operations", operation("of-a-connection", **running(connections=["odd"])))
    process = start_operator()
    objects.create("operations", operation("sound"))
    objects.wait("sound", "Launched", "True")
    for name in (*let_in, "of-a-component", "of-a-search", "of-a-connection"):
        told = _wait_told(objects, name)
        assert len(told) > 20, f"{name}: {told}"
    # Nobody is busy with them: a few are tried again now and then, as the API server may come to think otherwise.
    process.until_quiet("writes")
    before = process.counts()
    time.sleep(5)
    after = process.counts()
    assert after["passes"] - before["passes"] < len(let_in)
    assert after["writes"] - before["writes"] < len(let_in) / 2
    assert process.process.poll() is None
    assert "Traceback" not in process.log.read_text()
    jobs = {job["metadata"]["name"] for job in objects.list("jobs")}
    assert jobs.isdisjoint(let_in), "something was launched that is wrong"
    objects.create("operations", operation("later"))
    objects.wait("later", "Launched", "True")


def _create(objects: Objects, plural: str, manifest: dict[str, Any]) -> bool:
    """Whether the API server takes it: what the schema refuses needs nobody else."""
    try:
        objects.create(plural, manifest)
    except urllib.error.HTTPError as refusal:
        if refusal.code not in (400, 422):
            raise
        return False
    return True


def _wait_told(objects: Objects, name: str) -> str:
    """The message of the condition that says it goes no further as it is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = conditions(objects.get("operations", name))
        for condition in ("Accepted", "Resolved", "Launched", "Succeeded"):
            if found.get(condition, {}).get("status") == "False":
                return str(found[condition]["message"])
        assert time.monotonic() < deadline, f"{name}: {found}"
        time.sleep(0.05)
