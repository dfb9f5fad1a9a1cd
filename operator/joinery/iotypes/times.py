"""Dates, times and durations in ISO 8601 (spec 3)."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import Any

from joinery.iotypes.plain import Refused

_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?!$)(?:(?P<years>[\d.]+)Y)?(?:(?P<months>[\d.]+)M)?(?:(?P<weeks>[\d.]+)W)?(?:(?P<days>[\d.]+)D)?"
    r"(?:T(?=[\d.])(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?",
    re.ASCII,
)
# A year is 365 days and a month 30, as Polyaxon has it.
_SECONDS = {
    "years": 365 * 86_400, "months": 30 * 86_400, "weeks": 7 * 86_400, "days": 86_400,
    "hours": 3_600, "minutes": 60, "seconds": 1,
}  # fmt: skip
_LONGEST = 999_999_999 * 86_400


def day(value: Any) -> str:
    """A date, as ``YYYY-MM-DD``; a time on it must be midnight."""
    found = _instant(value, "a date in ISO 8601, such as 2024-05-31")
    if found.time() != datetime.min.time():
        raise Refused("is not a date: it has a time of day")
    return found.date().isoformat()


def instant(value: Any) -> str:
    """A date, or a date with a time, with an offset or not, as it was written."""
    _instant(value, "a time in ISO 8601, such as 2024-05-31T10:00:00Z")
    return value if isinstance(value, str) else str(value.isoformat())


def _instant(value: Any, what: str) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, str) and value.isascii() and len(value) <= 64:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise Refused(f"is not {what}")


def duration(value: Any) -> int | float:
    """Seconds, from a number of seconds or an ISO 8601 duration (``PT1H30M``)."""
    found: float
    match value:
        case bool():
            raise Refused("is not a duration: seconds, or ISO 8601 such as PT1H30M")
        case int() | float():
            found = value
        case str() if len(value) <= 64 and (written := _DURATION.fullmatch(value.strip())):
            found = _total(written)
        case _:
            raise Refused("is not a duration: seconds, or ISO 8601 such as PT1H30M")
    if not math.isfinite(found) or abs(found) > _LONGEST:
        raise Refused("is too long a duration")
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _total(written: re.Match[str]) -> float:
    parts = {name: text for name in _SECONDS if (text := written[name])}
    if not parts:
        raise Refused("is not a duration: it has no parts")
    total = math.fsum(_number(text) * _SECONDS[name] for name, text in parts.items())
    return -total if written["sign"] == "-" else total


def _number(text: str) -> float:
    try:
        if text.isascii() and "_" not in text:
            return float(text)
    except ValueError:
        pass
    raise Refused("is not a duration: seconds, or ISO 8601 such as PT1H30M")
