"""What of a Run is searched: at most 2,000 values, and no text with U+0000.

Source: spec 5, *Run*: counted as written (inputs, outputs, metrics, in key
order); the rest is still delivered, not searched, with a warning. The cap is
what keeps one namespace's enormous runs from starving the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from joinery.runs.paths import ABSENT, PLAIN
from joinery.runs.record import RunRecord

MAX_VALUES = 2_000
MAX_HEAD = 256  # characters of a text that stand in the index; the whole text is compared behind it
MAX_DEPTH = 64


def count_values(value: Any) -> int:
    """How many values are written in ``value``: a mapping counts what it holds (an empty one is one), a list is one."""
    if not isinstance(value, Mapping) or not value:
        return 1
    return sum(count_values(item) for item in value.values())


def searched(record: RunRecord) -> RunRecord:
    """``record`` with only what searches see: most records are themselves."""
    written = (record.inputs, record.outputs, record.meta)
    if sum(map(len, (*written, record.metrics))) <= MAX_VALUES and all(map(_is_plain, written)):
        return record
    room = _Room(MAX_VALUES)
    inputs, outputs = room.keep(record.inputs), room.keep(record.outputs)
    metrics = dict(sorted(record.metrics.items())[: room.left]) if len(record.metrics) > room.left else record.metrics
    if inputs is record.inputs and outputs is record.outputs and metrics is record.metrics:
        meta = _Room(MAX_VALUES).keep(record.meta)
        return record if meta is record.meta else replace(record, meta=meta)
    return replace(record, inputs=inputs, outputs=outputs, metrics=metrics, meta=_Room(MAX_VALUES).keep(record.meta))


def unsearched(record: RunRecord) -> str:
    """What is not searched of a record that :func:`searched` leaves something out of."""
    total = sum(count_values(part) for part in (record.inputs, record.outputs, record.metrics) if part)
    if total > MAX_VALUES:
        return f"it holds {total:,} values: the first {MAX_VALUES:,} are searched, all are delivered"
    return "a text with U+0000 in it is not searched, only delivered"


def _is_plain(mapping: Mapping[str, Any]) -> bool:
    """Whether it holds plain values alone, and no U+0000: what most runs do."""
    if not mapping:
        return True
    return (
        PLAIN.issuperset(map(type, mapping.values()))
        and "\0" not in "".join(mapping)
        and "\0" not in "".join([value for value in mapping.values() if type(value) is str])
    )


class _Room:
    """How many values may still be indexed."""

    def __init__(self, left: int) -> None:
        self.left = left

    def keep(self, mapping: Mapping[str, Any]) -> Mapping[str, Any]:
        """``mapping`` without what is not searched; itself when nothing is left out."""
        count = count_values(mapping) if mapping else 0
        if count <= self.left and not _holds_nul(mapping):
            self.left -= count
            return mapping
        kept = self._trim(mapping)
        return {} if kept is ABSENT else kept

    def _trim(self, value: Any) -> Any:
        if isinstance(value, Mapping) and value:
            kept = {}
            for key in sorted(value):
                inside = self._trim(value[key]) if self.left > 0 and "\0" not in key else ABSENT
                if inside is not ABSENT:
                    kept[key] = inside
            return kept or ABSENT
        if self.left <= 0:
            return ABSENT
        self.left -= 1
        return ABSENT if isinstance(value, str) and "\0" in value else value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    return isinstance(value, Mapping) and any("\0" in key or _holds_nul(item) for key, item in value.items())
