"""A plain reading of the example's runs: YAML into dicts, and the reference for the searches."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from reference.facts import find, query_metrics, query_outputs

EXAMPLES = Path(__file__).parents[2] / "examples"
SWEEP = EXAMPLES / "sweep"
Run = dict[str, Any]


@cache
def sweep() -> list[Run]:
    """The runs, as if in the namespace ``default``."""
    runs = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((SWEEP / "runs").glob("*.yaml"))]
    for run in runs:
        run["metadata"] |= {"namespace": "default", "uid": f"default/{run['metadata']['name']}"}
    return runs


def metric(run: Run, name: str, stat: str = "last") -> Any:
    return query_metrics(run).get(name, {}).get(stat)


def given(run: Run, key: str) -> Any:
    return find(run["spec"]["inputs"], key)


def produced(run: Run) -> dict[str, Any]:
    return query_outputs(run)


def seconds(run: Run) -> float:
    from datetime import datetime

    started, finished = (datetime.fromisoformat(run["status"][name]) for name in ("startedAt", "finishedAt"))
    return (finished - started).total_seconds()


def best_first(runs: list[Run], *keys: Any) -> list[Run]:
    """By ``keys``, each a function of a run; then the newest, then by uuid."""
    by_uuid = sorted(runs, key=lambda run: run["spec"]["uuid"])
    newest = sorted(by_uuid, key=lambda run: run["spec"]["createdAt"], reverse=True)
    return sorted(newest, key=lambda run: tuple(key(run) for key in keys))
