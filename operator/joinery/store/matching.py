"""One typed test as SQL over the columns of a value. Everything from a query is a bound parameter.

Source: spec 2, *Operands*: typed comparison and equality, exact numbers, code point order, case-folded patterns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, func, literal, or_
from sqlalchemy.sql import operators

from joinery.pql.ast import Between, Compare, Comparison, IsNil, Like, OneOf, Scalar, Test, Within
from joinery.runs.limits import MAX_HEAD
from joinery.runs.plain import plain_text
from joinery.store.dialects import Position
from joinery.store.kinds import BOOLEAN, LONG_TEXT, NUMBER, TEXT, TEXTS, split_number

_OPERATORS: dict[Comparison, Any] = {"<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge}


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


def matches(test: Test | None, c: Columns) -> ColumnElement[bool] | None:
    """The condition that a present value passes ``test``; None (or IsNil) asks for presence alone, and gives None."""
    match test:
        case None | IsNil():
            return None
        case Compare(op, value):
            return _compare_text(c, op, value) if isinstance(value, str) else _compare_number(c, op, value)
        case Between(low, high):
            return and_(_compare_number(c, ">=", low), _compare_number(c, "<=", high))
        case Within(start, stop):
            return and_(_compare_number(c, ">=", start), _compare_number(c, "<", stop))
        case OneOf(values):
            return one_of(c, values)
        case Like(kind, text):
            return _like(c, kind, text)


@lru_cache(64)
def _is_number(c: Columns) -> ColumnElement[bool]:
    # The empty head keeps the columns of the index in a row up to the number.
    return and_(c.kind == NUMBER, c.head == "")


def is_text(c: Columns) -> ColumnElement[bool]:
    """That the value is a text."""
    return c.kind.in_(TEXTS) if c.long_texts else c.kind == TEXT


def _compare_number(c: Columns, op: Comparison, value: int | float) -> ColumnElement[bool]:
    near, residue = split_number(value)
    if residue == 0 and abs(near) < 2**53:
        # No stored number near here has a residue: one comparison is exact.
        return and_(_is_number(c), _OPERATORS[op](c.number, near))
    outer = operators.le if op in ("<", "<=") else operators.ge
    inner = operators.lt if op in ("<", "<=") else operators.gt
    return and_(
        _is_number(c),
        outer(c.number, near),
        or_(inner(c.number, near), _OPERATORS[op](c.residue, residue)),
    )


def _compare_text(c: Columns, op: Comparison, value: str) -> ColumnElement[bool]:
    value = plain_text(value)
    cut = value.find("\0")
    if cut >= 0:
        # No stored text holds U+0000: those below `a\0…` are those up to `a`, and those above it are those above `a`.
        value, op = value[:cut], "<=" if op in ("<", "<=") else ">"
    head = value[:MAX_HEAD]
    if not c.long_texts and len(value) <= MAX_HEAD:
        return and_(is_text(c), _OPERATORS[op](c.head, head))
    outer = operators.le if op in ("<", "<=") else operators.ge
    inner = operators.lt if op in ("<", "<=") else operators.gt
    return and_(is_text(c), outer(c.head, head), or_(inner(c.head, head), _OPERATORS[op](c.text, value)))


def one_of(c: Columns, values: tuple[Scalar, ...]) -> ColumnElement[bool]:
    """That the value equals one of ``values``, by type and value."""
    heads: list[str] = []
    bodies: list[str] = []
    doubles: list[float] = []
    exact: list[tuple[float, int]] = []
    booleans: list[float] = []
    for value in values:
        if isinstance(value, bool):
            booleans.append(float(value))
        elif isinstance(value, str):
            text = plain_text(value)
            if "\0" not in text:
                (heads if len(text) <= MAX_HEAD else bodies).append(text)
        elif value == value:
            near, residue = split_number(value)
            plain = residue == 0 and abs(near) < 2**53  # no number near here has a residue
            doubles.append(near) if plain else exact.append((near, residue))
    found: list[ColumnElement[bool]] = []
    if heads:
        found.append(and_(c.kind == TEXT, _in(c.head, heads)))
    found += [and_(c.kind == LONG_TEXT, c.head == body[:MAX_HEAD], c.body == body) for body in bodies]
    if doubles:
        found.append(and_(_is_number(c), _in(c.number, doubles)))
    found += [and_(_is_number(c), c.number == near, c.residue == residue) for near, residue in exact]
    if booleans:
        found.append(and_(c.kind == BOOLEAN, c.head == "", _in(c.number, booleans)))
    return or_(*found) if found else false()


def _in(column: ColumnElement[Any], values: list[Any]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(list(dict.fromkeys(values)))


def _like(c: Columns, kind: str, text: str) -> ColumnElement[bool]:
    text = plain_text(text)
    if "\0" in text:
        return false()
    folded = func.coalesce(c.folded, c.body, c.head) if c.long_texts else func.coalesce(c.folded, c.head)
    size = func.length(literal(text))
    match kind:
        case "prefix":
            return and_(is_text(c), func.substr(folded, 1, size) == text)
        case "suffix":
            start = func.length(folded) - size + 1
            return and_(is_text(c), start >= 1, func.substr(folded, start) == text)
        case _:
            return and_(is_text(c), Position(folded, literal(text)) > 0)
