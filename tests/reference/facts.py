"""What a Run manifest says of each field of PQL: a list of values, empty where there is none.

Written from spec 2 (Fields) and spec 5 (Run), and from nothing else. A field with one value per run has a list
of at most one; null is no value. Times are microseconds since 1970, phases read as Polyaxon writes them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

ABSENT = object()
SUFFIXES = {"m": 1e-3, "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(text: str) -> int:
    passed = datetime.fromisoformat(text) - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def find(mapping: Mapping[str, Any], key: str) -> Any:
    """The value under ``key``: the longest key that exists first, then inside it; ABSENT if there is none.

    An explicit null under the whole key is an answer; on the way to it, it is no mapping, as a number is none.
    """
    words = key.split(".")
    for count in range(len(words), 0, -1):
        head, rest = ".".join(words[:count]), ".".join(words[count:])
        if head not in mapping:
            continue
        if count == len(words):
            return mapping[head]
        if isinstance(mapping[head], dict) and (found := find(mapping[head], rest)) is not ABSENT:
            return found
    return ABSENT


def number(value: Any) -> int | float | None:
    """A metric's number as it is meant: NaN and the infinities stand in a manifest as texts."""
    return float(value) if isinstance(value, str) else value


def metrics_as_written(run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    written = run.get("status", {}).get("metrics", {})
    return {
        name: {stat: number(part) for stat, part in (value if isinstance(value, dict) else {"last": value}).items()}
        for name, value in written.items()
    }


def query_metrics(run: Mapping[str, Any], *, whole: bool = False) -> dict[str, dict[str, Any]]:
    """The numeric outputs overlaid by the metrics."""
    outputs = part(run.get("status", {}), "outputs", whole=whole)
    numbers = {k: {"last": v} for k, v in outputs.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return {**numbers, **metrics_as_written(run)}


def query_outputs(run: Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """The metrics overlaid by the outputs; a null output does not hide a metric."""
    overlaid: dict[str, Any] = {name: stats.get("last") for name, stats in metrics_as_written(run).items()}
    for name, value in part(run.get("status", {}), "outputs", whole=whole).items():
        if value is not None or name not in overlaid:
            overlaid[name] = value
    return overlaid


def in_64_bits(value: Any) -> Any:
    """Integers that 64 bits do not hold are floats, as the API server stores them."""
    return float(value) if is_number(value) and isinstance(value, int) and not -(2**63) <= value < 2**63 else value


def present(value: Any) -> list[Any]:
    return [] if value is None or value is ABSENT else [in_64_bits(value)]


def snake(phase: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", phase).lower()


def quantity(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    digits = value.rstrip("mkKMGi")
    return float(digits) * SUFFIXES[value[len(digits) :]]


def instants(run: Mapping[str, Any]) -> dict[str, int | None]:
    spec, status, meta = run.get("spec", {}), run.get("status", {}), run.get("metadata", {})
    written = {
        "created_at": spec.get("createdAt") or meta.get("creationTimestamp"),
        "schedule_at": spec.get("scheduleAt"),
        "started_at": status.get("startedAt"),
        "finished_at": status.get("finishedAt"),
    }
    return {name: None if text is None else microseconds(text) for name, text in written.items()}


def seconds(start: int | None, stop: int | None) -> float | None:
    return None if start is None or stop is None else (stop - start) / 1_000_000


def searchable(value: Any) -> Any:
    """``value`` without what is not searched: a text with U+0000 in it, and a mapping that held nothing else."""
    if isinstance(value, dict) and value:
        kept = {key: searchable(item) for key, item in value.items() if "\0" not in key}
        return {key: item for key, item in kept.items() if item is not ABSENT} or ABSENT
    return ABSENT if isinstance(value, str) and "\0" in value else value


def part(manifest: Mapping[str, Any], name: str, *, whole: bool = False) -> dict[str, Any]:
    """Inputs, outputs or meta as they are searched; ``whole``: as they are, to tell whether there are any."""
    if whole:
        return dict(manifest.get(name, {}))
    kept = searchable(manifest.get(name, {}))
    return {} if kept is ABSENT else kept


def is_uuid(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"[0-9a-f]{32}", text) is not None


def names_of(uuids: Iterable[str], runs: Iterable[Any]) -> list[str]:
    """The names of those of ``runs`` that have one of the uuids."""
    return [values(run, "name", None, None)[0] for run in runs if run["spec"]["uuid"] in uuids]


def values(
    run: Mapping[str, Any], field: str, key: str | None, stat: str | None, runs: Iterable[Any] = ()
) -> list[Any]:
    """The values of one field of one run; ``runs`` are all of its namespace (for the lineage downwards)."""
    spec, status, meta = run.get("spec", {}), run.get("status", {}), run.get("metadata", {})
    times = instants(run)
    match field:
        case "inputs" if key is None:
            return present(part(spec, "inputs", whole=True) or None)
        case "outputs" if key is None:
            return present(query_outputs(run, whole=True) or None)
        case "metrics" if key is None:
            return present(query_metrics(run, whole=True) or None)
        case "inputs":
            return present(find(part(spec, "inputs"), key))
        case "outputs":
            return present(find(query_outputs(run), key))
        case "metrics":
            return present(query_metrics(run).get(key, {}).get(stat or "last"))
        case "meta_info" | "meta_values" | "meta_flags":
            return present(find(part(spec, "meta"), key or ""))
        case "labels" | "annotations":
            return present(meta.get(field, {}).get(key))
        case "created_at" | "schedule_at" | "started_at" | "finished_at":
            return present(times[field])
        case "duration":
            return present(seconds(times["started_at"], times["finished_at"]))
        case "wait_time":
            return present(seconds(times["created_at"], times["started_at"]))
        case "uuid":
            return [spec["uuid"]]
        case "name":
            return [spec.get("name") or meta["name"]]
        case "status":
            return [snake(status["phase"])] if status.get("phase") else []
        case "kind":
            return [spec.get("kind") or "job"]
        case "project":
            return [spec.get("project") or meta["namespace"]]
        case "namespace":
            return [meta["namespace"]]
        case "pipeline" | "original" if not is_uuid(spec.get(field)):
            return []
        case "pipeline.name" | "original.name":
            other = spec.get(field.partition(".")[0])
            return present(other) if not is_uuid(other) else names_of([other], runs)
        case "description":
            return [text for text in present(spec.get(field)) if "\0" not in text]
        case "runtime" | "user" | "queue" | "commit" | "pipeline" | "original":
            return present(spec.get(field))
        case "cloning_kind":
            return present(spec.get("cloningKind"))
        case "managed_by":
            return present(spec.get("managedBy"))
        case "tags":
            return list(spec.get("tags", []))
        case "artifacts.name" | "artifacts.kind" | "artifacts.path":
            aspect = field.partition(".")[2]
            return [a[aspect] for a in status.get("artifacts", []) if a.get(aspect) is not None]
        case "in_artifact_kind" | "out_artifact_kind":
            wanted = field == "in_artifact_kind"
            entries = [a for a in status.get("artifacts", []) if bool(a.get("isInput")) is wanted]
            return [a["kind"] for a in entries if a.get("kind") is not None]
        case "upstream":
            return [entry["uuid"] for entry in status.get("upstream", [])]
        case "upstream.name":
            recorded = [entry["name"] for entry in status.get("upstream", []) if entry.get("name") is not None]
            return recorded + names_of(values(run, "upstream", None, None), runs)
        case "downstream" | "downstream.name":
            mine = [other for other in runs if spec["uuid"] in values(other, "upstream", None, None)]
            wanted = "uuid" if field == "downstream" else "name"
            return [value for other in mine for value in values(other, wanted, None, None)]
        case "cost" | "cpu" | "memory" | "gpu":
            return present(quantity(status.get("resources", {}).get(field)))
    raise AssertionError(field)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def has_order(value: Any) -> bool:
    return isinstance(value, bool | str) or (is_number(value) and not math.isnan(value))
