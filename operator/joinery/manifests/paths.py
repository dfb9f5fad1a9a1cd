"""From a path as people read it (``spec.joins[0].params.x``) to the keys that lead through a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def follow(value: Any, path: str) -> tuple[str | int, ...]:
    """The keys along ``path`` as far as ``value`` has them.

    Keys may hold dots, and may stand in brackets; the longest key that fits wins. A key in snake_case is found
    by its camelCase name too.
    """
    keys: list[str | int] = []
    rest = path
    while rest:
        step = _step(value, rest)
        if step is None:
            break
        key, length = step
        keys.append(key)
        value = value[key]
        rest = rest[length:]
    return tuple(keys)


def _step(value: Any, rest: str) -> tuple[Any, int] | None:
    """The key that ``rest`` starts with, and how many characters of it that takes."""
    if isinstance(value, list):
        number, bracket, _ = rest[1:].partition("]") if rest.startswith("[") else ("", "", "")
        if bracket and number.isdecimal() and len(number) < 10 and int(number) < len(value):
            return int(number), len(number) + 2
        return None
    if not isinstance(value, Mapping):
        return None
    start = 1 if rest.startswith(".") else 0
    bracketed = rest.startswith("[")
    best: tuple[Any, int] | None = None
    for key in value:
        length = _fits(key, rest, start, bracketed=bracketed)
        if length and (best is None or length > best[1]):
            best = key, length
    return best


def _fits(key: str, rest: str, start: int, *, bracketed: bool) -> int:
    """How many characters of ``rest`` the key takes; 0 where it does not stand there."""
    if bracketed:
        for form in (f"[{key}]", f"[{key[:80]}…]"):
            if rest.startswith(form):
                return len(form)
        return 0
    for form in (key, _camel(key)):
        end = start + len(form)
        if form and rest.startswith(form, start) and (end == len(rest) or rest[end] in ".["):
            return end
    return 0


def _camel(key: str) -> str:
    if "_" not in key[1:]:
        return key
    head, *tail = key.split("_")
    return head + "".join(part.capitalize() for part in tail)
