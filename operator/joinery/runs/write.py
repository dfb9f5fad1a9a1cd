"""A RunRecord back as a manifest: what is restored from it is the same record. Source: spec 5, *Run*."""

from __future__ import annotations

import math
from typing import Any

from joinery.runs.phases import KUBERNETES_NAMES
from joinery.runs.plain import special_name
from joinery.runs.record import Metric, RunRecord
from joinery.runs.times import format_time


def write_run(record: RunRecord) -> dict[str, Any]:
    """The manifest of a record. ``read_run`` of it gives the record again, save ``warnings``."""
    metadata = {
        "name": record.name,
        "namespace": record.namespace,
        "uid": None if record.uid == f"{record.namespace}/{record.name}" else record.uid,
        "resourceVersion": record.resource_version,
        "labels": dict(record.labels),
        "annotations": dict(record.annotations),
    }
    spec = {
        "uuid": record.uuid,
        "createdAt": format_time(record.created_at),
        "managedBy": record.managed_by,
        "project": record.project,
        "kind": record.kind,
        "runtime": record.runtime,
        "name": None if record.display_name == record.name else record.display_name,
        "description": record.description,
        "user": record.user,
        "tags": list(record.tags),
        "inputs": dict(record.inputs),
        "meta": dict(record.meta),
        "connection": record.connection,
        "pipeline": record.pipeline,
        "original": record.original,
        "controller": record.controller,
        "cloningKind": record.cloning_kind,
        "commit": record.commit,
        "queue": record.queue,
        "scheduleAt": _time(record.schedule_at),
    }
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": _filled(metadata),
        "spec": _filled(spec),
        "status": _filled(_status(record)),
    }


def _status(record: RunRecord) -> dict[str, Any]:
    return {
        "phase": None if record.phase is None else KUBERNETES_NAMES[record.phase],
        "conditions": [] if record.condition is None else [dict(record.condition)],
        "startedAt": _time(record.started_at),
        "finishedAt": _time(record.finished_at),
        "outputs": dict(record.outputs),
        "metrics": {name: _metric(metric) for name, metric in record.metrics.items()},
        "artifacts": [
            _filled({"name": a.name, "kind": a.kind, "path": a.path, "isInput": True if a.is_input else None})
            for a in record.artifacts
        ],
        "resources": dict(record.resources),
        "upstream": [_filled({"uuid": u.uuid, "name": u.name, "params": list(u.params)}) for u in record.upstream],
    }


def _metric(metric: Metric) -> Any:
    if metric.last is not None and metric.min is None and metric.max is None and metric.step is None:
        return _number(metric.last)
    return {stat: _number(value) for stat, value in metric._asdict().items() if value is not None}


def _number(value: int | float) -> int | float | str:
    return special_name(value) if isinstance(value, float) and not math.isfinite(value) else value


def _time(us: int | None) -> str | None:
    return None if us is None else format_time(us)


def _filled(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None and value != "" and value not in ([], {})}
