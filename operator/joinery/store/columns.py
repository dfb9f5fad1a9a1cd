"""The fields that stand in a column of the run's own row: uuid, name, times and spans of time. Each test as SQL on it.

Source: spec 2, *Fields* and *Operands*.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, false, literal, null, or_

from joinery.pql.ast import Between, Compare, Like, OneOf, Test, Within
from joinery.runs.plain import plain_text
from joinery.store.kinds import NUMBER, TEXT
from joinery.store.matching import Columns, matches

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


def passes(field: str, test: Test | None, table: FromClause) -> ColumnElement[bool]:
    """That a row of ``run`` (or an alias of it) has a value of the field that passes ``test``; None: any value."""
    name, held = COLUMNS[field]
    column: ColumnElement[Any] = table.c[name]
    return column.is_not(None) if test is None else _TESTS[held](test, column, table)


def _uuid(test: Test, column: ColumnElement[Any], _: FromClause) -> ColumnElement[bool]:
    return _text(test, column, column)


def _title(test: Test, column: ColumnElement[Any], table: FromClause) -> ColumnElement[bool]:
    return _text(test, column, table.c.folded)


def _text(test: Test, column: ColumnElement[Any], folded: ColumnElement[Any]) -> ColumnElement[bool]:
    match test:
        case OneOf(values):
            texts = [plain_text(v) for v in values if isinstance(v, str) and "\0" not in v]
            return column.in_(texts) if texts else false()
        case Like("prefix", text) if "\0" not in text:
            start = plain_text(text)
            stop = beyond_prefix(start)
            return folded >= start if stop is None else and_(folded >= start, folded < stop)
        case _:
            nothing: ColumnElement[Any] = null()
            read = folded if isinstance(test, Like) else column
            whole = Columns(literal(TEXT), read, literal(0.0), literal(0), nothing, nothing, long_texts=False)
            return _some(matches(test, whole))


def beyond_prefix(prefix: str) -> str | None:
    """The first text, in the order of code points, after all that begin with ``prefix``: these are a range of an index.
    None where no text is."""
    start = prefix.rstrip("\U0010ffff")
    if not start:
        return None
    following = ord(start[-1]) + 1
    return start[:-1] + chr(0xE000 if following == 0xD800 else following)  # no text holds a surrogate


def _time(test: Test, column: ColumnElement[Any], _: FromClause) -> ColumnElement[bool]:
    match test:
        case Compare(op, bound) if not isinstance(bound, str):
            at = math.ceil(bound) if op in ("<", ">=") else math.floor(bound)
            return {"<": column < at, "<=": column <= at, ">": column > at, ">=": column >= at}[op]
        case Within(start, stop):
            return and_(column >= start, column < stop)
        case Between(low, high):
            return and_(column >= math.ceil(low), column <= math.floor(high))
        case OneOf(values):
            return or_(false(), *(column == v for v in values if type(v) is int))
        case _:
            return false()


def _span(test: Test, column: ColumnElement[Any], _: FromClause) -> ColumnElement[bool]:
    nothing: ColumnElement[Any] = null()
    number = Columns(literal(NUMBER), literal(""), column, literal(0), nothing, nothing, long_texts=False)
    return _some(matches(test, number))


def _some(found: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return false() if found is None else found


_TESTS: Final[dict[str, Callable[[Test, ColumnElement[Any], FromClause], ColumnElement[bool]]]] = {
    UUID: _uuid,
    TITLE: _title,
    TIME: _time,
    SPAN: _span,
}
