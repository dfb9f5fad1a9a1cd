"""A typed test in two parts: its shape, which alone decides what the SQL is, and its values, which are bound to it.

Two tests of one shape are one statement with other parameters, so that a statement is made and compiled once for each
shape (``prepared.py``). Whatever the SQL depends on must be in the shape: nothing that makes SQL ever sees a value.
Source: spec 2, *Operands*: typed comparison and equality, exact numbers, code point order, case-folded patterns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam

from joinery.pql.ast import Between, Compare, Comparison, IsNil, Like, OneOf, Scalar, Test, Within
from joinery.runs.limits import MAX_HEAD
from joinery.runs.plain import plain_text
from joinery.store.kinds import split_number

Form = Literal[
    "never",
    "number",
    "exact",
    "head",
    "text",
    "pattern",
    "range",
    "one of",
    "texts",
    "begins",
    "integer",
    "integers",
    "integers from to",
]  # the last five of columns alone
Values = list[str | int | float]


@dataclass(frozen=True, slots=True)
class Shape:
    """``op``: of a comparison (of a range: none), or the kind of a pattern. ``parts``: the two ends of a range.

    Values by form: a number its double; an exact one double and residue; a head the text; a text its first
    characters and the whole; a pattern its text; a range those of its ends; one of several the short texts, the long
    ones as texts, the doubles, the exact numbers and the booleans, as many as ``sizes`` says of each.
    """

    form: Form
    op: str = ""
    sizes: tuple[int, ...] = ()
    parts: tuple[Shape, ...] = ()


NEVER = Shape("never")


def shape_of(test: Test | None, *, long_texts: bool) -> tuple[Shape | None, Values]:
    """The shape and the values of a test. No shape: presence alone is asked for (None, or IsNil).

    ``long_texts``: whether any text that is tested may be longer than its head.
    """
    match test:
        case None | IsNil():
            return None, []
        case Compare(op, bound):
            return _text(op, bound, long_texts) if isinstance(bound, str) else _number(op, bound)
        case Between(low, high):
            return _range(_number(">=", low), _number("<=", high))
        case Within(start, stop):
            return _range(_number(">=", start), _number("<", stop))
        case OneOf(values):
            return _one_of(values)
        case Like(kind, text):
            return (NEVER, []) if "\0" in plain_text(text) else (Shape("pattern", kind), [plain_text(text)])


def _range(low: tuple[Shape, Values], high: tuple[Shape, Values]) -> tuple[Shape, Values]:
    return Shape("range", parts=(low[0], high[0])), low[1] + high[1]


def _number(op: Comparison, bound: int | float) -> tuple[Shape, Values]:
    near, residue = split_number(bound)
    if _is_plain(near, residue):
        return Shape("number", op), [near]
    return Shape("exact", op), [near, residue]


def _is_plain(near: float, residue: int) -> bool:
    """Whether no stored number near here has a residue: one comparison is exact."""
    return residue == 0 and abs(near) < 2**53


def _text(op: Comparison, bound: str, long_texts: bool) -> tuple[Shape, Values]:
    bound = plain_text(bound)
    cut = bound.find("\0")
    if cut >= 0:
        # No stored text holds U+0000: those below `a\0…` are those up to `a`, and those above it are those above `a`.
        bound, op = bound[:cut], "<=" if op in ("<", "<=") else ">"
    if not long_texts and len(bound) <= MAX_HEAD:
        return Shape("head", op), [bound]
    return Shape("text", op), [bound[:MAX_HEAD], bound]


def _one_of(values: tuple[Scalar, ...]) -> tuple[Shape, Values]:
    heads: dict[str, None] = {}
    bodies: dict[str, None] = {}
    doubles: dict[float, None] = {}
    exact: dict[tuple[float, int], None] = {}
    booleans: dict[float, None] = {}
    for value in values:
        if isinstance(value, bool):
            booleans[float(value)] = None
        elif isinstance(value, str):
            text = plain_text(value)
            if "\0" not in text:
                (heads if len(text) <= MAX_HEAD else bodies)[text] = None
        elif value == value:
            near, residue = split_number(value)
            if _is_plain(near, residue):
                doubles[near] = None
            else:
                exact[near, residue] = None
    sizes = (len(heads), len(bodies), len(doubles), len(exact), len(booleans))
    if not any(sizes):
        return NEVER, []
    found: Values = [*heads]
    for body in bodies:
        found += [body[:MAX_HEAD], body]
    found += doubles
    for near, residue in exact:
        found += [near, residue]
    return Shape("one of", sizes=sizes), [*found, *booleans]


def bound(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value of this name, of the type of the column that it is compared with."""
    return bindparam(name, type_=column.type)
