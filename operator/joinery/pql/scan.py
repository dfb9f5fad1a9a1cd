"""The smallest pieces of a query: space, names, keys, texts in quotes, templates.

Every function takes the text and an offset, looks ahead only as far as it reads,
and says where it stopped: so the whole parse is one pass.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

from joinery.pql.ast import Span, Stat, TemplateToken
from joinery.pql.report import Report
from joinery.templates.scan import find_end

STATS: tuple[Stat, ...] = ("last", "min", "max", "step")
_KEY_MARKS = frozenset("_-/.@#+%")
_SIMPLE_ESCAPES = frozenset('"\\/bfnrt')


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text in double quotes, unescaped; ``parts`` are texts and the templates in it."""

    parts: tuple[str | TemplateToken, ...]
    span: Span


def skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def is_name_start(char: str) -> bool:
    return char.isascii() and (char.isalpha() or char == "_")


def name_end(text: str, at: int) -> int:
    """Where the NAME that begins at ``at`` ends; ``at`` itself when none begins there."""
    if at >= len(text) or not is_name_start(text[at]):
        return at
    while at < len(text) and text[at].isascii() and (text[at].isalnum() or text[at] == "_"):
        at += 1
    return at


def is_key_char(char: str) -> bool:
    """Letters of any script (with the marks that combine with them), digits, and ``_ - / . @ # + %``."""
    return char.isalnum() or char in _KEY_MARKS or unicodedata.category(char).startswith("M")


def key_end(text: str, at: int) -> int:
    while at < len(text) and is_key_char(text[at]):
        at += 1
    return at


def is_bare_key(key: str) -> bool:
    return bool(key) and key_end(key, 0) == len(key)


def scan_template(text: str, at: int, report: Report) -> tuple[TemplateToken, int]:
    """The template at ``at`` (where ``{{`` stands) and where it ends."""
    stop = find_end(text, at)
    if stop is None:
        report.fatal(
            "this `{{` is never closed",
            Span(at, at + 2),
            rule="query-template",
            hint='close it with `}}`; braces that are meant as text go in quotes, as "\\u007b{"',
        )
    token = TemplateToken(text[at + 2 : stop - 2].strip(), Span(at, stop))
    if not token.expression:
        report.add("an empty template", token.span, rule="query-template", hint="name a value: `{{ params.x }}`")
    return token, stop


def scan_quoted(text: str, at: int, report: Report) -> tuple[Quoted, int]:
    """The JSON string that begins at ``at`` and where it ends. A template in it stays a token."""
    parts: list[str | TemplateToken] = []
    literal: list[str] = []
    start, at = at, at + 1
    while not text.startswith('"', at):
        if at >= len(text):
            hint = 'a value in quotes ends with another `"`'
            report.fatal("this double quote is never closed", Span(start, start + 1), rule="query-quotes", hint=hint)
        char = text[at]
        if char == "{" and text.startswith("{{", at):
            _flush(parts, literal)
            token, at = scan_template(text, at, report)
            parts.append(token)
        elif char == "\\":
            at = _scan_escape(text, at, literal, report)
        else:
            literal.append(char)
            at += 1
    _flush(parts, literal)
    return Quoted(tuple(parts), Span(start, at + 1)), at + 1


def _flush(parts: list[str | TemplateToken], literal: list[str]) -> None:
    if literal:
        parts.append("".join(literal))
        literal.clear()


def _scan_escape(text: str, at: int, literal: list[str], report: Report) -> int:
    """Reads one JSON escape, a pair of surrogates as one character."""
    if text[at + 1 : at + 2] in _SIMPLE_ESCAPES and at + 1 < len(text):
        literal.append(json.loads(f'"{text[at : at + 2]}"'))
        return at + 2
    first = _hex_escape(text, at)
    if first is None:
        report.add(
            f"`{text[at : at + 2]}` is no escape of a JSON string",
            Span(at, at + 2),
            hint='a backslash is written `\\\\`, a quote `\\"`',
        )
        literal.append(text[at + 1 : at + 2])
        return at + 2
    second = _hex_escape(text, at + 6) if 0xD800 <= first < 0xDC00 else None
    if second is not None and 0xDC00 <= second < 0xE000:
        literal.append(chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)))
        return at + 12
    literal.append(chr(first))
    return at + 6


def _hex_escape(text: str, at: int) -> int | None:
    digits = text[at + 2 : at + 6]
    if not text.startswith("\\u", at) or len(digits) < 4 or any(c not in "0123456789abcdefABCDEF" for c in digits):
        return None
    return int(digits, 16)
