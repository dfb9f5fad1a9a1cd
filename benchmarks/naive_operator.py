"""The operator that one would write in an afternoon with Kopf: on each Operation list all Runs, filter them in Python,
patch the status. Run by `side_by_side.py --only operator`, beside Joinery's own.

It is honest work: each handler has a thread, so that operations are handled side by side, and Runs are read with the
official client. It understands one comparison a query, one sort key, and paths of inputs, outputs and metrics, and
keeps nothing between two operations.

    kopf run --namespace=default benchmarks/naive_operator.py
"""

from __future__ import annotations

import json
import operator
import re
from datetime import UTC, datetime
from typing import Any

import kopf
from kubernetes import client, config

GROUP, VERSION = "joinery.dev", "v1alpha1"
COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
CLAUSE = re.compile(r"(?P<path>[\w./-]+)\s*:\s*(?P<sign><=|>=|<|>)\s*(?P<bound>\S+)")


@kopf.on.startup()
def connect(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Use the caller's kubeconfig; write no Events."""
    config.load_kube_config()
    settings.posting.enabled = False


@kopf.on.create(GROUP, VERSION, "operations")
def resolve(spec: kopf.Spec, namespace: str | None, patch: kopf.Patch, **_: Any) -> None:
    """Resolve every join, and say so."""
    found = client.CustomObjectsApi().list_namespaced_custom_object(GROUP, VERSION, namespace, "runs")["items"]
    values: dict[str, Any] = {}
    for join in spec["joins"]:
        taken = search(found, join)
        for name, param in join["params"].items():
            values[name] = [value_of(run, param["value"]) for run in taken]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    patch.status["conditions"] = [
        {
            "type": "Resolved",
            "status": "True",
            "reason": "Resolved",
            "message": json.dumps(values)[:32_000],
            "lastTransitionTime": now,
        }
    ]


def search(runs: list[dict[str, Any]], join: Any) -> list[dict[str, Any]]:
    """The runs that a join takes."""
    clause = CLAUSE.fullmatch(join["query"].strip())
    if clause is None:
        raise kopf.PermanentError(f"cannot understand {join['query']!r}")
    path, compare, bound = clause["path"], COMPARE[clause["sign"]], float(clause["bound"])
    matching = [run for run in runs if is_number(value := value_of(run, path)) and compare(value, bound)]
    key = join.get("sort", "metadata.name").removeprefix("-")
    present = [run for run in matching if is_number(value_of(run, key))]
    present.sort(key=lambda run: value_of(run, key), reverse=join.get("sort", "").startswith("-"))
    return present[: int(join.get("limit", 5_000))]


def value_of(run: dict[str, Any], path: str) -> Any:
    """What a run has at `inputs.K`, `outputs.K` or `metrics.K`; None where it has nothing."""
    part, _, name = path.partition(".")
    values = run["spec"].get(part) or run.get("status", {}).get(part) or {}
    value = values.get(name)
    return value.get("last") if isinstance(value, dict) else value


def is_number(value: Any) -> bool:
    """Whether it can be compared."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
