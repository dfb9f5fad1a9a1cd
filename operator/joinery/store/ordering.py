"""Sort keys as SQL: numbers, then texts, then booleans, in both directions; without the key, or without an order,
last in both. Ties: newest first, then uuid.

Source: spec 2, *Sort*.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func, literal, null

from joinery.pql.ast import CheckedKey, FieldPath
from joinery.runs.times import format_time
from joinery.store.columns import ALWAYS_THERE, COLUMNS
from joinery.store.kinds import BOOLEAN, NUMBER, TEXT, TEXTS
from joinery.store.matching import of_kinds
from joinery.store.rows import FOLDED
from joinery.store.scope import KnownKey, Scope
from joinery.store.tables import run, value

_TIMES = frozenset(("created_at", "updated_at", "started_at", "finished_at", "schedule_at"))
_LAST = 9


@dataclass(frozen=True, slots=True)
class Column:
    """One sort key: a column of ``run``, an alias of ``value`` to be joined, or nothing that any run has.

    Two are equal where they are one piece of SQL.
    """

    field: FieldPath
    descending: bool
    place: int
    own_name: str | None = None  # of the column of `run`
    key_id: int | None = None
    shared_id: int | None = None  # outputs: of the key of the metrics beneath them
    default: str | None = None  # kind, project: of a run without a value
    texts: bool = False  # whether any run has one
    long_texts: bool = False
    key: KnownKey | None = dataclasses.field(default=None, compare=False)

    @property
    def own(self) -> ColumnElement[Any] | None:
        return None if self.own_name is None else run.c[self.own_name]

    @property
    def table(self) -> FromClause | None:
        """The alias of ``value`` that the key stands in."""
        return None if self.key_id is None else _alias(self.place)

    @property
    def beneath(self) -> FromClause | None:
        return None if self.shared_id is None else _alias(self.place, beneath=True)

    def joined(self, source: FromClause, run_id: ColumnElement[int]) -> FromClause:
        """``source`` with the value of each run beside it, where it has one."""
        for table, key_id in ((self.table, self.key_id), (self.beneath, self.shared_id)):
            if table is not None:
                source = source.outerjoin(table, and_(table.c.run == run_id, table.c.key == key_id))
        return source

    def selected(self) -> list[ColumnElement[Any]]:
        """Four columns: kind, number, residue and text of the key, before it is a JSON value."""
        if self.own is not None:
            if self.field.name in ("uuid", "name"):
                return [literal(TEXT), null(), null(), self.own]
            return [literal(NUMBER), self.own, null(), null()]
        if self.table is None:
            return [null() if self.default is None else literal(TEXT), null(), null(), literal(self.default)]
        return [self._kind(), self._of("number"), self._of("residue"), self._text()]

    def order(self) -> list[ColumnElement[Any]]:
        """What to order by, for runs of any kind of value and of none."""
        if self.own is not None:
            return [*([self.own.is_(None)] if self.may_lack else []), self._way(self.own)]
        if self.table is None:
            return []
        kind = self._kind()
        rank = case((kind == NUMBER, 1), (of_kinds(kind, TEXTS), 2), (kind == BOOLEAN, 3), else_=_LAST)
        by_value: list[ColumnElement[Any]] = [
            func.coalesce(self._of("number"), 0.0),
            func.coalesce(self._of("residue"), 0),
        ]
        if self.texts:
            by_value.append(func.coalesce(self._text(), ""))
        return [rank, *map(self._way, by_value)]

    @property
    def may_lack(self) -> bool:
        """Whether a run may have nothing in its own column."""
        return self.field.name not in ALWAYS_THERE

    def _kind(self) -> ColumnElement[Any]:
        kind = self._of("kind")
        return kind if self.default is None else func.coalesce(kind, TEXT)

    def _of(self, name: str) -> ColumnElement[Any]:
        """A column of the value that counts: the first table's where it has one."""
        table = self.table
        if table is None:
            return null()
        first: ColumnElement[Any] = table.c[name]
        if self.beneath is None:
            return first
        return case((table.c.kind.is_not(None), first), else_=self.beneath.c[name])

    def _text(self) -> ColumnElement[Any]:
        # Short texts stand in the index as they are: where there are no others, no row of the table is looked up.
        is_whole = self.field.name not in FOLDED and not self.long_texts
        parts = [self._of("head")] if is_whole else [self._of("body"), self._of("head")]
        if self.default is not None:
            parts.append(literal(self.default))
        return func.coalesce(*parts) if len(parts) > 1 else parts[0]

    def _way(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return column.desc() if self.descending else column.asc()


@lru_cache(256)
def _alias(place: int, *, beneath: bool = False) -> FromClause:
    """The alias of ``value`` for one sort key, made once."""
    return value.alias(f"{'beneath' if beneath else 'sorted'}_{place}")


def columns_of(scope: Scope, keys: Sequence[CheckedKey]) -> list[Column]:
    """The sort's keys as columns."""
    columns = []
    for place, sort_key in enumerate(keys):
        field = sort_key.field
        if field.key is None and field.name in COLUMNS:
            columns.append(Column(field, sort_key.descending, place, own_name=COLUMNS[field.name][0]))
            continue
        own, shared = scope.both_keys(field)
        known = [key for key in (own, shared) if key is not None]
        first = known[0] if known else None
        columns.append(
            Column(
                field,
                sort_key.descending,
                place,
                key_id=None if first is None else first.id,
                shared_id=known[1].id if len(known) > 1 else None,
                default=scope.default(field),
                texts=any(key.counts[kind] for key in known for kind in TEXTS),
                long_texts=any(key.long_texts for key in known),
                key=first,
            )
        )
    return columns


def json_keys(scope: Scope, column: Column, created: Sequence[int], raw: Sequence[Sequence[Any]]) -> list[Any]:
    """A sort key of each run as the record shows it: a JSON value, or None where the run has none that can be shown.

    ``raw`` are the four columns as `Column.selected` has them, ``created`` is when each run was.
    """
    name = column.field.name if column.field.key is None else ""
    if name == "created_at":
        return list(map(format_time, created))
    if name == "namespace":
        return [scope.namespace] * len(created)
    if column.own is not None and name in _TIMES:
        return [None if at is None else format_time(at) for at in raw[1]]
    kinds, numbers, residues, _ = raw
    plain = set(kinds) == {NUMBER} and None not in numbers and not any(residues)  # a column of the run may be empty
    if plain and name not in _TIMES and math.isfinite(sum(numbers)):
        return [int(n) if n.is_integer() and -(2.0**63) <= n < 2.0**63 else n for n in numbers]
    return list(map(_json_key, repeat(name), *raw))


def _json_key(name: str, kind: int | None, number: float | None, residue: int | None, text: str | None) -> Any:
    match kind:
        case 1 if number is not None:
            exact = _exact(number, residue or 0)
            return format_time(int(exact)) if name in _TIMES else exact
        case 2 | 6:
            return text
        case 3:
            return number == 1.0
        case 4:
            return "NaN"
        case _:
            return None


def _exact(number: float, residue: int) -> int | float | str:
    if residue or (number.is_integer() and -(2.0**63) <= number < 2.0**63):
        return int(number) + residue
    if number - number != 0:
        return "Infinity" if number > 0 else "-Infinity"
    return number


def newest_first(table: FromClause) -> list[ColumnElement[Any]]:
    """The tie-breakers: ``-created_at``, then uuid."""
    return [table.c.created.desc(), table.c.uuid.asc()]
