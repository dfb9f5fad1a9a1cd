"""Values as a Run holds them: numbers for metrics, any JSON for inputs and outputs. Raises ValueError, in words.

Scalars of numpy, torch and the like are read by their ``item()``, arrays by their ``tolist()``: nothing of theirs is
imported. NaN and infinities, which JSON has not, become texts. Source: spec 5, *Run*.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any, TypeAlias

Number: TypeAlias = "int | float"

MAX_NESTING = 64
MAX_BYTES = 512 * 1024  # of one value as JSON: an object of Kubernetes holds about 1.5 MB in all
MAX_ITEMS = 100_000
_INT64 = 2**63


def number(value: Any) -> Number:
    """A number of Python: NaN and infinities stay floats. Raises ValueError for what is none."""
    kind = type(value)
    if kind is float:
        return float(value)
    if kind is int:
        return _integer(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (str, bytes, complex)) or value is None:
        raise ValueError(f"must be a number, and is {_shape(value)}")
    if not isinstance(value, (int, float)) and callable(getattr(value, "item", None)):
        return number(_item(value))
    try:
        return _integer(int(value)) if isinstance(value, int) else float(value)
    except Exception as error:  # a foreign type may raise anything
        raise ValueError(f"must be a number, and is {_shape(value)}") from error


def plain_number(value: Number) -> Number | str:
    """The number as JSON: ``"NaN"``, ``"Infinity"`` and ``"-Infinity"`` are texts."""
    if value == value and value not in (math.inf, -math.inf):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def step(value: Any) -> int:
    """A step: a whole number. Raises ValueError."""
    found = number(value)
    if isinstance(found, float) and not found.is_integer():
        raise ValueError(f"a step is a whole number, and this is {found!r}")
    return int(found)


def plain(value: Any) -> Any:
    """A copy of ``value`` that JSON holds, at most 512 KiB. Raises ValueError, saying what is wrong where."""
    room = [MAX_ITEMS]
    copied = _plain(value, "", 0, room)
    if isinstance(copied, (dict, list, str)):
        size = len(json.dumps(copied))
        if size > MAX_BYTES:
            raise ValueError(f"is {size:,} bytes as JSON; at most {MAX_BYTES:,} are recorded: log it as an artifact")
    return copied


def text(value: str) -> str:
    """``value`` with U+FFFD for each lone surrogate, which no JSON holds."""
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(value: Any, at: str, depth: int, room: list[int]) -> Any:
    room[0] -= 1
    if room[0] < 0:
        raise ValueError(f"holds more than {MAX_ITEMS:,} values: log it as an artifact")
    if depth > MAX_NESTING:
        raise ValueError(f"is nested more than {MAX_NESTING} deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(str(value))
    if isinstance(value, (int, float)):
        return plain_number(number(value))
    if isinstance(value, Mapping):
        return {_key(key, at): _plain(item, f"{at}.{key}", depth + 1, room) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{at}[{index}]", depth + 1, room) for index, item in enumerate(value)]
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, PurePath):
        return text(str(value))
    for method in ("tolist", "item"):
        if callable(getattr(value, method, None)):
            return _plain(_call(value, method), at, depth + 1, room)
    raise ValueError(f"{at.lstrip('.') or 'the value'} is {_shape(value)}, which is nothing that JSON holds")


def _key(key: Any, at: str) -> str:
    if isinstance(key, str):
        return text(str(key))
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    raise ValueError(f"{at.lstrip('.') or 'the value'} has a key that is {_shape(key)}: keys are texts")


def _integer(value: int) -> Number:
    value = int(value)
    if -_INT64 <= value < _INT64:
        return value
    try:
        return float(value)
    except OverflowError:
        raise ValueError("is beyond the range of a double") from None


def _item(value: Any) -> Any:
    found = _call(value, "item")
    if found is value or callable(getattr(found, "item", None)):
        raise ValueError(f"must be a number, and is {_shape(value)}")
    return found


def _call(value: Any, method: str) -> Any:
    try:
        return getattr(value, method)()
    except Exception as error:  # a foreign type may raise anything
        raise ValueError(f"is {_shape(value)}, and its {method}() says: {error}"[:300]) from error


def _shape(value: Any) -> str:
    if value is None:
        return "None"
    return f"the text {value[:40]!r}" if isinstance(value, str) else f"of type {type(value).__name__}"
