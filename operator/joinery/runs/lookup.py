"""A run's values as queries, sorts, value expressions and explain see them.

Source: spec 1 (*Value expressions*: the overlay of outputs and metrics) and
spec 2 (*Fields*). The store indexes exactly what :func:`value_of` answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.pql.ast import FieldPath
from joinery.runs.fields import is_uuid
from joinery.runs.limits import searched
from joinery.runs.paths import ABSENT, Absent, find, flatten
from joinery.runs.record import Metric, RunRecord

__all__ = [
    "ABSENT",
    "MANY_VALUED",
    "Absent",
    "find",
    "flatten",
    "overlay",
    "query_metrics",
    "query_outputs",
    "value_of",
]

# Fields with several values in one run: `value_of` gives a tuple of them, empty for none.
MANY_VALUED = frozenset(
    (
        *("tags", "artifacts.name", "artifacts.kind", "artifacts.path", "in_artifact_kind", "out_artifact_kind"),
        *("upstream", "upstream.name", "downstream", "downstream.name"),
    )
)
_SAME_NAME = (
    *("description", "kind", "runtime", "user", "project", "namespace", "cloning_kind", "managed_by", "queue"),
    *("commit", "created_at", "updated_at", "started_at", "finished_at", "schedule_at", "duration", "wait_time"),
)
_ATTRIBUTES = {
    "uuid": "uuid",
    "name": "display_name",
    "status": "phase",
    **{name: name for name in _SAME_NAME},
}
_LINEAGE = ("pipeline", "original", "controller")
_RESOURCES = frozenset(("cpu", "memory", "gpu", "cost"))


def query_outputs(record: RunRecord) -> dict[str, Any]:
    """``outputs`` in queries, sorts and values: the metrics' last values overlaid by the outputs, by name."""
    lasts = {name: metric.last for name, metric in record.metrics.items() if metric.last is not None}
    return overlay(lasts, record.outputs)


def overlay(lasts: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs over the metrics' last values. A null output does not hide a metric."""
    merged = {**lasts, **outputs}
    if None in merged.values():
        merged.update((name, last) for name, last in lasts.items() if merged[name] is None)
    return merged


def query_metrics(record: RunRecord) -> dict[str, Metric]:
    """``metrics`` in queries, sorts and values: the numeric outputs of the top level, overlaid by the metrics."""
    merged = {
        name: Metric(value) for name, value in record.outputs.items() if type(value) is int or type(value) is float
    }
    for name, metric in record.metrics.items():
        known = merged.get(name)
        merged[name] = metric if known is None or metric.last is not None else metric._replace(last=known.last)
    return merged


def value_of(record: RunRecord, field: FieldPath) -> Any:
    """The run's value of a checked field: ABSENT where there is none (a recorded null is absent to queries too).

    Many-valued fields (MANY_VALUED) give a tuple. ``status`` reads as Polyaxon writes it, times are microseconds
    since 1970. A text with U+0000 is not searched (spec 5), and so absent here. A lineage field's ``.name`` gives
    the names that the run itself recorded; the names of the runs it points to are the store's to know, as is
    ``downstream``.
    """
    if field.key is not None:
        value = _keyed(searched(record) if record.warnings else record, field, field.key)
    elif field.name in _ATTRIBUTES:
        value = getattr(record, _ATTRIBUTES[field.name])
    elif field.name.removesuffix(".name") in _LINEAGE:
        text = getattr(record, field.name.removesuffix(".name"))
        value = text if text is not None and is_uuid(text) is not field.name.endswith(".name") else None
    elif field.name in _RESOURCES:
        value = record.resources.get(field.name)
    elif field.name in MANY_VALUED:
        return _many(record, field.name)
    else:
        value = _whole(record, field.name)
    return ABSENT if value is None or (isinstance(value, str) and "\0" in value) else value


def _keyed(record: RunRecord, field: FieldPath, key: str) -> Any:
    match field.name:
        case "inputs":
            return find(record.inputs, key)
        case "outputs":
            return find(query_outputs(record), key)
        case "metrics":
            metric = query_metrics(record).get(key)
            return ABSENT if metric is None else getattr(metric, field.stat or "last")
        case "labels":
            return record.labels.get(key, ABSENT)
        case "annotations":
            return record.annotations.get(key, ABSENT)
        case "meta_info" | "meta_values" | "meta_flags":
            return find(record.meta, key)
        case _:
            return ABSENT


def _whole(record: RunRecord, name: str) -> Mapping[str, Any] | Absent:
    match name:
        case "inputs":
            return record.inputs or ABSENT
        case "outputs":
            return query_outputs(record) or ABSENT
        case "metrics":
            return query_metrics(record) or ABSENT
        case _:
            return ABSENT


def _many(record: RunRecord, name: str) -> tuple[str, ...]:
    match name:
        case "tags":
            found = list(record.tags)
        case "artifacts.name":
            found = [artifact.name for artifact in record.artifacts]
        case "artifacts.kind":
            found = [artifact.kind for artifact in record.artifacts if artifact.kind is not None]
        case "artifacts.path":
            found = [artifact.path for artifact in record.artifacts if artifact.path is not None]
        case "in_artifact_kind" | "out_artifact_kind":
            wanted = name == "in_artifact_kind"
            found = [a.kind for a in record.artifacts if a.kind is not None and a.is_input is wanted]
        case "upstream":
            found = [upstream.uuid for upstream in record.upstream if upstream.uuid]
        case "upstream.name":
            found = [upstream.name for upstream in record.upstream if upstream.name]
        case _:
            found = []
    return tuple(dict.fromkeys(text for text in found if "\0" not in text))
