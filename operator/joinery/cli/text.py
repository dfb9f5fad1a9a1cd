"""Data of other people's runs as text that is safe to print, and short enough to read.

Names, values and messages may hold anything. Whatever could move the cursor, colour
the terminal or turn the reading direction is shown as an escape instead.
"""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

# Zero-width joiners are ordinary letters' business in several scripts and in emoji.
_JOINERS = "\u200c\u200d"


def plain(text: str, *, keep_lines: bool = False) -> str:
    """``text`` with control and format characters as ``\\x1b``-like escapes; newlines stay where ``keep_lines``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _JOINERS or (keep_lines and c == "\n") else _escape(c) for c in text)


def safe_json(text: str) -> str:
    """JSON text with every unprintable character as a ``\\uXXXX`` escape: the same JSON, safe on a terminal."""
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return "".join(c if c.isprintable() or c == "\n" else _json_escape(c) for c in text)


def _escape(char: str) -> str:
    match char:
        case "\n":
            return "\\n"
        case "\t":
            return "\\t"
        case "\r":
            return "\\r"
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))


def cut(text: str, width: int) -> str:
    """At most ``width`` characters, with ``…`` as the last where something was cut."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def short(value: Any, *, width: int = 60) -> str:
    """One line of at most ``width`` characters: texts as they are, all else as JSON, cut with ``…``.

    Only as much of a long value is written as is shown: a list of 5,000 costs nothing.
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return cut(plain(value[: width + 1]), width)
    return cut(plain(_compact(value, width)), width)


def _compact(value: Any, room: int) -> str:
    match value:
        case float() if not math.isfinite(value):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        case str():
            return json.dumps(value[: room + 1], ensure_ascii=False)
        case list() | tuple():
            return "[" + _joined((_compact(item, room) for item in value), room) + "]"
        case dict():
            items = (f"{_compact(str(key), room)}: {_compact(item, room)}" for key, item in value.items())
            return "{" + _joined(items, room) + "}"
    return json.dumps(value, ensure_ascii=False, default=str)


def _joined(items: Any, room: int) -> str:
    parts: list[str] = []
    length = 0
    for item in items:
        parts.append(item)
        length += len(item) + 2
        if length > room:
            break
    return ", ".join(parts)


def columns_of(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) or c in _JOINERS else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
