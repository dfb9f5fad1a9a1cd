"""The shape of a typed test as SQL over the columns of a value. Everything from a query is a bound parameter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, and_, bindparam, false, func, literal, or_
from sqlalchemy.sql import operators

from joinery.store.dialects import Position
from joinery.store.kinds import BOOLEAN, LONG_TEXT, NUMBER, TEXT, TEXTS
from joinery.store.shapes import Shape, bound

OPERATORS: dict[str, Any] = {"<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns of a value, or of what stands for one. ``long_texts``: whether any text is longer than its head."""

    kind: ColumnElement[int]
    head: ColumnElement[str]
    number: ColumnElement[float]
    residue: ColumnElement[int]
    body: ColumnElement[str]
    folded: ColumnElement[str]
    long_texts: bool = True

    @classmethod
    def of(cls, table: FromClause, *, long_texts: bool = True) -> Columns:
        """The columns of ``value`` or an alias of it."""
        return _of_table(table, long_texts)

    @property
    def text(self) -> ColumnElement[str]:
        """The whole text."""
        return func.coalesce(self.body, self.head) if self.long_texts else self.head


@lru_cache(64)
def _of_table(table: FromClause, long_texts: bool) -> Columns:
    c = table.c
    return Columns(c.kind, c.head, c.number, c.residue, c.body, c.folded, long_texts)


def matches(shape: Shape, c: Columns, names: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a present value passes a test of this shape, whose values have these names."""
    return _matches(shape, c, iter(names))


def _matches(shape: Shape, c: Columns, names: Iterator[str]) -> ColumnElement[bool]:
    match shape.form:
        case "number":
            return and_(_is_number(c), OPERATORS[shape.op](c.number, bound(next(names), c.number)))
        case "exact":
            return _compare_exactly(shape.op, c, next(names), next(names))
        case "head":
            return and_(is_text(c), OPERATORS[shape.op](c.head, bound(next(names), c.head)))
        case "text":
            return _compare_text(shape.op, c, next(names), next(names))
        case "range":
            return and_(*(_matches(part, c, names) for part in shape.parts))
        case "one of":
            return _one_of(shape.sizes, c, names)
        case "pattern":
            return _like(shape.op, c, next(names))
        case _:
            return false()


def _is_number(c: Columns) -> ColumnElement[bool]:
    # The empty head keeps the columns of the index in a row up to the number.
    return and_(c.kind == NUMBER, c.head == "")


def is_text(c: Columns) -> ColumnElement[bool]:
    """That the value is a text."""
    return of_kinds(c.kind, TEXTS) if c.long_texts else c.kind == TEXT


def of_kinds(column: ColumnElement[int], kinds: Sequence[int]) -> ColumnElement[bool]:
    """``column IN (kinds)``, as a statement that is compiled once: not with a list that is filled in later."""
    return column.in_([literal(kind, column.type) for kind in kinds])


def _outer_and_inner(op: str) -> tuple[Any, Any]:
    return (operators.le, operators.lt) if op in ("<", "<=") else (operators.ge, operators.gt)


def _compare_exactly(op: str, c: Columns, near: str, residue: str) -> ColumnElement[bool]:
    outer, inner = _outer_and_inner(op)
    return and_(
        _is_number(c),
        outer(c.number, bound(near, c.number)),
        or_(inner(c.number, bound(near, c.number)), OPERATORS[op](c.residue, bound(residue, c.residue))),
    )


def _compare_text(op: str, c: Columns, head: str, whole: str) -> ColumnElement[bool]:
    outer, inner = _outer_and_inner(op)
    return and_(
        is_text(c),
        outer(c.head, bound(head, c.head)),
        or_(inner(c.head, bound(head, c.head)), OPERATORS[op](c.text, bound(whole, c.head))),
    )


def _one_of(sizes: Sequence[int], c: Columns, names: Iterator[str]) -> ColumnElement[bool]:
    """That the value equals one of several, by type and value."""
    heads, bodies, doubles, exact, booleans = sizes
    found: list[ColumnElement[bool]] = []
    if heads:
        found.append(and_(c.kind == TEXT, within(c.head, names, heads)))
    for _ in range(bodies):
        head, body = bound(next(names), c.head), bound(next(names), c.head)
        found.append(and_(c.kind == LONG_TEXT, c.head == head, c.body == body))
    if doubles:
        found.append(and_(_is_number(c), within(c.number, names, doubles)))
    for _ in range(exact):
        near, residue = bound(next(names), c.number), bound(next(names), c.residue)
        found.append(and_(_is_number(c), c.number == near, c.residue == residue))
    if booleans:
        found.append(and_(c.kind == BOOLEAN, c.head == "", within(c.number, names, booleans)))
    return or_(*found)


def within(column: ColumnElement[Any], names: Iterator[str], count: int) -> ColumnElement[bool]:
    """That a column is one of the next ``count`` values."""
    values = [bound(next(names), column) for _ in range(count)]
    return column == values[0] if count == 1 else column.in_(values)


def _like(kind: str, c: Columns, name: str) -> ColumnElement[bool]:
    text = bindparam(name, type_=String())
    folded = func.coalesce(c.folded, c.body, c.head) if c.long_texts else func.coalesce(c.folded, c.head)
    size = func.length(text)
    match kind:
        case "prefix":
            return and_(is_text(c), func.substr(folded, 1, size) == text)
        case "suffix":
            start = func.length(folded) - size + 1
            return and_(is_text(c), start >= 1, func.substr(folded, start) == text)
        case _:
            return and_(is_text(c), Position(folded, text) > 0)
