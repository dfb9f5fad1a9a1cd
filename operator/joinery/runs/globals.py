"""``globals.K`` of a matched run. Source: spec 1, *Value expressions*; the paths are those of spec 4."""

from __future__ import annotations

from typing import Any

from joinery.runs.plain import plain_number
from joinery.runs.record import RunRecord
from joinery.runs.times import format_time

CONTEXT_PATH = "/joinery"
ARTIFACTS_PATH = f"{CONTEXT_PATH}/artifacts"

GLOBAL_NAMES = (
    *("uuid", "name", "namespace", "status", "condition", "owner_name", "project_name", "project_unique_name"),
    *("run_info", "kind", "created_at", "started_at", "finished_at", "schedule_at", "duration", "tags", "labels"),
    *("cloning_kind", "artifacts_path", "run_artifacts_path", "run_outputs_path", "context_path"),
)


def run_globals(record: RunRecord) -> dict[str, Any]:
    """Every ``globals.K`` of the run: times as ISO 8601 with offset, duration in seconds, null where there is none.

    ``owner_name`` is the namespace; ``project_unique_name`` is ``OWNER.PROJECT``, and ``run_info``
    ``OWNER.PROJECT.runs.UUID``.
    """
    project = f"{record.namespace}.{record.project}"
    return {
        "uuid": record.uuid,
        "name": record.display_name,
        "namespace": record.namespace,
        "status": record.phase,
        "condition": None if record.condition is None else dict(record.condition),
        "owner_name": record.namespace,
        "project_name": record.project,
        "project_unique_name": project,
        "run_info": f"{project}.runs.{record.uuid}",
        "kind": record.kind,
        "created_at": format_time(record.created_at),
        "started_at": _time(record.started_at),
        "finished_at": _time(record.finished_at),
        "schedule_at": _time(record.schedule_at),
        "duration": None if record.duration is None else plain_number(record.duration),
        "tags": list(record.tags),
        "labels": dict(record.labels),
        "cloning_kind": record.cloning_kind,
        "artifacts_path": ARTIFACTS_PATH,
        "run_artifacts_path": f"{ARTIFACTS_PATH}/{record.uuid}",
        "run_outputs_path": f"{ARTIFACTS_PATH}/{record.uuid}/outputs",
        "context_path": CONTEXT_PATH,
    }


def _time(us: int | None) -> str | None:
    return None if us is None else format_time(us)
