"""Operands: the text after the colon (without ``~``), together with the test that it means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from .facts import EPOCH, in_64_bits
from .worlds import NOW

Operand = tuple[str, tuple[Any, ...]]
Written = tuple[str, Any]  # a value as the query writes it, and the value
NIL: Operand = ("nil", ("nil",))
OPS = {"<": "<", "<=": "<=", "=<": "<=", ">": ">", ">=": ">=", "=>": ">="}
BARE = re.compile(r"[^\W\d][\w :/.+-]*[\w/]|[^\W\d]")
SPECIAL = re.compile(r"(?i)true|false|nil|null|nan|_any_|.*( |^)(and|or|not)( |$).*|.*\.\..*|[+-]?inf(inity)?")
FIELD = re.compile(r"[\w.]+\s*:")  # behind a bar it would be the next clause


def quoted(r: Random, text: str) -> str:
    """A JSON string; two braces in it would open a template, so one of them is escaped."""
    return json.dumps(text, ensure_ascii=r.random() < 0.5).replace("{{", "{\\u007b")


def plain(text: str) -> bool:
    """Whether the text can stand without quotes, after a bar too."""
    return BARE.fullmatch(text) is not None and SPECIAL.fullmatch(text) is None and not FIELD.match(text)


def text_value(r: Random, pool: Sequence[str]) -> Written:
    text = r.choice(pool)
    return text if plain(text) and r.random() < 0.6 else quoted(r, text), text


def number_value(r: Random, pool: Sequence[int | float]) -> Written:
    """A number, exactly, in one of the spellings that JSON has."""
    number = r.choice(pool)
    if isinstance(number, int):
        return str(number), in_64_bits(number)
    return r.choice([str(number), f"{number:.17e}", repr(number).replace("e", "E")]), number


def loose_number(r: Random, pool: Sequence[int | float], units: Mapping[str, float]) -> Written:
    """A number of the number classes: more spellings, and a unit where the field takes one."""
    if r.random() < 0.15:
        return r.choice([(".5", 0.5), ("-.5", -0.5), ("+1", 1), ('"1"', 1), ("1e0", 1.0), ("+.5e1", 5.0)])
    if units and r.random() < 0.5:
        count, name = r.choice([1, 2, 10]), r.choice(list(units))
        return f"{count}{name}", count * units[name]
    return number_value(r, pool)


def alternatives(r: Random, single: Callable[[], Written]) -> Operand:
    items = [single() for _ in range(r.choice([1, 1, 2, 3]))]
    nil = r.random() < 0.15
    glue = r.choice(["|", " | ", "| "])
    texts = [text for text, _ in items] + ["nil"] * nil
    return glue.join(texts), ("oneof", [value for _, value in items], nil)


def comparison(r: Random, single: Callable[[], Written]) -> Operand:
    op, (text, value) = r.choice(list(OPS)), single()
    return f"{op}{r.choice(['', ' '])}{text}", ("cmp", OPS[op], value)


def number_range(single: Callable[[], Written]) -> Operand:
    low, high = sorted([single(), single()], key=lambda item: item[1])
    return f"{low[0]}..{' ' * high[0].startswith('.')}{high[0]}", ("between", low[1], high[1])


def pattern(r: Random, pool: Sequence[str]) -> Operand:
    """A pattern of a text that can stand bare, or of a part of it, in any case."""
    text = r.choice([text for text in pool if plain(text)] or ["a"])
    part = r.choice([text, text[:2], text[-2:], text.swapcase()]).strip(" .:/+-") or "a"
    part = part if plain(part) else "a"
    kind, shape = r.choice([("prefix", "{}%"), ("suffix", "%{}"), ("contains", "%{}%")])
    return shape.format(part), ("like", kind, part)


def of_any_value(r: Random, texts: Sequence[str], numbers: Sequence[int | float]) -> Operand:
    """For inputs and outputs."""

    def ordered() -> Written:
        return number_value(r, numbers) if r.random() < 0.6 else text_value(r, texts)

    def scalar() -> Written:
        return r.choice([("true", True), ("false", False)]) if r.random() < 0.2 else ordered()

    match r.choice(["nil", "equal", "equal", "cmp", "cmp", "range", "like"]):
        case "nil":
            return NIL
        case "equal":
            return alternatives(r, scalar)
        case "cmp":
            return comparison(r, ordered)
        case "range":
            return number_range(lambda: number_value(r, numbers))
    return pattern(r, texts)


def of_number(r: Random, numbers: Sequence[int | float], units: Mapping[str, float] | None = None) -> Operand:
    def single() -> Written:
        return loose_number(r, numbers, units or {})

    match r.choice(["nil", "equal", "cmp", "cmp", "cmp", "range"]):
        case "nil":
            return NIL
        case "equal":
            return alternatives(r, single)
        case "cmp":
            return comparison(r, single)
    return number_range(single)


def of_word(r: Random, pool: Sequence[str]) -> Operand:
    """For the value and membership classes."""
    return NIL if r.random() < 0.15 else alternatives(r, lambda: text_value(r, pool))


def of_boolean(r: Random) -> Operand:
    text, value = r.choice(
        [("true", True), ("yes", True), ("ON", True), ("1", True), ("False", False), ("no", False), ("0", False)]
    )
    return NIL if r.random() < 0.2 else (text, ("oneof", [value], False))


def of_text(r: Random, pool: Sequence[str]) -> Operand:
    return pattern(r, pool) if r.random() < 0.4 else of_word(r, pool)


def of_uuid(r: Random, pool: Sequence[str]) -> Operand:
    def single() -> Written:
        uuid = r.choice(pool)
        dashed = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
        return r.choice([uuid, dashed, uuid.upper()]), uuid

    if r.random() < 0.3:
        start = r.choice(pool)[: r.randint(1, 12)]
        return f"{start}%", ("like", "prefix", start)
    return NIL if r.random() < 0.15 else alternatives(r, single)


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def unit(r: Random, back: Sequence[timedelta]) -> tuple[str, datetime, timedelta]:
    """An instant as written: the text, where its unit starts, and how long that is."""
    moment = NOW - r.choice(back)
    day, minute, second = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
    to_second = moment.replace(microsecond=0)
    shapes = [
        ("%Y-%m-%d", to_second.replace(hour=0, minute=0, second=0), day),
        ("%Y-%m-%d %H:%M", to_second.replace(second=0), minute),
        ("%Y-%m-%d %H:%M:%S", to_second, second),
        ("%Y-%m-%dT%H:%M:%SZ", to_second, second),
        ("%Y-%m-%dT%H:%M:%S+00:00", to_second, second),
    ]
    form, start, length = r.choice(shapes)
    return moment.strftime(form), start, length


def of_datetime(r: Random, back: Sequence[timedelta]) -> Operand:
    midnight, day, tick = (
        NOW.replace(hour=0, minute=0, second=0, microsecond=0),
        timedelta(days=1),
        timedelta(microseconds=1),
    )
    match r.choice(["nil", "equal", "cmp", "cmp", "range", "range", "name", "relative"]):
        case "nil":
            return NIL
        case "name":
            name, start, stop = r.choice(
                [
                    ("today", midnight, midnight + day),
                    ("yesterday", midnight - day, midnight),
                    ("last_week", NOW - 7 * day, NOW + tick),
                    ("last_month", NOW - 30 * day, NOW + tick),
                    ("last_31_days", NOW - 31 * day, NOW + tick),
                ]
            )
            return name, ("within", us(start), us(stop))
        case "relative":
            text, ago = r.choice([("now", timedelta()), ("-7d", 7 * day), ("-12h", day / 2), ("-30m", day / 48)])
            op = r.choice(list(OPS))
            return op + text, ("cmp", OPS[op], us(NOW - ago))
        case "equal":
            text, start, length = unit(r, back)
            return text, ("within", us(start), us(start + length))
        case "cmp":
            op, (text, start, _) = r.choice(list(OPS)), unit(r, back)
            return f"{op}{r.choice(['', ' '])}{text}", ("cmp", OPS[op], us(start))
    low, high = sorted([unit(r, back), unit(r, back)], key=lambda item: item[1])
    return f"{low[0]}..{high[0]}", ("within", us(low[1]), us(high[1] + high[2]))
