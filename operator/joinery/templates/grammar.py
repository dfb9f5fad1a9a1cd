"""An expression's text to Jinja2's own tree, within bounds that its recursive parser can stand.

Jinja2 numbers its nodes by line. Our expressions are read with the *offset* of each
token in that place, so that every error can show where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser

from joinery.templates.values import Fault

MAX_BRACKETS = 16  # one within the other
MAX_CHOICES = 16  # `else` in one expression
MAX_PREFIXES = 8  # `-`, `+`, `not` in a row
MAX_DIGITS = 100  # of one number
MAX_TOKENS = 2_000

_PREFIXES = {"-", "+", "not"}
_FOUND = re.compile(r"^unexpected char (?P<char>.+) at (?P<position>\d+)$", re.DOTALL)

RawToken = tuple[int, str, str]


class _Offsets(Environment):
    """Reads tokens with their offset (plus one) where Jinja2 puts the line."""

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = _bounded(_raw_tokens(self, source, state))
        return TokenStream(self.lexer.wrap(tokens, name, filename), name, filename)


_ENVIRONMENT = _Offsets(autoescape=False)


def read_tree(text: str) -> nodes.Expr:
    """The tree of one expression; ``lineno - 1`` of a node is its offset in ``text``. Raises :class:`Fault`."""
    if not text.strip():
        raise Fault("there is no expression between the braces", rule="template-syntax").at(0, max(1, len(text)))
    try:
        parser = Parser(_ENVIRONMENT, text, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise _leftover(parser, text)
    except TemplateSyntaxError as error:
        raise Fault(_plain(error.message or ""), rule="template-syntax").at(_place(error, text)) from None
    except (RecursionError, ValueError):
        # ValueError: a text or number that Python cannot read (a bad escape)
        raise Fault("this expression cannot be read", rule="template-syntax").at(0, len(text)) from None
    return tree


def _raw_tokens(environment: Environment, source: str, state: str | None) -> list[RawToken]:
    # Jinja2 makes "\n" of "\r\n", which would move what follows: blanks outside texts mean nothing.
    clean = source.replace("\r\n", " \n").replace("\r", "\n")
    pieces: list[tuple[str, str]] = []
    done = 0
    try:
        for _, kind, value in environment.lexer.tokeniter(clean, None, None, state):
            pieces.append((kind, value))
            done += len(value)
            if len(pieces) > 2 * MAX_TOKENS:
                raise Fault("this expression is too long", rule="template-too-complex").at(0, len(source))
    except TemplateSyntaxError as error:
        error.lineno = done + 1
        raise
    starts = accumulate((len(value) for _, value in pieces), initial=0)
    return [(start + 1, kind, value) for start, (kind, value) in zip(starts, pieces, strict=False)]


def _bounded(tokens: list[RawToken]) -> list[RawToken]:
    """The same tokens, if the parser can read them without running out of stack."""
    depth = choices = prefixes = 0
    for offset, kind, value in tokens:
        if kind == "whitespace":
            continue
        if kind in ("integer", "float") and len(value) > MAX_DIGITS:
            raise _complex("this number has too many digits", offset, len(value))
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(value, 0) if kind == "operator" else 0
        choices += kind == "name" and value == "else"
        prefixes = prefixes + 1 if value in _PREFIXES and kind in ("operator", "name") else 0
        if depth > MAX_BRACKETS:
            raise _complex(f"more than {MAX_BRACKETS} brackets, one within the other", offset, 1)
        if choices > MAX_CHOICES:
            raise _complex(f"more than {MAX_CHOICES} `else` in one expression", offset, len(value))
        if prefixes > MAX_PREFIXES:
            raise _complex(f"more than {MAX_PREFIXES} signs in a row", offset, len(value))
    return tokens


def _complex(message: str, offset: int, length: int) -> Fault:
    return Fault(message, rule="template-too-complex").at(offset - 1, length)


def _leftover(parser: Parser, text: str) -> Fault:
    token = parser.stream.current
    rest = text[token.lineno - 1 :].split(maxsplit=1)
    found = rest[0] if rest else token.value
    hint = None
    if token.type == "assign":
        hint = "to compare, write `==`"
    elif token.type in ("integer", "float", "name", "string"):
        hint = "an operator or a filter (`|`) is missing before it"
    return Fault(f"`{found[:40]}` is not expected here", rule="template-syntax", hint=hint).at(
        token.lineno - 1, len(found[:40])
    )


_WORDS: Iterable[tuple[str, str]] = (
    ("end of print statement", "the end"),
    ("end of statement block", "the end"),
    ("end of template", "the end"),
)


def _plain(message: str) -> str:
    """Jinja2's message in words for a person who writes an expression, not a template."""
    if found := _FOUND.match(message):
        return f"the character {found['char']} is not expected here"
    for word, plain in _WORDS:
        message = message.replace(word, plain)
    return message[:200]


def _place(error: TemplateSyntaxError, text: str) -> int:
    return max(0, min(error.lineno - 1, len(text.rstrip()) - 1))
