"""A valid operation, changed in one place, and small objects of the other kinds."""

from __future__ import annotations

import copy
from typing import Any

OPERATION: dict[str, Any] = {
    "apiVersion": "joinery.dev/v1alpha1",
    "kind": "Operation",
    "metadata": {"name": "report", "namespace": "default"},
    "spec": {
        "joins": [
            {
                "query": "metrics.loss: <{{ most }}",
                "sort": "metrics.loss",
                "limit": 5,
                "params": {"lrs": {"value": "inputs.lr"}, "names": {"value": "globals.name", "contextOnly": True}},
            }
        ],
        "params": {"most": 0.5},
        "component": {
            "inputs": [{"name": "lrs", "type": "float", "isList": True}, {"name": "most", "type": "float"}],
            "run": {"container": {"image": "python", "command": ["python"], "args": ["x.py", "{{ lrs }}"]}},
        },
    },
}

CONTAINER = ("spec", "component", "run", "container")


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """The operation with one place of it changed."""
    manifest = copy.deepcopy(OPERATION)
    inside: Any = manifest
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return manifest


def other(kind: str, /, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "joinery.dev/v1alpha1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}
