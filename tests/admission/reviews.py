"""Objects, and the reviews that an API server would ask of them."""

from __future__ import annotations

import copy
from typing import Any

import orjson

from joinery.admission import review

API = "joinery.dev/v1alpha1"
OPERATION: dict[str, Any] = {
    "apiVersion": API,
    "kind": "Operation",
    "metadata": {"name": "report", "namespace": "default"},
    "spec": {
        "joins": [{"query": "metrics.loss: <0.5", "params": {"lrs": {"value": "inputs.lr"}}}],
        "component": {
            "inputs": [{"name": "lrs", "type": "float", "isList": True}],
            "run": {"kind": "job", "container": {"image": "python", "command": ["python"], "args": ["{{ lrs }}"]}},
        },
    },
}
SEARCH: dict[str, Any] = {
    "apiVersion": API,
    "kind": "Search",
    "metadata": {"name": "good"},
    "spec": {"query": "metrics.loss: <0.5", "sort": "metrics.loss"},
}
CONNECTION: dict[str, Any] = {
    "apiVersion": API,
    "kind": "Connection",
    "metadata": {"name": "data"},
    "spec": {"kind": "volumeClaim", "schema": {"claim": "data"}},
}
COMPONENT: dict[str, Any] = {
    "apiVersion": API,
    "kind": "Component",
    "metadata": {"name": "train"},
    "spec": OPERATION["spec"]["component"],
}


def changed(manifest: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one place of it changed; ``path`` has dots: ``spec.joins.0.query``. ``...`` takes the place away."""
    made = copy.deepcopy(manifest)
    inside: Any = made
    *parts, last = path.split(".")
    for part in parts:
        inside = inside[int(part)] if isinstance(inside, list) else inside.setdefault(part, {})
    if value is ...:
        del inside[last]
    elif isinstance(inside, list):
        inside[int(last)] = value
    else:
        inside[last] = value
    return made


def resolved(manifest: dict[str, Any] = OPERATION, **status: Any) -> dict[str, Any]:
    return {**copy.deepcopy(manifest), "status": {"resolvedAt": "2026-05-01T12:00:00Z", **status}}


def request(operation: str, new: Any, old: Any = None, **more: Any) -> dict[str, Any]:
    kind = next((one["kind"] for one in (new, old) if isinstance(one, dict) and "kind" in one), "Operation")
    return {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "joinery.dev", "version": "v1alpha1", "kind": kind},
        "operation": operation,
        "object": new,
        "oldObject": old,
        **more,
    }


def body(asked: Any, **more: Any) -> bytes:
    return orjson.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked, **more})


def answer(operation: str, new: Any, old: Any = None, **more: Any) -> dict[str, Any]:
    """The ``response`` to such a request."""
    asked = request(operation, new, old, **more)
    answered = review(body(asked))
    assert (answered["apiVersion"], answered["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response: dict[str, Any] = answered["response"]
    assert response["uid"] == asked["uid"]
    return response


def causes(response: dict[str, Any]) -> dict[str, str]:
    """Path to message of a refusal."""
    return {cause["field"]: cause["message"] for cause in response["status"]["details"]["causes"]}
