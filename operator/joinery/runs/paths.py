"""Dotted keys through nested mappings.

Source: spec 1, *Value expressions*: the key may contain dots, dashes and
slashes; the longest existing key wins, then nesting through mappings, with
backtracking; an explicit null ends the search.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

PLAIN: Final = frozenset((str, int, float, bool, type(None)))


class Absent:
    """The type of :data:`ABSENT`: no such key. It is false, and not null: a null was recorded, and says so."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


def find(mapping: Mapping[str, Any], key: str) -> Any:
    """The value under ``key``: the longest existing key first, then through nested mappings, backtracking.

    ABSENT where there is none; an explicit null is None. Each mapping within is looked at once at the most.
    """
    pending = [(mapping, key)]
    while pending:
        inside, rest = pending.pop()
        if rest in inside:
            return inside[rest]
        # The last one pushed is tried first, so the shortest prefix goes in first.
        for prefix in _prefixes(inside, rest):
            nested = inside[prefix]
            if isinstance(nested, Mapping):
                pending.append((nested, rest[len(prefix) + 1 :]))
    return ABSENT


def _prefixes(mapping: Mapping[str, Any], key: str) -> list[str]:
    """The keys of ``mapping`` that ``key`` goes on from with a dot, shortest first."""
    if key.count(".") < len(mapping):
        found = []
        dot = key.find(".")
        while dot >= 0:
            if key[:dot] in mapping:
                found.append(key[:dot])
            dot = key.find(".", dot + 1)
        return found
    return sorted((name for name in mapping if key.startswith(name) and key[len(name) : len(name) + 1] == "."), key=len)


def flatten(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Every dotted key that :func:`find` answers for, with its answer: mappings within too, nulls as None.

    ``flatten(m)[k] == find(m, k)`` for each ``k`` in it, and ``find`` gives ABSENT for every other.
    """
    if _is_flat(mapping):
        return dict(mapping)
    flat: dict[str, Any] = {}
    disputed = set()
    for path, value in _walk(mapping, ""):
        if path in flat:
            disputed.add(path)
        flat[path] = value
    for path in disputed:
        flat[path] = find(mapping, path)
    return flat


def _is_flat(mapping: Mapping[str, Any]) -> bool:
    # Types first: asking whether a number is a Mapping is slow, and nearly every value is plain.
    return all(type(value) in PLAIN or not isinstance(value, Mapping) for value in mapping.values())


def _walk(mapping: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        path = f"{prefix}{key}"
        yield path, value
        if isinstance(value, Mapping):
            yield from _walk(value, f"{path}.")
