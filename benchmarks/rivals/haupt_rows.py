"""Runs as haupt's table `db_run` has them, seen from a run that was posted over its API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = (
    "id", "uuid", "name", "created_at", "updated_at", "checked_at", "started_at", "finished_at", "status", "kind",
    "managed_by", "live_state", "project_id", "memory", "cpu", "gpu", "custom", "cost", "inputs", "outputs",
    "meta_info", "status_conditions",
)  # fmt: skip


def rows(data: Path) -> Iterator[tuple[Any, ...]]:
    """A tuple for each run, in the order of ``NAMES``. What a run measured stands in its outputs, as Polyaxon's
    tracking puts it there."""
    with data.open() as lines:
        for number, line in enumerate(lines, 1):
            run = json.loads(line)
            spec, status = run["spec"], run["status"]
            created = spec["createdAt"].replace("T", " ").removesuffix("+00:00")
            started, finished = (
                status[name].replace("T", " ").removesuffix("Z") for name in ("startedAt", "finishedAt")
            )
            yield (
                number, spec["uuid"], run["metadata"]["name"], created, finished, finished, started, finished,
                status["phase"].lower(), "job", "user", 1, 1, 0.0, 0.0, 0.0, 0.0, 0.0, json.dumps(spec["inputs"]),
                json.dumps(status["metrics"] | status["outputs"]), "{}", "{}",
            )  # fmt: skip
