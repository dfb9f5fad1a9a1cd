"""The types of inputs and outputs, from text: ``float``, ``List[Optional[int]]``, ``Literal['a', 'b']`` (spec 3)."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from joinery.problems import InvalidValue, Problem, did_you_mean

MAX_LENGTH = 1_024
MAX_DEPTH = 8

NAMES = (
    "any", "int", "float", "bool", "str", "dict", "list", "uri", "path", "uuid", "email", "date", "datetime",
    "timedelta", "image", "file", "metric", "metadata", "s3", "gcs", "wasb", "git", "dockerfile", "tensorboard",
    "event", "artifacts",
)  # fmt: skip
GENERICS = ("List", "Dict", "Optional", "Union", "Literal")
_OTHER_NAMES = {"List": "list", "Dict": "dict", "Any": "any", "None": "null"}  # Python's spellings of the same
_MEANT = {
    "string": "str", "text": "str", "integer": "int", "long": "int", "number": "float", "double": "float",
    "boolean": "bool", "object": "dict", "map": "dict", "mapping": "dict", "array": "list", "url": "uri",
    "time": "datetime", "timestamp": "datetime", "duration": "timedelta", "json": "any",
}  # fmt: skip

LiteralValue: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Plain:
    """A type without arguments; ``null`` is one inside ``Union`` only."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListOf:
    item: IOType

    def __str__(self) -> str:
        return f"List[{self.item}]"


@dataclass(frozen=True, slots=True)
class DictOf:
    """A mapping from text to ``value``."""

    value: IOType

    def __str__(self) -> str:
        return f"Dict[str, {self.value}]"


@dataclass(frozen=True, slots=True)
class OptionalOf:
    item: IOType

    def __str__(self) -> str:
        return f"Optional[{self.item}]"


@dataclass(frozen=True, slots=True)
class UnionOf:
    options: tuple[IOType, ...]

    def __str__(self) -> str:
        return f"Union[{', '.join(map(str, self.options))}]"


@dataclass(frozen=True, slots=True)
class LiteralOf:
    values: tuple[LiteralValue, ...]

    def __str__(self) -> str:
        return f"Literal[{', '.join(map(repr, self.values))}]"


IOType: TypeAlias = Plain | ListOf | DictOf | OptionalOf | UnionOf | LiteralOf

_TOKEN = re.compile(
    r"""\s*+(?:(?P<word>[^\W\d]\w*+)|(?P<value>'[^'\\]*+'|"[^"\\]*+"|[+-]?[\d.][\w.+-]*+)|(?P<mark>[\[\],])|(?P<end>\Z))"""
)


@lru_cache(maxsize=1_024)
def parse_type(text: str) -> IOType:
    """The type that ``text`` names. Raises :class:`InvalidValue`, with the nearest type there is."""
    if len(text) > MAX_LENGTH:
        raise InvalidValue(Problem(message=f"a type has at most {MAX_LENGTH:,} characters", rule="unknown-type"))
    reader = _Reader(text)
    found = reader.type(0)
    if reader.kind != "end":
        raise reader.wrong("is not expected here")
    return found


class _Reader:
    """Reads one type from left to right. ``kind`` and ``word`` are what comes next."""

    def __init__(self, text: str) -> None:
        self.text, self.stop = text, 0
        self.kind = self.word = ""
        self.start = 0
        self.advance()

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.stop)
        if found is None or found.lastgroup is None:
            self.start = min(self.stop, len(self.text) - 1)
            self.word = self.text[self.start : self.start + 1]
            raise self.wrong("is not expected here")
        self.kind, self.word = found.lastgroup, found[found.lastgroup]
        self.start, self.stop = found.start(self.kind), found.end()

    def wrong(self, what: str, hint: str | None = None) -> InvalidValue:
        shown = f"`{self.word[:40]}` {what}" if self.word else "something is missing at the end"
        return InvalidValue(
            Problem(
                message=f"type `{self.text[:80]}`: {shown}",
                rule="unknown-type",
                hint=hint,
                text=self.text,
                position=self.start,
                length=max(1, len(self.word)),
            )
        )

    def take(self, mark: str) -> None:
        if self.kind != "mark" or self.word != mark:
            raise self.wrong(f"is not expected here, but `{mark}`")
        self.advance()

    def type(self, depth: int) -> IOType:
        if self.kind != "word":
            raise self.wrong("is not a type")
        if depth > MAX_DEPTH:
            raise self.wrong(f"is nested more than {MAX_DEPTH} deep")
        word, start = self.word, self.start
        generic = word.capitalize() if word in ("list", "dict") else word
        following = self.text[self.stop :].lstrip()
        if generic in GENERICS and following.startswith("["):
            self.advance()
            self.advance()
            found = self.arguments(generic, depth)
            self.take("]")
            return found
        name = _OTHER_NAMES.get(word, word)
        if name not in NAMES and not (name == "null" and depth):
            if word in GENERICS:
                raise self.wrong("needs types in brackets", f"such as `{word}[int]`")
            meant = _MEANT.get(word.lower())
            hint = f"did you mean `{meant}`?" if meant else did_you_mean(word, NAMES + GENERICS)
            raise self.wrong("is not a type", hint or "the types are: " + ", ".join(NAMES + GENERICS))
        self.start = start
        self.advance()
        return Plain(name)

    def arguments(self, generic: str, depth: int) -> IOType:
        match generic:
            case "List":
                return ListOf(self.type(depth + 1))
            case "Optional":
                return OptionalOf(self.type(depth + 1))
            case "Dict":
                if self.word != "str":
                    raise self.wrong("cannot be a key: the keys of a mapping are texts", "such as `Dict[str, int]`")
                self.advance()
                self.take(",")
                return DictOf(self.type(depth + 1))
            case "Union":
                options = [self.type(depth + 1)]
                while self.word == ",":
                    self.advance()
                    options.append(self.type(depth + 1))
                return UnionOf(tuple(options))
            case _:
                values = [self.literal()]
                while self.kind == "mark" and self.word == ",":
                    self.advance()
                    values.append(self.literal())
                return LiteralOf(tuple(values))

    def literal(self) -> LiteralValue:
        kind, token = self.kind, self.word
        if kind not in ("word", "value"):
            raise self.wrong("is not a text, a number, true or false")
        words: dict[str, LiteralValue] = {
            "true": True,
            "True": True,
            "false": False,
            "False": False,
            "null": None,
            "None": None,
        }
        value: LiteralValue
        if kind == "word":
            value = words.get(token, token)
        else:
            try:
                value = ast.literal_eval(token) if len(token) <= 256 else token
            except (ValueError, SyntaxError):
                value = token  # 1.2.3, 2020-01-01: a word that begins with a digit
        self.advance()
        return value
