"""A RunRecord as rows of the index: exactly the values that queries and sorts see, but for the name, the times and
what the run's own row has beside them (:mod:`joinery.store.columns`), and for a kind or project that is the default.

Source: spec 2 (*Fields*) and spec 5 (*Run*); the same answers as :func:`joinery.runs.lookup.value_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from joinery.pql.ast import FieldPath
from joinery.runs.fields import is_uuid
from joinery.runs.limits import MAX_VALUES, searched, unsearched
from joinery.runs.lookup import query_metrics, query_outputs
from joinery.runs.paths import flatten
from joinery.runs.record import RunRecord
from joinery.store.kinds import UNSEARCHED, Cell, cell_of, folded_cell, text_cell

FIELD: Final = "field"  # the scope of fields without a key
NOTED: Final = "noted"  # under FIELD, but no field of a query: why not all of a run is searched
HAS_INPUTS, HAS_OUTPUTS, HAS_METRICS = 1, 2, 4
AGE_BITS: Final = 10  # of `ord`, for the uuid
MOST_CREATED: Final = 2**52 - 1  # microseconds since 1970, in `ord`
FOLDED: Final = frozenset(("status", "kind", "runtime"))

# Under which scope the outputs stand that are metrics too.
LAST: Final = "metrics.last"

LIMITED: Final = frozenset(("inputs", "outputs", "meta"))  # scopes whose names are paths

Row = tuple[str, str, int, Cell]  # scope, name, seq, cell
MAX_PATH: Final = 16_384  # as long as a query: no longer key can be asked for

# Most runs have one of a few texts here.
_common_cell = lru_cache(1_024)(text_cell)
_common_folded = lru_cache(1_024)(folded_cell)
_TEXTS: Final[tuple[tuple[str, str, Callable[[str], Cell]], ...]] = (
    ("description", "description", text_cell),
    *((name, name, _common_cell) for name in ("user", "managed_by", "cloning_kind", "queue", "commit")),
    ("status", "phase", _common_folded),
    ("runtime", "runtime", _common_folded),
)
_LINEAGE = ("pipeline", "original", "controller")
DEFAULT_KIND: Final = "job"


def common_texts(record: RunRecord) -> Iterator[tuple[str, str, Callable[[str], Cell]]]:
    """The fields with one text, each with what makes its cell. A kind or project that is the default is left out."""
    for name, attribute, make in _TEXTS:
        text = getattr(record, attribute)
        if text is not None:
            yield name, text, make
    if record.kind != DEFAULT_KIND:
        yield "kind", record.kind, _seen(_common_folded)
    if record.project != record.namespace:
        yield "project", record.project, _seen(_common_cell)


def _seen(make: Callable[[str], Cell]) -> Callable[[str], Cell]:
    # A text that is not searched still is not the default: without a row it would be taken for that.
    return lambda text: UNSEARCHED if "\0" in text else make(text)


def key_of(field: FieldPath) -> tuple[str, str]:
    """The (scope, name) that a field's values stand under."""
    match field.name:
        case "metrics":
            return f"metrics.{field.stat or 'last'}", field.key or ""
        case "meta_info" | "meta_values" | "meta_flags":
            return "meta", field.key or ""
        case _ if field.key is not None:
            return field.name, field.key
        case _:
            return FIELD, field.name


def ord_of(record: RunRecord) -> int:
    """Smaller for newer runs; of runs created in one microsecond, roughly by uuid. Ties are settled by both."""
    created = min(max(record.created_at, -MOST_CREATED), MOST_CREATED)
    return (-created << AGE_BITS) | int(record.uuid[:3], 16) >> 2


def maps_of(record: RunRecord) -> int:
    """Which whole maps the run has, for ``inputs: nil`` and the like."""
    numeric = bool(record.metrics) or any(type(v) is int or type(v) is float for v in record.outputs.values())
    outputs = bool(record.outputs) or any(metric.last is not None for metric in record.metrics.values())
    return (HAS_INPUTS if record.inputs else 0) | (HAS_OUTPUTS if outputs else 0) | (HAS_METRICS if numeric else 0)


def rows_of(record: RunRecord) -> list[Row]:
    """Every row of a run, each (scope, name, seq) once."""
    rows: list[Row] = []
    if record.warnings and (seen := searched(record)) is not record:
        rows.append((FIELD, NOTED, 0, text_cell(unsearched(record))))
        record = seen
    _add_fields(rows, record)
    _add(rows, "inputs", flatten(record.inputs))
    if record.metrics or record.outputs:
        _add_results(rows, record)
    if record.meta:
        _add(rows, "meta", flatten(record.meta))
    for name, text in record.labels.items():
        rows.append(("labels", name, 0, text_cell(text)))
    for name, text in record.annotations.items():
        rows.append(("annotations", name, 0, text_cell(text)))
    if len(rows) > MAX_VALUES and (trimmed := searched(record)) is not record:
        return rows_of(trimmed)
    return [row for row in rows if is_storable(row)] if _holds_nul(rows) else rows


def _add_results(rows: list[Row], record: RunRecord) -> None:
    """Metrics, and of the outputs those that are no metric, or another value than the metric of that name.

    Nearly every number is both: it stands once, and a search of outputs looks there too.
    """
    metrics = query_metrics(record)
    for name, (last, low, high, step) in metrics.items():
        if last is not None:
            rows.append((LAST, name, 0, cell_of(last)))
        if low is not None:
            rows.append(("metrics.min", name, 0, cell_of(low)))
        if high is not None:
            rows.append(("metrics.max", name, 0, cell_of(high)))
        if step is not None:
            rows.append(("metrics.step", name, 0, cell_of(step)))
    if record.outputs:
        for name, value in flatten(query_outputs(record)).items():
            if value is not None and len(name) <= MAX_PATH:
                metric = metrics.get(name)
                if metric is None or metric.last is not value:
                    rows.append(("outputs", name, 0, cell_of(value)))


def _add(rows: list[Row], scope: str, flat: dict[str, Any]) -> None:
    for name, value in flat.items():
        if value is not None and len(name) <= MAX_PATH:
            rows.append((scope, name, 0, cell_of(value)))


def _add_fields(rows: list[Row], record: RunRecord) -> None:
    rows.extend((FIELD, name, 0, make(text)) for name, text, make in common_texts(record))
    rows.extend(rare_fields(record))


def rare_fields(record: RunRecord) -> list[Row]:
    """The rows of the fields that few runs have."""
    rows: list[Row] = []
    for name in _LINEAGE:
        text = getattr(record, name)
        if text is not None:
            rows.append((FIELD, name if is_uuid(text) else f"{name}.name", 0, text_cell(text)))
    if record.schedule_at is not None:
        rows.append((FIELD, "schedule_at", 0, cell_of(record.schedule_at)))
    for name, amount in record.resources.items():
        rows.append((FIELD, name, 0, cell_of(amount)))
    if record.tags:
        rows.extend(_many("tags", record.tags))
    if record.artifacts:
        found = record.artifacts
        rows.extend(_many("artifacts.name", (a.name for a in found)))
        rows.extend(_many("artifacts.kind", (a.kind for a in found)))
        rows.extend(_many("artifacts.path", (a.path for a in found)))
        rows.extend(_many("in_artifact_kind", (a.kind for a in found if a.is_input)))
        rows.extend(_many("out_artifact_kind", (a.kind for a in found if not a.is_input)))
    if record.upstream:
        rows.extend(_many("upstream", (u.uuid for u in record.upstream)))
        rows.extend(_many("upstream.name", (u.name for u in record.upstream)))
    return rows


def _many(name: str, texts: Iterable[str | None]) -> Iterator[Row]:
    # The number keeps apart two long texts with one head.
    for index, text in enumerate(dict.fromkeys(texts)):
        if text is not None:
            yield FIELD, name, index, text_cell(text)


def _holds_nul(rows: list[Row]) -> bool:
    for _, name, _, (_, head, _, _, body, _) in rows:
        if "\0" in name or "\0" in head or (body is not None and "\0" in body):
            return True
    return False


def is_storable(row: Row) -> bool:
    """Whether no text of it holds U+0000, which PostgreSQL has not."""
    return not _holds_nul([row])
