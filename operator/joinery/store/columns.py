"""The fields that stand in a column of the run's own row: uuid, name, times and spans of time. Each test as SQL on it.

Source: spec 2, *Fields* and *Operands*.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, literal, null

from joinery.pql.ast import Between, Compare, Like, OneOf, Test, Within
from joinery.runs.plain import plain_text
from joinery.store.kinds import NUMBER, TEXT
from joinery.store.matching import OPERATORS, Columns, matches, within
from joinery.store.shapes import NEVER, Shape, Values, bound, shape_of

UUID, TITLE, TIME, SPAN = "uuid", "title", "time", "span"

# Field: the column of `run`, and what it holds. Times are microseconds, spans seconds.
COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "uuid": ("uuid", UUID),
    "name": ("title", TITLE),
    "created_at": ("created", TIME),
    "updated_at": ("updated", TIME),
    "started_at": ("started", TIME),
    "finished_at": ("finished", TIME),
    "duration": ("duration", SPAN),
    "wait_time": ("wait", SPAN),
}
ALWAYS_THERE: Final = frozenset(("uuid", "created_at"))


def column_shape(field: str, test: Test | None) -> tuple[Shape | None, Values]:
    """The shape and the values of a test of a column; no shape: any value passes."""
    if test is None:
        return None, []
    match COLUMNS[field][1]:
        case "time":
            return _time_shape(test)
        case "span":
            shape, values = shape_of(test, long_texts=False)
            return shape or NEVER, values
        case _:
            return _text_shape(test)


def passes(field: str, shape: Shape | None, names: Sequence[str], table: FromClause) -> ColumnElement[bool]:
    """That a row of ``run`` (or an alias of it) has a value of the field that passes a test of this shape."""
    name, held = COLUMNS[field]
    column: ColumnElement[Any] = table.c[name]
    if shape is None:
        return column.is_not(None)
    match shape.form:
        case "texts" | "integers":
            return within(column, iter(names), *shape.sizes)
        case "begins":
            start, *stop = (bound(name, table.c.folded) for name in names)
            column = table.c.folded if held == TITLE else column
            return and_(column >= start, *(column < at for at in stop))
        case "integer" | "integers from to":
            return _compare_integers(shape, column, iter(names))
    nothing: ColumnElement[Any] = null()
    if held == SPAN:
        number = Columns(literal(NUMBER), literal(""), column, literal(0), nothing, nothing, long_texts=False)
        return matches(shape, number, names)
    read = table.c.folded if held == TITLE and shape.form == "pattern" else column
    return matches(
        shape, Columns(literal(TEXT), read, literal(0.0), literal(0), nothing, nothing, long_texts=False), names
    )


def _text_shape(test: Test) -> tuple[Shape, Values]:
    match test:
        case OneOf(values):
            texts = list(dict.fromkeys(plain_text(v) for v in values if isinstance(v, str) and "\0" not in v))
            return (Shape("texts", sizes=(len(texts),)), [*texts]) if texts else (NEVER, [])
        case Like("prefix", text) if "\0" not in text:
            start = plain_text(text)
            stop = beyond_prefix(start)
            return Shape("begins", sizes=(1 if stop is None else 2,)), [start] if stop is None else [start, stop]
        case _:
            shape, found = shape_of(test, long_texts=False)
            return shape or NEVER, found


def beyond_prefix(prefix: str) -> str | None:
    """The first text, in the order of code points, after all that begin with ``prefix``: these are a range of an index.
    None where no text is."""
    start = prefix.rstrip("\U0010ffff")
    if not start:
        return None
    following = ord(start[-1]) + 1
    return start[:-1] + chr(0xE000 if following == 0xD800 else following)  # no text holds a surrogate


def _time_shape(test: Test) -> tuple[Shape, Values]:
    match test:
        case Compare(op, at) if not isinstance(at, str):
            return Shape("integer", op), [math.ceil(at) if op in ("<", ">=") else math.floor(at)]
        case Within(start, stop):
            return _integers(">=", "<"), [start, stop]
        case Between(low, high):
            return _integers(">=", "<="), [math.ceil(low), math.floor(high)]
        case OneOf(values):
            times = list(dict.fromkeys(v for v in values if type(v) is int))
            return (Shape("integers", sizes=(len(times),)), [*times]) if times else (NEVER, [])
        case _:
            return NEVER, []


def _integers(*ops: str) -> Shape:
    return Shape("integers from to", parts=tuple(Shape("integer", op) for op in ops))


def _compare_integers(shape: Shape, column: ColumnElement[Any], names: Iterator[str]) -> ColumnElement[bool]:
    return and_(*(OPERATORS[part.op](column, bound(next(names), column)) for part in shape.parts or (shape,)))
