"""Values as the API server stores them, so that a file means the same offline and in the cluster.

Runs are read so already; what templates and an operation itself give comes through here.
Source: spec 1, *What is recorded*.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joinery.problems import InvalidValue, Problem
from joinery.runs.plain import plain, plain_number, special_name

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def normalise(value: Any) -> Any:
    """``value`` as it reads back from the API server. Raises InvalidValue for what JSON cannot hold."""
    try:
        return plain(value)
    except ValueError as error:
        raise InvalidValue(Problem(message=f"the value cannot be recorded: {error}", rule="no-json")) from None


def is_too_deep(value: Any, most: int = 200) -> bool:
    """Whether mappings and lists stand more than ``most`` deep within one another, found without recursion."""
    level = [value]
    for _ in range(most + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, Mapping):
                inner += item.values()
            elif isinstance(item, list | tuple):
                inner += item
        if not inner:
            return False
        level = inner
    return True


def storable(value: Any) -> Any:
    """A coerced value with integers outside int64 as the floats that the API server would keep."""
    if type(value) is int:
        return value if INT64_MIN <= value <= INT64_MAX else normalise(value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {key: storable(item) for key, item in value.items()}
    return value


def number_of(value: float) -> int | float | str:
    """A float as JSON has it: an integer where it is one, and a text (``NaN``, ``Infinity``) where it is no number."""
    return plain_number(value) if math.isfinite(value) else special_name(value)
