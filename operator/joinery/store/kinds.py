"""What a value is in the index: its kind, and the columns that hold it.

Numbers are a double and a residue, so that integers beyond 2^53 compare exactly on both databases; NaN is a
kind of its own (SQLite would store null, PostgreSQL calls it the largest); a text stands in the index with its
first 256 characters, and whole in ``body`` where it is longer.
"""

from __future__ import annotations

import math
from typing import Any, Final

from joinery.runs.limits import MAX_HEAD
from joinery.runs.phases import fold

NUMBER: Final = 1
TEXT: Final = 2
BOOLEAN: Final = 3
NAN: Final = 4
OTHER: Final = 5  # a mapping or a list: present, and equal to nothing
LONG_TEXT: Final = 6  # a text of more than MAX_HEAD characters

# The kinds in the order of the columns of `key` that count them.
KINDS: Final = (NUMBER, TEXT, BOOLEAN, NAN, OTHER, LONG_TEXT)
TEXTS: Final = (TEXT, LONG_TEXT)
ORDERED: Final = (NUMBER, TEXT, BOOLEAN, LONG_TEXT)

_MOST_RESIDUE: Final = 2**31 - 1


# The columns of one value: kind, head, number, residue, body (the whole text where the head is not), and folded (the
# case-folded text where that is another). A plain tuple: there are millions of them on a load.
Cell = tuple[int, str, float, int, str | None, str | None]

_TRUE: Final[Cell] = (BOOLEAN, "", 1.0, 0, None, None)
_FALSE: Final[Cell] = (BOOLEAN, "", 0.0, 0, None, None)
_NAN: Final[Cell] = (NAN, "", 0.0, 0, None, None)
_OTHER: Final[Cell] = (OTHER, "", 0.0, 0, None, None)
UNSEARCHED: Final = _OTHER  # of a text that has a default, but cannot be searched itself


def split_number(value: int | float) -> tuple[float, int]:
    """A number that is not NaN as (double, residue): pairs compare as the numbers do, exactly."""
    if isinstance(value, float):
        return value, 0
    try:
        near = float(value)
    except OverflowError:
        return (math.inf, -1) if value > 0 else (-math.inf, 1)
    if -(2**53) <= value <= 2**53:
        return near, 0
    return near, max(-_MOST_RESIDUE, min(_MOST_RESIDUE, value - int(near)))


def cell_of(value: Any) -> Cell:
    """The cell of any JSON value but null."""
    kind = type(value)
    if kind is float:
        return (NUMBER, "", value, 0, None, None) if value == value else _NAN
    if kind is int:
        near, residue = split_number(value)
        return NUMBER, "", near, residue, None, None
    if kind is str:
        return text_cell(value)
    if kind is bool:
        return _TRUE if value else _FALSE
    return _OTHER


def text_cell(text: str) -> Cell:
    """The cell of a text."""
    folded: str | None = text.casefold()
    if folded == text:
        folded = None
    if len(text) > MAX_HEAD:
        return LONG_TEXT, text[:MAX_HEAD], 0.0, 0, text, folded
    return TEXT, text, 0.0, 0, None, folded


def folded_cell(text: str) -> Cell:
    """The cell of a status, kind or runtime: found under its folded form, sorted and shown as it is."""
    plain = fold(text)
    if len(plain) > MAX_HEAD:
        return LONG_TEXT, plain[:MAX_HEAD], 0.0, 0, plain, None
    return TEXT, plain, 0.0, 0, None if plain == text else text, None
