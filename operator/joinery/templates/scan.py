"""Where the templates of a text begin and end. Source: spec 4, *Templates*.

Only ``{{`` is special. ``{%`` followed by a word that begins a Jinja statement is
an error, since whoever wrote it expects a statement; every other ``{%`` and ``{#``
is text (``${#a[@]}``, ``date +{%s}``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from joinery.problems import InvalidTemplate, Problem

MAX_TEXT = 1 << 20  # characters of one template: what it renders to may not be longer either
MAX_EXPRESSION = 16 * 1024  # characters between one pair of braces
MAX_EXPRESSIONS = 2_000  # expressions of one template

# Possessive repeats: an unclosed text is found out in one pass, never by going back.
_INSIDE = re.compile(r"""[^'"{}]++|'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|[{}]""", re.DOTALL)
_STATEMENT = re.compile(
    r"\{%[-+]?\s*+(?:autoescape|block|call|do|elif|else|end[a-z]+|extends|filter|for|from|if|import|include|macro"
    r"|pluralize|print|raw|set|trans|with|break|continue|debug)\b"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of a template. ``text`` is the text itself, or what stands between the braces, as written;
    ``start`` is where in the whole (characters from 0) that begins, ``stop`` where the piece ends, braces included."""

    text: str
    start: int
    stop: int
    is_expression: bool = False


def find_end(text: str, start: int) -> int | None:
    """The index just behind the ``}}`` that closes the ``{{`` at ``start``; None when nothing closes it.

    Braces in texts in quotes, and those of mappings (``{{ {'a': {'b': 1}} }}``), close nothing.
    An expression longer than 16 KiB counts as not closed.
    """
    position, depth, limit = start + 2, 0, start + 4 + MAX_EXPRESSION
    while position < min(len(text), limit):
        found = _INSIDE.match(text, position)
        if found is None:
            return None  # a text in quotes that never ends
        match found[0]:
            case "{":
                depth += 1
            case "}" if depth:
                depth -= 1
            case "}" if text.startswith("}}", position):
                return position + 2
        position = found.end()
    return None


def split(text: str) -> list[Piece]:
    """The pieces of a template in order: texts and expressions. Raises :class:`InvalidTemplate`."""
    if len(text) > MAX_TEXT:
        _refuse("this text is longer than 1 MiB, more than a template may be", rule="template-too-long")
    pieces: list[Piece] = []
    done = count = 0
    while (start := text.find("{{", done)) >= 0:
        _add_text(pieces, text, done, start)
        stop = find_end(text, start)
        if stop is None:
            _refuse_unclosed(text, start)
        count += 1
        if count > MAX_EXPRESSIONS:
            _refuse(f"more than {MAX_EXPRESSIONS:,} expressions in one text", rule="template-too-long")
        done = _append_expression(pieces, text, start=start, stop=stop)
    _add_text(pieces, text, done, len(text))
    return pieces


def _append_expression(pieces: list[Piece], text: str, *, start: int, stop: int) -> int:
    """Adds one expression; gives where the next piece begins. ``{{-`` and ``-}}`` take the blanks beside them away."""
    first, last, behind = start + 2, stop - 2, stop
    if text.startswith(("-", "+"), first) and last - first > 1:
        if text[first] == "-" and pieces and not pieces[-1].is_expression:
            before = pieces.pop()
            if kept := before.text.rstrip():
                pieces.append(Piece(kept, before.start, before.start + len(kept)))
        first += 1
    if text.endswith(("-", "+"), first, last) and last - first > 1:
        last -= 1
        if text[last] == "-":
            while text[behind : behind + 1].isspace():
                behind += 1
    pieces.append(Piece(text[first:last], first, stop, is_expression=True))
    return behind


def _add_text(pieces: list[Piece], text: str, start: int, stop: int) -> None:
    if start >= stop:
        return
    if found := _STATEMENT.search(text, start, stop):
        _refuse(
            f"`{found[0]}` begins a Jinja statement; only expressions in {{{{ }}}} are allowed",
            rule="template-statement",
            hint="write the choice as an expression, `{{ a if b else c }}`; a text that is meant to stay so: "
            f"`{{{{ '{found[0]}' }}}}`",
            text=text,
            position=found.start(),
            length=len(found[0]),
        )
    pieces.append(Piece(text[start:stop], start, stop))


def _refuse_unclosed(text: str, start: int) -> NoReturn:
    close = text.find("}}", start + 2)
    if close >= 0 and close - start > MAX_EXPRESSION:
        hint = f"an expression may have {MAX_EXPRESSION:,} characters"
    elif close >= 0:
        hint = "a text in quotes, or a mapping, is not closed before the `}}`"
    else:
        hint = "close it with `}}`; a pair of braces as text is written `{{ '{{' }}`"
    _refuse("this `{{` is never closed", rule="template-unclosed", hint=hint, text=text, position=start, length=2)


def _refuse(
    message: str,
    *,
    rule: str,
    hint: str | None = None,
    text: str | None = None,
    position: int | None = None,
    length: int = 1,
) -> NoReturn:
    raise InvalidTemplate(Problem(message=message, rule=rule, hint=hint, text=text, position=position, length=length))


def texts_with_templates(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text with a template in a value, with its path."""
    match value:
        case str():
            if "{{" in value or "{%" in value:
                yield path, value
        case Mapping():
            for key, item in value.items():
                yield from texts_with_templates(item, f"{path}.{key}")
        case list() | tuple():
            for index, item in enumerate(value):
                yield from texts_with_templates(item, f"{path}[{index}]")
