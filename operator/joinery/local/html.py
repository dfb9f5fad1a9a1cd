"""Tables for notebooks (``_repr_html_``). Everything that a run recorded is escaped: a name is never markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_CELL = "text-align:left;padding:2px 12px 2px 0;font-variant-numeric:tabular-nums"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(_visible(cell))}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str, *, strong: bool = False) -> str:
    shown = escape(_visible(text))
    return f"<p><strong>{shown}</strong></p>" if strong else f"<p>{shown}</p>"


def notes(texts: Iterable[str]) -> str:
    """Warnings as a list; nothing where there are none."""
    items = "".join(f"<li>{escape(_visible(text))}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def _visible(text: str) -> str:
    """Without characters that turn the reading direction or cannot be seen."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
