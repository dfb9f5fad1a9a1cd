"""What a command has to say, apart from how it is printed: headings, lines, tables and problems.

Views build blocks (pure); :mod:`joinery.cli.paper` prints them, in colour on a terminal.
All texts in blocks are already safe to print (:func:`joinery.cli.text.plain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Style: TypeAlias = Literal["", "dim", "good", "bad", "warning", "heading"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line. A heading has an empty line before it."""

    text: str
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under capital letters, as kubectl prints them. ``right`` are the columns of numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()
    indent: int = 0


Block: TypeAlias = Line | Table


def heading(text: str) -> Line:
    return Line(text, "heading")
