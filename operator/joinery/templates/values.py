"""What an expression works with: names, a bounded number of steps, and values that are not there.

Everything here is small and total: a fault is one exception that knows its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from joinery.problems import did_you_mean

MAX_OUTPUT = 1 << 20  # characters of a rendered text, and of any text on the way to it
MAX_STEPS = 2_000_000  # elements and operations of one rendering
MAX_INTEGER_BITS = 1_024

Names: TypeAlias = Mapping[str, Any]


class Fault(Exception):
    """Something wrong in an expression; ``position`` counts from the expression's first character."""

    def __init__(self, message: str, *, rule: str = "template-value", hint: str | None = None, length: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.hint = hint
        self.length = length
        self.position: int | None = None

    def at(self, position: int, length: int | None = None) -> Fault:
        """The same fault at this place, unless it has one already (the innermost place is the right one)."""
        if self.position is None:
            self.position = position
            self.length = length or self.length
        return self


class Missing:
    """What an undefined name or key yields. Only ``default``, ``is defined`` and an inline ``if`` may touch it."""

    __slots__ = ("fault", "soft")

    def __init__(self, fault: Fault, *, soft: bool = False) -> None:
        self.fault = fault
        self.soft = soft  # an inline `if` without `else`: written as nothing, as Jinja2 does


class Scope:
    """The names of one rendering, and how much work it may still do."""

    __slots__ = ("names", "steps")

    def __init__(self, names: Names) -> None:
        self.names = names
        self.steps = MAX_STEPS

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise Fault("this template needs too much work", rule="template-too-much")


Step: TypeAlias = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name an expression reads, and where (characters from the expression's start)."""

    name: str
    position: int


def undefined(name: str, known: Iterable[str], *, what: str) -> Fault:
    """The fault for a name or key that is not there, naming the nearest or, failing that, those there are."""
    names = [key for key in known if isinstance(key, str)]
    hint = did_you_mean(name, names)
    if hint is None and names:
        more = ", …" if len(names) > 8 else ""
        hint = "there are: " + ", ".join(f"`{shorten(key)}`" for key in sorted(names)[:8]) + more
    return Fault(f"{what} `{shorten(name)}` is not defined", rule="undefined-name", hint=hint, length=len(name))


def shorten(text: str, most: int = 80) -> str:
    """``text`` cut to ``most`` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def kind_of(value: Any) -> str:
    """How a value is called in messages: its JSON type, with the value itself, cut."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {shorten(repr(value)) if fits(value) else 'with too many digits'}"
        case str():
            return f"the text {shorten(compact_json(value[:100]))}"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return f"a list of {len(value)}"
        case _:
            return f"a {type(value).__name__}"


def fits(value: object) -> bool:
    """Whether a number is small enough to compute with and to write."""
    return not isinstance(value, int) or value.bit_length() <= MAX_INTEGER_BITS


def compact_json(value: Any) -> str:
    """A value as JSON without blanks, every character as it is: how lists and mappings stand in a text (spec 3).

    Small numbers are written as browsers and Polyaxon write them: ``0.00001``, ``1e-7`` (Python: ``1e-05``, ``1e-07``).
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return _SMALL.sub(_small, text) if "e-0" in text else text


_SMALL = re.compile(r'"(?:[^"\\]|\\.)*+"|-?[0-9]+(?:\.[0-9]+)?e-0([0-9])')


def _small(found: re.Match[str]) -> str:
    match found[1]:
        case None:
            return found[0]  # a text
        case "5" | "6":
            return format(Decimal(found[0]), "f")
        case _:
            return found[0].replace("e-0", "e-")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value)


def size(value: Any, most: int) -> int:
    """At least how many characters ``value`` has as JSON; stops counting once past ``most``."""
    total, waiting = 0, [value]
    while waiting and total <= most:
        match waiting.pop():
            case str() as text:
                total += len(text) + 2
            case Mapping() as mapping:
                total += 2 + len(mapping)
                if total <= most:
                    waiting.extend(mapping.values())
                    total += sum(len(key) + 3 for key in mapping if isinstance(key, str))
            case list() | tuple() as items:
                total += 2 + len(items)
                if total <= most:
                    waiting.extend(items)
            case _:
                total += 1
    return total


def written(value: Any, scope: Scope) -> str:
    """A value inside a text: texts and scalars as Jinja2 writes them, lists and mappings as compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, (Mapping, list, tuple)):
        counted = size(value, MAX_OUTPUT)
        scope.spend(counted)
        if counted > MAX_OUTPUT:
            raise too_long()
        try:
            return compact_json(value)
        except (RecursionError, ValueError):
            raise Fault(f"{kind_of(value)} cannot be written as JSON: it is nested too deeply") from None
    if isinstance(value, int) and not fits(value):
        raise Fault("this integer has too many digits to be written")
    return str(value)


def too_long() -> Fault:
    return Fault(
        "the text this makes is longer than 1 MiB",
        rule="template-too-long",
        hint="read the value from its file instead: `{{ globals.params_path }}/NAME.json`",
    )
