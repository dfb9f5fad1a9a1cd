"""The query language and the types, for notebooks and tests: what ``joinery`` exports of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from joinery.problems import InvalidValue, Problem

if TYPE_CHECKING:
    from datetime import datetime

    from joinery.api.v1alpha1 import V1IO
    from joinery.pql.ast import CheckedQuery, Query, Sort


def parse_query(text: str) -> Query:
    """Read a query: syntax alone. Raises InvalidQuery with every problem, each with its position."""
    from joinery import pql

    return pql.parse_query(text_of(text, "a query"))


def check_query(text: str, *, now: str | datetime | int | None = None) -> CheckedQuery:
    """Read a query and type its fields and operands. ``now`` is what ``today`` and ``-7d`` count from.

    Raises InvalidQuery with every problem, each with its position.
    """
    from joinery import pql

    return pql.check_query(text_of(text, "a query"), now=instant(now))


def parse_sort(text: str) -> Sort:
    """Read a sort: ``-metrics.loss, created_at``. Raises InvalidQuery with every problem."""
    from joinery import pql

    return pql.parse_sort(text_of(text, "a sort"))


def coerce(value: Any, io: V1IO | Mapping[str, Any]) -> Any:
    """``value`` as the input or output ``io`` takes it (spec 3): JSON types only.

    ``io`` is a V1IO or its mapping, ``{"name": "lr", "type": "float"}``; without a name it is called ``value``.
    Raises InvalidValue with every problem, also where ``io`` itself is wrong.
    """
    from pydantic import ValidationError

    from joinery import iotypes
    from joinery.api.v1alpha1 import V1IO
    from joinery.api.v1alpha1.errors import problems_of

    if isinstance(io, Mapping):
        try:
            io = V1IO.model_validate({"name": "value", **io})
        except ValidationError as error:
            raise InvalidValue(problems_of(error)) from None
    elif not isinstance(io, V1IO):
        raise TypeError(f"io is a V1IO or a mapping, not {type(io).__name__}")
    return iotypes.coerce(value, io.to_spec())


def instant(now: str | datetime | int | None) -> int:
    """Microseconds since 1970, UTC: of an ISO 8601 text, of a datetime (a naive one is UTC), or of this moment."""
    from joinery.runs import parse_time

    match now:
        case None:
            return time.time_ns() // 1000
        case bool():
            raise TypeError("now is a time, not a boolean")
        case int():
            return now
        case str():
            try:
                return parse_time(now)
            except ValueError:
                raise InvalidValue(
                    Problem(
                        message=f"`{now[:80]}` is not a time",
                        path="now",
                        rule="time",
                        hint="write it as 2026-01-31T12:00:00Z",
                    )
                ) from None
    from datetime import UTC

    aware = now if now.tzinfo else now.replace(tzinfo=UTC)
    return parse_time(aware.isoformat())


def text_of(text: object, what: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{what} is text, not {type(text).__name__}")
    return text
