"""Any JSON value as the API server stores it, checked and normalised in one walk.

Source: spec 1, *What is recorded*: integers outside int64 become floats; an
integral float is an integer where it fits int64; −0 is 0; a lone surrogate is
U+FFFD. NaN and infinities, which JSON has not, become the texts that metrics
write for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MAX_NESTING = 200
_INT64 = 2**63


def plain_text(text: str) -> str:
    """``text`` with U+FFFD for each lone surrogate."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text


def plain_number(value: int | float) -> int | float:
    """A finite number as JSON holds it; NaN and infinities stay floats. Raises ValueError beyond a double."""
    if type(value) is float:
        return int(value) if value.is_integer() and -_INT64 <= value < _INT64 else value
    if -_INT64 <= value < _INT64:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        raise ValueError("a number beyond the range of a double") from None


def special_name(value: float) -> str:
    """``NaN``, ``Infinity`` or ``-Infinity``: how a Run's JSON writes what JSON has no number for."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def plain_mapping(mapping: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
    """``mapping`` normalised; raises ValueError for what no JSON object can hold, saying where."""
    result = {}
    for key, value in mapping.items():
        if type(key) is not str:
            raise ValueError(f"the key {key!r:.80} is no text")
        if not key.isascii():
            key = plain_text(key)
        kind = type(value)
        if kind is str:
            result[key] = value if value.isascii() else plain_text(value)
        elif kind is float:
            result[key] = value if value - value == 0 and not value.is_integer() else plain(value, depth)
        elif kind is bool or value is None or (kind is int and -_INT64 <= value < _INT64):
            result[key] = value
        else:
            result[key] = plain(value, depth)
    return result


def plain(value: Any, depth: int = 0) -> Any:
    """``value`` normalised; raises ValueError for what JSON cannot hold and for nesting over 200 deep."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return plain_text(str(value))
    if isinstance(value, (int, float)):
        number = plain_number(value if type(value) is float or isinstance(value, int) else float(value))
        return special_name(number) if type(number) is float and not math.isfinite(number) else number
    if depth >= MAX_NESTING:
        raise ValueError(f"nested more than {MAX_NESTING} deep")
    if isinstance(value, Mapping):
        return plain_mapping(value, depth + 1)
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    raise ValueError(f"{type(value).__name__} is nothing that JSON holds")
