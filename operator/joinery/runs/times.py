"""Times as texts and as microseconds since 1970 in UTC.

Source: spec 2 (Datetimes: ISO 8601, in UTC unless an offset is given, kept in
microseconds) and spec 1 (Timestamps are ISO 8601 with offset).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH_DAY = 719_163  # date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = -62_135_596_800_000_000  # 0001-01-01T00:00:00Z
_LAST = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z


def parse_time(text: str) -> int:
    """Microseconds since 1970, UTC, of an ISO 8601 text; without an offset it is UTC.

    Digits beyond microseconds are cut. Raises ValueError for what is no time, or not within the years 1 to 9999.
    """
    moment = datetime.fromisoformat(text)
    seconds = (moment.toordinal() - _EPOCH_DAY) * 86_400 + moment.hour * 3_600 + moment.minute * 60 + moment.second
    micros = seconds * 1_000_000 + moment.microsecond
    zone = moment.tzinfo
    if zone is not None and zone is not UTC:
        offset = moment.utcoffset()
        if offset is not None:
            micros -= offset // _MICROSECOND
        if not _FIRST <= micros <= _LAST:
            raise ValueError(f"not within the years 1 to 9999 in UTC: {text!r}")
    return micros


def format_time(us: int) -> str:
    """ISO 8601 with the offset of UTC: ``2026-01-02T03:04:05+00:00``, with microseconds only where there are some."""
    return (_EPOCH + timedelta(microseconds=us)).isoformat()
