"""A regular expression to a tree, without what cannot be matched in linear time (backreferences, looking around)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

MAX_PATTERN = 1_000
MAX_NESTING = 32
MAX_REPEAT = 1_000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": str.isdecimal,
    "s": str.isspace,
    "w": lambda char: char.isalnum() or char == "_",
}


class InvalidPattern(ValueError):
    """A pattern that cannot be used, or that needs too much work."""


@dataclass(frozen=True, slots=True)
class One:
    """One character that passes a test."""

    test: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class At:
    """A place: ``^ $ A Z b B``."""

    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``most`` None is without end."""

    item: Node
    least: int
    most: int | None


Node: TypeAlias = One | At | Row | Either | Repeat


def parse_pattern(pattern: object) -> Node:
    """The tree of a pattern. Raises :class:`InvalidPattern` saying what is wrong and where."""
    if not isinstance(pattern, str):
        raise InvalidPattern("a regular expression is a text")
    if len(pattern) > MAX_PATTERN:
        raise InvalidPattern(f"a regular expression has at most {MAX_PATTERN:,} characters")
    reader = _Reader(pattern)
    found = reader.either(0)
    if not reader.done:
        raise reader.wrong("this `)` closes nothing")
    return found


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.pattern)

    def wrong(self, message: str) -> InvalidPattern:
        return InvalidPattern(f"`{self.pattern[:80]}`, at character {self.at}: {message}")

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self) -> str:
        if self.done:
            raise self.wrong("something is missing at the end")
        self.at += 1
        return self.pattern[self.at - 1]

    def skip(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) if found else 0
        return found

    def either(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise self.wrong(f"groups are nested more than {MAX_NESTING} deep")
        options = [self.row(depth)]
        while self.skip("|"):
            options.append(self.row(depth))
        return options[0] if len(options) == 1 else Either(tuple(options))

    def row(self, depth: int) -> Node:
        items: list[Node] = []
        while not self.done and not self.peek("|") and not self.peek(")"):
            items.append(self.repeated(self.atom(depth)))
        return items[0] if len(items) == 1 else Row(tuple(items))

    def repeated(self, item: Node) -> Node:
        bounds = self.bounds()
        if bounds is None:
            return item
        if isinstance(item, At):
            raise self.wrong("a place (`^`, `$`, `\\b`) cannot be repeated")
        self.skip("?")  # the shortest match: whether there is one is the same
        if self.peek("+") or self.peek("*") or self.peek("?"):
            raise self.wrong("a repeat of a repeat")
        return Repeat(item, *bounds)

    def bounds(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.skip(mark):
                return bounds
        end = self.pattern.find("}", self.at)
        if not self.peek("{") or end < 0:
            return None
        low, comma, high = self.pattern[self.at + 1 : end].partition(",")
        if not (low + high).isascii() or not (low + high).isdigit() or (not comma and high):
            return None  # as in Python, braces that are no repeat stand for themselves
        least = int(low[:9] or 0)
        most = (int(high[:9]) if high else None) if comma else least
        self.at = end + 1
        if least > MAX_REPEAT or (most is not None and (most > MAX_REPEAT or most < least)):
            raise self.wrong(f"a repeat goes from a smaller to a larger number, at most {MAX_REPEAT:,}")
        return least, most

    def atom(self, depth: int) -> Node:
        char = self.take()
        match char:
            case "(":
                return self.group(depth)
            case "[":
                return One(self.char_set())
            case ".":
                return One(lambda c: c != "\n")
            case "^" | "$":
                return At(char)
            case "*" | "+" | "?":
                raise self.wrong(f"`{char}` repeats nothing")
            case "\\":
                return self.escape()
            case _:
                return One(char.__eq__)

    def group(self, depth: int) -> Node:
        if self.skip("?"):
            if self.skip("P<"):
                end = self.pattern.find(">", self.at)
                if end < 0:
                    raise self.wrong("the name of this group has no end")
                self.at = end + 1
            elif not self.skip(":"):
                raise self.wrong("`(?` here is not supported: only `(?:…)` and `(?P<name>…)` are")
        inner = self.either(depth + 1)
        if not self.skip(")"):
            raise self.wrong("a `(` is not closed")
        return inner

    def escape(self) -> Node:
        char = self.take()
        if char in "AZbB":
            return At(char)
        if char.isdigit() and char != "0":
            raise self.wrong("backreferences are not supported")
        return One(self.escaped(char))

    def escaped(self, char: str) -> Callable[[str], bool]:
        if char.lower() in _CLASSES:
            test = _CLASSES[char.lower()]
            return test if char.islower() else lambda c: not test(c)
        return self.literal(char).__eq__

    def literal(self, char: str) -> str:
        if char in "xuU":
            width = {"x": 2, "u": 4, "U": 8}[char]
            digits = self.pattern[self.at : self.at + width]
            self.at += width
            try:
                if len(digits) == width and digits.isalnum():
                    return chr(int(digits, 16))
            except (ValueError, OverflowError):
                pass
            raise self.wrong(f"`\\{char}` needs {width} hexadecimal digits")
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char.isascii() and char.isalnum():
            raise self.wrong(f"`\\{char}` is not supported")
        return char

    def char_set(self) -> Callable[[str], bool]:
        negative = self.skip("^")
        tests: list[Callable[[str], bool]] = []
        first = True
        while first or not self.peek("]"):
            first = False
            low = self.take()
            if low == "\\":
                kind = self.take()
                if kind.lower() in _CLASSES:
                    tests.append(self.escaped(kind))
                    continue
                low = "\b" if kind == "b" else self.literal(kind)
            if self.peek("-") and not self.peek("-]"):
                self.take()
                high = self.take()
                if high == "\\":
                    high = self.literal(self.take())
                if high < low:
                    raise self.wrong("this range goes from a larger to a smaller character")
                tests.append(_between(low, high))
            else:
                tests.append(low.__eq__)
        self.take()
        return lambda char: any(test(char) for test in tests) != negative


def _between(low: str, high: str) -> Callable[[str], bool]:
    return lambda char: low <= char <= high
