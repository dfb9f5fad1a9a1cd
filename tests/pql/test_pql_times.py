"""Dates and times of operands. Source: spec 2, *Datetimes*."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.pql.times import DAY, FAR_FUTURE, HOUR, MINUTE, SECOND, read_moment

NOW = 1_780_000_000_123_456  # 2026-05-28T20:26:40.123456Z
MIDNIGHT = 1_779_926_400_000_000


def us(*parts: int) -> int:
    return int((datetime(*parts, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND


@pytest.mark.spec("2:59")
@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("2026-01-31", us(2026, 1, 31), DAY),
        ("2026-1-2", us(2026, 1, 2), DAY),
        ("20260131", us(2026, 1, 31), DAY),
        ("2026-01-31 10:30", us(2026, 1, 31, 10, 30), MINUTE),
        ("2026-01-31T10:30", us(2026, 1, 31, 10, 30), MINUTE),
        ("2026-01-31T10", us(2026, 1, 31, 10), HOUR),
        ("2026-01-31 10:30:05", us(2026, 1, 31, 10, 30, 5), SECOND),
        ("2026-01-31T10:30:05Z", us(2026, 1, 31, 10, 30, 5), SECOND),
        ("2026-01-31T10:30:05+02:00", us(2026, 1, 31, 8, 30, 5), SECOND),
        ("2026-01-31T10:30:05 -0530", us(2026, 1, 31, 16, 0, 5), SECOND),
        ("2026-01-31T10:30+02", us(2026, 1, 31, 8, 30), MINUTE),
        ("20260131T103005Z", us(2026, 1, 31, 10, 30, 5), SECOND),
        ("2026-01-31T10:30:05.25Z", us(2026, 1, 31, 10, 30, 5) + 250_000, 10_000),
        ("2026-01-31T10:30:05.123456", us(2026, 1, 31, 10, 30, 5) + 123_456, 1),
        ("2026-01-31T10:30:05.123456789Z", us(2026, 1, 31, 10, 30, 5) + 123_456, 1),
        ("2026-W05", us(2026, 1, 26), 7 * DAY),
        ("2026-W05-6", us(2026, 1, 31), DAY),
        ("0001-01-01", us(1, 1, 1), DAY),
        ("9999-12-31", us(9999, 12, 31), DAY),
    ],
)
def test_written_dates_are_the_whole_unit(text: str, start: int, length: int) -> None:
    moment = read_moment(text, now=NOW)
    assert moment is not None
    assert (moment.start, moment.stop - moment.start) == (start, length)
    assert not moment.is_period
    assert not moment.is_instant


@pytest.mark.spec("2:61")
def test_words_and_relative_instants() -> None:
    found = {
        word: read_moment(word, now=NOW) for word in ("today", "yesterday", "last_week", "last_month", "last_3_days")
    }
    assert {word: (moment.start, moment.stop) for word, moment in found.items() if moment} == {
        "today": (MIDNIGHT, MIDNIGHT + DAY),
        "yesterday": (MIDNIGHT - DAY, MIDNIGHT),
        "last_week": (NOW - 7 * DAY, FAR_FUTURE),
        "last_month": (NOW - 30 * DAY, FAR_FUTURE),
        "last_3_days": (NOW - 3 * DAY, FAR_FUTURE),
    }
    for text, distance in (
        ("-7d", 7 * DAY),
        ("-12h", 12 * HOUR),
        ("-30m", 30 * MINUTE),
        ("-5s", 5 * SECOND),
        ("now", 0),
    ):
        moment = read_moment(text, now=NOW)
        assert moment is not None
        assert (moment.start, moment.stop, moment.is_instant) == (NOW - distance, NOW - distance + 1, True)


@pytest.mark.spec("2:59")
@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "2026", "2026-01", "2026-13-01", "2026-02-30", "2026-01-01 24:00", "2026-01-01 10:60", "2026/01/01"),
        *(
            "01-02-2026",
            "2026-01-01T10:30+25:00",
            "2026-01-01T",
            "last_days",
            "last_-1_days",
            "Today",
            "-7y",
            "7d",
            "2026-W60",
        ),
        "２０２６-01-01",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read_moment(text, now=NOW) is None


@pytest.mark.spec("2:59")
@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_reads_back_exactly(moment: datetime) -> None:
    found = read_moment(moment.isoformat(), now=NOW)
    wanted = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // (datetime.resolution)
    assert found is not None
    assert found.start == wanted
    assert found.stop - found.start == (1 if moment.microsecond else SECOND)
