"""The searched values of many runs, in the three shapes that they are inserted in.

Nearly every value is a plain one under a key that is known: those go the short way here, to the same rows as
:func:`joinery.store.rows.rows_of` gives; all others go by that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.runs.limits import MAX_HEAD
from joinery.runs.record import RunRecord
from joinery.store.kinds import NUMBER, TEXT, cell_of
from joinery.store.rows import (
    FIELD,
    LAST,
    LIMITED,
    MAX_PATH,
    Row,
    common_texts,
    is_storable,
    ord_of,
    rare_fields,
    rows_of,
)

_FLAT = frozenset((str, int, float, bool, list, type(None)))
_EXACT = 2**53
_MOST = 200  # entries of one mapping that go the short way: far fewer than a run may have searched

Ids = Mapping[str, Mapping[str, int]]  # scope, name: the id of the key
Number = tuple[int, float, int, int]  # key, number, ord, run
Text = tuple[int, str, int, int, str | None]  # key, head, ord, run, folded
Whole = tuple[int, int, str, float, int, int, int, int, str | None, str | None]  # the columns of `value`


@dataclass(slots=True)
class Values:
    """``unknown`` are rows under keys that have no id yet: (space, ord, run, row)."""

    numbers: list[Number] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    others: list[Whole] = field(default_factory=list)
    unknown: list[tuple[int, int, int, Row]] = field(default_factory=list)

    def add(self, record: RunRecord, run_id: int, space_id: int, ids: Ids) -> None:
        """All values of one run of a namespace whose keys are ``ids``."""
        order = ord_of(record)
        if not _is_simple(record):
            for row in rows_of(record):
                self._put(row, order, run_id, space_id, ids)
            return
        known, numbers, texts = ids[FIELD], self.numbers, self.texts
        for name, text, make in common_texts(record):
            cell = make(text)
            if (key := known.get(name)) is not None and cell[0] == TEXT and cell[4] is None and "\0" not in text:
                texts.append((key, cell[1], order, run_id, cell[5]))
            else:
                self._put((FIELD, name, 0, cell), order, run_id, space_id, ids)
        for row in rare_fields(record):
            self._put(row, order, run_id, space_id, ids)
        for scope, mapping in _mappings(record):
            known = ids[scope]
            for name, value in mapping.items():
                key, kind = known.get(name), type(value)
                if key is not None:
                    if kind is float and value == value:
                        numbers.append((key, value, order, run_id))
                        continue
                    if kind is str and len(value) <= MAX_HEAD and "\0" not in value:
                        folded = value.casefold()
                        texts.append((key, value, order, run_id, None if folded == value else folded))
                        continue
                    if kind is int and -_EXACT <= value <= _EXACT:
                        numbers.append((key, float(value), order, run_id))
                        continue
                if value is not None and (len(name) <= MAX_PATH or scope not in LIMITED):
                    self._put((scope, name, 0, cell_of(value)), order, run_id, space_id, ids)

    def learn(self, ids: Mapping[int, Ids]) -> None:
        """Take the ids of all keys that were unknown, by namespace."""
        unknown, self.unknown = self.unknown, []
        for space_id, order, run_id, row in unknown:
            self._put(row, order, run_id, space_id, ids[space_id])

    def counts(self) -> Counter[tuple[int, int]]:
        """How many there are of each (key, kind)."""
        found = Counter(row[:2] for row in self.others)
        for kind, rows in ((NUMBER, self.numbers), (TEXT, self.texts)):
            for key, count in Counter([row[0] for row in rows]).items():
                found[key, kind] += count
        return found

    def whole(self) -> Iterator[Whole]:
        """Every row, with all columns."""
        for key, number, order, run in self.numbers:
            yield key, NUMBER, "", number, 0, order, run, 0, None, None
        for key, head, order, run, folded in self.texts:
            yield key, TEXT, head, 0.0, 0, order, run, 0, None, folded
        yield from self.others

    def _put(self, row: Row, order: int, run_id: int, space_id: int, ids: Ids) -> None:
        scope, name, seq, (kind, head, number, residue, body, folded) = row
        if not is_storable(row):
            return
        key = ids[scope].get(name)
        if key is None:
            self.unknown.append((space_id, order, run_id, row))
        else:
            self.others.append((key, kind, head, number, residue, order, run_id, seq, body, folded))


def _is_simple(record: RunRecord) -> bool:
    """Whether its maps are small and flat, and all of it is searched."""
    if record.warnings:
        return False
    for mapping in (record.inputs, record.outputs, record.meta):
        if mapping and (len(mapping) > _MOST or not _FLAT.issuperset(map(type, mapping.values()))):
            return False
    return max(len(record.metrics), len(record.labels), len(record.annotations)) <= _MOST


def _mappings(record: RunRecord) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Scopes, each with its values by name."""
    for scope in ("inputs", "meta", "labels", "annotations"):
        if mapping := getattr(record, scope):
            yield scope, mapping
    # As `query_metrics` and `query_outputs` overlay them: a number that is both stands once.
    lasts: dict[str, Any] = {}
    lows, highs, steps = {}, {}, {}
    for name, (last, low, high, step) in record.metrics.items():
        if last is not None:
            lasts[name] = last
        if low is not None:
            lows[name] = low
        if high is not None:
            highs[name] = high
        if step is not None:
            steps[name] = step
    outputs = {}
    for name, value in record.outputs.items():
        kind = type(value)
        if (kind is not float and kind is not int) or lasts.setdefault(name, value) is not value:
            outputs[name] = value
    for scope, found in ((LAST, lasts), ("metrics.min", lows), ("metrics.max", highs), ("metrics.step", steps)):
        if found:
            yield scope, found
    if outputs:
        yield "outputs", outputs
