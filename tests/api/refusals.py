"""A good operation, changed in one place, and the problems that the models find in it."""

from __future__ import annotations

import copy
from typing import Any

from joinery.api.v1alpha1 import parse
from joinery.problems import InvalidManifest, Problem

GOOD: dict[str, Any] = {
    "apiVersion": "joinery.dev/v1alpha1",
    "kind": "Operation",
    "metadata": {"name": "x"},
    "spec": {
        "joins": [{"query": "", "params": {"p": {"value": "inputs.x"}}}],
        "component": {"inputs": [{"name": "p", "isList": True}], "run": {"kind": "job", "container": {"image": "i"}}},
    },
}


def problems(manifest: Any) -> tuple[Problem, ...]:
    try:
        parse(manifest)
    except InvalidManifest as error:
        return error.problems
    return ()


def with_join(**fields: Any) -> dict[str, Any]:
    manifest = copy.deepcopy(GOOD)
    join = manifest["spec"]["joins"][0]
    join.update(fields)
    manifest["spec"]["joins"][0] = {key: value for key, value in join.items() if value is not ...}
    return manifest


def of_join(**fields: Any) -> list[tuple[str, str]]:
    return [(problem.path.removeprefix("spec.joins[0]."), problem.rule) for problem in problems(with_join(**fields))]


def of_param(**fields: Any) -> list[tuple[str, str]]:
    fields.setdefault("value", "inputs.x")
    found = of_join(params={"p": {key: value for key, value in fields.items() if value is not ...}})
    return [(path.removeprefix("params.p."), rule) for path, rule in found]
