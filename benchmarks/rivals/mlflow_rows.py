"""Runs as the tables of MLflow's tracking store have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

TABLES = {
    "runs": (
        "run_uuid", "name", "source_type", "user_id", "status", "start_time", "end_time", "lifecycle_stage",
        "artifact_uri", "experiment_id",
    ),
    "tags": ("key", "value", "run_uuid"),
    "params": ("key", "value", "run_uuid"),
    "metrics": ("key", "value", "timestamp", "run_uuid", "step", "is_nan"),
    "latest_metrics": ("key", "value", "timestamp", "step", "is_nan", "run_uuid"),
}  # fmt: skip
STATUS = {"Succeeded": "FINISHED", "Failed": "FAILED", "Running": "RUNNING"}
AT_ONCE = 5_000
Rows = dict[str, list[tuple[Any, ...]]]


def statement(table: str) -> str:
    """The INSERT of a table, for sqlite3."""
    names = TABLES[table]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def tables(data: Path, experiment: int) -> Iterator[Rows]:
    """The rows of all tables, of some thousand runs at once."""
    found: Rows = {table: [] for table in TABLES}
    with data.open() as lines:
        for count, line in enumerate(lines, 1):
            _add(found, json.loads(line), experiment)
            if count % AT_ONCE == 0:
                yield found
                found = {table: [] for table in TABLES}
    yield found


def _add(found: Rows, run: dict[str, Any], experiment: int) -> None:
    spec, status = run["spec"], run["status"]
    uuid, name = spec["uuid"], run["metadata"]["name"]
    started, ended = _millis(spec["createdAt"]), _millis(status["finishedAt"])
    found["runs"].append(
        (uuid, name, "LOCAL", "bench", STATUS[status["phase"]], started, ended, "active", f"runs/{uuid}", experiment)
    )
    found["tags"].append(("mlflow.runName", name, uuid))
    found["params"] += [(key, str(value), uuid) for key, value in spec["inputs"].items()]
    for key, value in (status["metrics"] | status["outputs"]).items():
        if isinstance(value, str) and value != "NaN":
            found["tags"].append((key, value, uuid))
            continue
        is_nan = value == "NaN"
        stored = 0.0 if is_nan else float(value)
        found["metrics"].append((key, stored, ended, uuid, 0, is_nan))
        found["latest_metrics"].append((key, stored, ended, 0, is_nan, uuid))


def _millis(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)
