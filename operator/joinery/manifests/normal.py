"""Values as the API server stores them, so that offline and in the cluster they are the same.

Source: spec 1, *What is recorded*: integers outside int64 become floats; an integral float prints by shortest
digits and is an integer where it fits int64; −0 is 0; a lone surrogate is U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from joinery.problems import InvalidManifest, Problem

MAX_DEPTH = 200
"""How deep lists and mappings may nest; deeper input is refused."""

_LEAST, _MOST = -(2**63), 2**63 - 1
_LONE = re.compile("[\ud800-\udfff]")


class NotJson(ValueError):
    """A value that JSON cannot carry, with the reason as its text."""


def number(value: int | float) -> int | float:
    """One number as it is stored. Raises ``NotJson`` for NaN, infinities and what no double holds."""
    if isinstance(value, int):
        if _LEAST <= value <= _MOST:
            return int(value)
        try:
            return float(value)
        except OverflowError:
            raise NotJson("a number beyond what a double can hold") from None
    if not isfinite(value):
        raise NotJson("NaN and infinity are no JSON; write them as text")
    if value.is_integer():
        whole = int(Decimal(repr(float(value))))
        if _LEAST <= whole <= _MOST:
            return whole
    return float(value)


def text(value: str) -> str:
    """A text as it is stored: lone surrogates become U+FFFD."""
    return value if value.isascii() else _LONE.sub("\ufffd", value)


def normalise(value: Any) -> Any:
    """A copy made of plain JSON types, as the API server would store it. Raises ``InvalidManifest``."""
    return _copy(value, "", 0)


def _copy(value: Any, path: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InvalidManifest(Problem(message=f"is nested deeper than {MAX_DEPTH} levels", path=path, rule="too-deep"))
    match value:
        case None | bool():
            return value
        case str():
            return text(value)
        case int() | float():
            try:
                return number(value)
            except NotJson as error:
                raise InvalidManifest(Problem(message=str(error), path=path, rule="number")) from None
        case Mapping():
            copied: dict[str, Any] = {}
            for key, item in value.items():
                if not isinstance(key, str):
                    message = f"has a key that is not text: {str(key)[:80]}"
                    raise InvalidManifest(Problem(message=message, path=path, rule="key-not-text"))
                copied[text(key)] = _copy(item, f"{path}.{key}" if path else key, depth + 1)
            return copied
        case list() | tuple():
            return [_copy(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
        case _:
            message = f"is a Python {type(value).__name__}, which is no JSON"
            raise InvalidManifest(Problem(message=message, path=path, rule="not-json"))


def settle(root: Any) -> int:
    """Normalise the numbers of freshly read JSON in place, and count its keys: the load path of many Runs.

    Texts are left alone: the fast reader takes no lone surrogates. Raises ``NotJson``.
    """
    keys, depth, level = 0, 0, [root]
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise NotJson(f"is nested deeper than {MAX_DEPTH} levels")
        below: list[Any] = []
        for node in level:
            if type(node) is dict:
                keys += len(node)
                for key, value in node.items():
                    kind = type(value)
                    if kind is float:
                        if not -1e15 < value < 1e15:
                            node[key] = number(value)
                        elif value.is_integer():
                            node[key] = int(value)
                    elif kind is dict or kind is list:
                        below.append(value)
                    elif kind is int and not _LEAST <= value <= _MOST:
                        node[key] = number(value)
            elif type(node) is list:
                for index, value in enumerate(node):
                    kind = type(value)
                    if kind is float or kind is int:
                        node[index] = number(value)
                    elif kind is dict or kind is list:
                        below.append(value)
        level = below
    return keys
