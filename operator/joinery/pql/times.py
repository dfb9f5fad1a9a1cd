"""Dates and times of operands: each is the span of time that it writes. Source: spec 2, *Datetimes*.

``2026-01-31`` is a day, ``2026-01-31 10:30`` a minute, ``…:05`` a second. Comparisons use where the
span begins; equality and the end of a range use all of it. Microseconds since 1970, UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
FAR_FUTURE = 253_402_300_800 * SECOND  # the year 10000: behind every time that can be recorded
_FAR_PAST = -62_135_596_800 * SECOND
_EPOCH_DAY = 719_163

_WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:[Tt\s]\s*(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?)?"
    r"\s*(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_COMPACT = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:[Tt](?P<hour>[0-9]{2})(?:(?P<minute>[0-9]{2})(?:(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_WEEK = re.compile(r"(?P<year>[0-9]{4})-?W(?P<week>[0-9]{2})(?:-?(?P<weekday>[1-7]))?")
_LAST_DAYS = re.compile(r"last_([0-9]{1,5})_days?")
_RELATIVE = re.compile(r"([+-])([0-9]{1,9})([smhdw])")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_PERIODS = {"last_month": 30, "last_week": 7}


@dataclass(frozen=True, slots=True)
class Moment:
    """From ``start`` up to, not including, ``stop``. ``is_period``: a length of time up to now and on
    (``last_7_days``), which stands alone. ``is_instant``: ``now`` or relative to it, a point of no length to speak of.
    """

    start: int
    stop: int
    is_period: bool = False
    is_instant: bool = False


def read_moment(text: str, *, now: int) -> Moment | None:
    """The span of time that ``text`` writes, seen from ``now``; None for what is no date and no time."""
    midnight = now - now % DAY
    match text:
        case "today":
            return Moment(midnight, midnight + DAY)
        case "yesterday":
            return Moment(midnight - DAY, midnight)
        case "now":
            return Moment(now, now + 1, is_instant=True)
    days = _PERIODS.get(text)
    if days is None and (found := _LAST_DAYS.fullmatch(text)):
        days = int(found[1])
    if days is not None:
        return Moment(max(_FAR_PAST, now - days * DAY), FAR_FUTURE, is_period=True)
    if found := _RELATIVE.fullmatch(text):
        distance = int(found[2]) * _UNITS[found[3]]
        instant = now + (distance if found[1] == "+" else -distance)
        instant = min(max(instant, _FAR_PAST), FAR_FUTURE)
        return Moment(instant, instant + 1, is_instant=True)
    return _read_written(text)


def _read_written(text: str) -> Moment | None:
    found = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return _read_week(text)
    part = found.groupdict()
    try:
        day = date(int(part["year"]), int(part["month"]), int(part["day"]))
    except ValueError:
        return None
    start = (day.toordinal() - _EPOCH_DAY) * DAY
    if part["hour"] is None:
        return Moment(start, start + DAY)
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    unit = HOUR if part["minute"] is None else MINUTE if part["second"] is None else SECOND
    start += hour * HOUR + minute * MINUTE + second * SECOND
    if fraction := part["fraction"]:
        start += int(fraction[:6].ljust(6, "0"))
        unit = 10 ** max(0, 6 - len(fraction))
    offset = _offset(part["zone"])
    return None if offset is None else Moment(start - offset, start - offset + unit)


def _offset(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        return None
    return (hours * HOUR + minutes * MINUTE) * (-1 if zone[0] == "-" else 1)


def _read_week(text: str) -> Moment | None:
    found = _WEEK.fullmatch(text)
    if found is None:
        return None
    try:
        day = date.fromisocalendar(int(found["year"]), int(found["week"]), int(found["weekday"] or 1))
    except ValueError:
        return None
    start = (day.toordinal() - _EPOCH_DAY) * DAY
    return Moment(start, start + (DAY if found["weekday"] else 7 * DAY))
