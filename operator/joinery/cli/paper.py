"""Prints blocks: plain aligned text into files and pipes, rich tables on a terminal (rich is imported only then)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from joinery.cli.blocks import Block, Line, Table
from joinery.cli.text import columns_of

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"": "", "dim": "dim", "good": "green", "bad": "bold red", "warning": "yellow", "heading": "bold"}


def wants_colour(stream: TextIO) -> bool:
    """A terminal, and nobody asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(blocks: Iterable[Block], *, stream: TextIO | None = None) -> None:
    """Print to standard output, or to ``stream``."""
    target = stream or sys.stdout
    if wants_colour(target):
        _show_rich(blocks, target)
        return
    for number, block in enumerate(blocks):
        target.write(("\n" if number and isinstance(block, Line) and block.style == "heading" else "") + as_text(block))


def as_text(block: Block) -> str:
    """A block as plain text, ending with a newline."""
    match block:
        case Line(text):
            return f"{text}\n"
        case Table():
            return "".join(f"{line}\n" for line in table_lines(block))


def table_lines(table: Table) -> list[str]:
    """The lines of a table: three spaces between columns, nothing wrapped, nothing cut, no blanks at the end."""
    rows: list[Sequence[str]] = [table.columns, *table.rows]
    widths = [max(columns_of(row[i]) for row in rows) for i in range(len(table.columns))]
    lead = " " * table.indent
    return [lead + "   ".join(_padded(row, widths, table.right)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> Iterable[str]:
    for index, cell in enumerate(row):
        blanks = " " * (widths[index] - columns_of(cell))
        yield blanks + cell if index in right else cell + blanks


def _show_rich(blocks: Iterable[Block], stream: TextIO) -> None:
    console = _console(stream)
    for number, block in enumerate(blocks):
        match block:
            case Line(text, style):
                if number and style == "heading":
                    console.print()
                console.print(text, style=STYLES[style] or None, markup=False, highlight=False, emoji=False)
            case Table():
                _print_table(console, block)


def _print_table(console: Console, block: Table) -> None:
    from rich import box, table, text

    grid = table.Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, name in enumerate(block.columns):
        grid.add_column(text.Text(name), justify="right" if index in block.right else "left", overflow="fold")
    for row in block.rows:
        grid.add_row(*(text.Text(cell, style=_cell_style(cell)) for cell in row))
    console.print(grid)


def _cell_style(cell: str) -> str:
    match cell:
        case "✓" | "taken":
            return "green"
        case "✗":
            return "red"
        case "–":
            return "dim"
    return ""


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, soft_wrap=False)
