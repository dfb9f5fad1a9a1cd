"""The parts of a RunRecord as JSON, and back. Each part is read only where it is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from joinery.runs.record import Artifact, RunRecord, Upstream, make_record
from joinery.runs.written import SPECIAL_NUMBERS, WrittenMetrics, json_number, written_metric

# Of `run`.
PART_COLUMNS = ("inputs", "outputs", "metrics", "artifacts", "rest")
# What stands in columns of its own.
_ELSEWHERE = frozenset(
    (
        *("uid", "uuid", "namespace", "name", "resource_version", "created_at"),
        *("inputs", "outputs", "metrics", "artifacts"),
    )
)
_SCALARS = (int, str)
_TUPLES = ("tags", "warnings")


def write_document(record: RunRecord) -> tuple[bytes | None, bytes | None, bytes | None, bytes | None, bytes]:
    """The columns of PART_COLUMNS; None for an empty part."""
    artifacts = [[a.name, a.kind, a.path, a.is_input] for a in record.artifacts]
    metrics = record.metrics
    return (
        _dumps(record.inputs) if record.inputs else None,
        _dumps(record.outputs) if record.outputs else None,
        _dumps({name: written_metric(metric) for name, metric in metrics.items()}) if metrics else None,
        _dumps(artifacts) if artifacts else None,
        _dumps(_rest(record)),
    )


def _dumps(value: Any) -> bytes:
    # The library's own bytes lie in a buffer of 1 KiB that is cut short: to keep thousands, each on a fresh page, costs
    # six times what the writing does. A copy is compact.
    return bytes(bytearray(orjson.dumps(value)))


def _rest(record: RunRecord) -> dict[str, Any]:
    """What differs from the defaults."""
    rest: dict[str, Any] = {
        name: item
        for name, item in vars(record).items()
        if (item or type(item) in _SCALARS) and name not in _ELSEWHERE  # zero is an instant too
    }
    for name, default in (("display_name", record.name), ("kind", "job"), ("project", record.namespace)):
        if rest.get(name) == default:
            del rest[name]
    if record.resources and not all(map(math.isfinite, record.resources.values())):
        rest["resources"] = {name: json_number(amount) for name, amount in record.resources.items()}
    if record.upstream:
        rest["upstream"] = [[u.uuid, u.name, u.params] for u in record.upstream]
    return rest


# uid, uuid, namespace, name, resource_version, created_at
Identity = tuple[str, str, str, str, str, int]
Parts = Mapping[str, Sequence[bytes | None]]  # of some of PART_COLUMNS: the JSON of each run


def read_documents(identities: Iterable[Identity], parts: Parts) -> list[RunRecord]:
    """The records of runs, and the parts that are given of them."""
    known: list[dict[str, Any]] = [
        {
            "uid": uid,
            "uuid": uuid,
            "namespace": namespace,
            "name": name,
            "display_name": name,
            "resource_version": version,
            "project": namespace,
            "created_at": created,
        }
        for uid, uuid, namespace, name, version, created in identities
    ]
    for column, documents in parts.items():
        # One call of the JSON library for all of them: a fifth of the time of one call for each.
        listed = orjson.loads(b"[%b]" % b",".join([one or b"null" for one in documents]))
        read = _READERS.get(column)
        for fields, item in zip(known, listed, strict=True):
            if item is not None:
                if read is not None:
                    item = read(item)
                if column == "rest":
                    fields.update(item)
                else:
                    fields[column] = item
    return list(map(make_record, known))


def _read_artifacts(listed: list[list[Any]]) -> tuple[Artifact, ...]:
    return tuple(Artifact(name=name, kind=kind, path=path, is_input=is_input) for name, kind, path, is_input in listed)


def _read_rest(rest: dict[str, Any]) -> dict[str, Any]:
    for name in _TUPLES:
        if name in rest:
            rest[name] = tuple(rest[name])
    if "upstream" in rest:
        rest["upstream"] = tuple(Upstream(uuid=u, name=n, params=tuple(p)) for u, n, p in rest["upstream"])
    if "resources" in rest:
        rest["resources"] = {name: SPECIAL_NUMBERS.get(amount, amount) for name, amount in rest["resources"].items()}
    return rest


# What is made of a part that is read; the others are as they stand in JSON.
_READERS: dict[str, Callable[[Any], Any]] = {
    "metrics": WrittenMetrics,
    "artifacts": _read_artifacts,
    "rest": _read_rest,
}
