"""Operands of measures: numbers, quantities, durations and datetimes. Source: spec 2, *Operands*."""

from __future__ import annotations

from joinery.pql.ast import (
    Between,
    Compare,
    CompareOperand,
    IsNil,
    NilOperand,
    OneOf,
    PatternOperand,
    RangeOperand,
    Test,
    ValuesOperand,
    Within,
)
from joinery.pql.context import Context
from joinery.pql.datum import Datum
from joinery.pql.numbers import (
    QUANTITY_SUFFIXES,
    is_beyond_double,
    is_not_finite,
    is_part_of_byte,
    meant_range,
    read_duration,
    read_number,
    read_quantity,
)
from joinery.pql.operand import COMPARISONS
from joinery.pql.times import Moment, read_moment

_SIGNS = tuple(sign for sign, _ in COMPARISONS)
_READERS = {
    "number": read_number,
    "duration": read_duration,
    "cpu": read_quantity,
    "memory": read_quantity,
    "quantity": read_quantity,
}


def type_number(context: Context) -> Test | None:
    """Numbers, also with a unit: equality, alternatives, comparisons, ranges."""
    match context.operand:
        case NilOperand():
            return IsNil()
        case CompareOperand() as operand:
            number = _number(context, context.one(operand.value, beside="a comparison"))
            return None if number is None else Compare(operand.op, number)
        case RangeOperand() as operand:
            low = _number(context, context.one(operand.low, beside="a range"))
            high = _number(context, context.one(operand.high, beside="a range"))
            return None if low is None or high is None else between(context, low, high)
        case PatternOperand():
            context.refuse_form("patterns")
        case ValuesOperand() as operand:
            data = context.many(operand)
            if data is None:
                return None
            numbers = [_number(context, datum) for datum in data]
            if None not in numbers:
                return OneOf(tuple(number for number in numbers if number is not None), operand.or_nil)
    return None


def between(context: Context, low: int | float, high: int | float) -> Test:
    if low > high:
        context.warn(f"the range of `{context.written}` matches nothing: {low} is above {high}")
    return Between(low, high)


def _number(context: Context, datum: Datum | None) -> int | float | None:
    if datum is None:
        return None
    if isinstance(datum.value, bool):
        number = None
    elif isinstance(datum.value, int | float):
        return datum.value
    else:
        number = _READERS[context.field.kind](datum.text)
    if number is None:
        _refuse_number(context, datum)
    elif context.field.kind == "memory" and is_part_of_byte(datum.text, number):
        hint = "`m` is a thousandth; a million bytes are `M`, 2**20 `Mi`"
        context.refuse(f"`{datum.text}` of memory is no whole byte", span=datum.span, rule="operand-number", hint=hint)
        return None
    return number


def _refuse_number(context: Context, datum: Datum) -> None:
    text = datum.text
    hint = f"write a number, for example `{context.written}: <0.1`"
    if is_not_finite(text):
        hint = f"NaN and the infinities cannot be asked for; that there is a value is `{context.written}: ~nil`"
    elif is_beyond_double(text):
        hint = "a double holds no such number: the largest is about 1.8e308"
    elif datum.is_bare and ".." in text:
        hint = meant_range(text) or f"a range has two ends: `{context.written}: 1..2`"
    elif datum.is_bare and text.startswith(_SIGNS):
        hint = f"a comparison stands alone: `{context.written}: {text} or {context.written}: …`; not equal is `~1`"
    elif datum.is_bare and text.lstrip("!").startswith("="):
        hint = f"equality has no sign, and not equal is `~`: `{context.written}: {text.lstrip('!=').strip() or 1}`"
    elif datum.is_bare and text.casefold() in ("nil", "null", "none"):
        hint = f"absent is `{context.written}: nil`"
    elif context.field.kind in ("cpu", "memory", "quantity"):
        hint = f"a quantity is a number, or one with a suffix of {QUANTITY_SUFFIXES}"
    elif context.field.kind == "duration":
        hint = "a duration is a number of seconds, or `30s`, `10m`, `2h`, `1d`"
    context.refuse(f"`{text[:60]}` is not a number", span=datum.span, rule="operand-number", hint=hint)


def type_datetime(context: Context) -> Test | None:
    """Dates and times. Comparisons use where the written unit begins, equality and ranges all of it."""
    match context.operand:
        case NilOperand():
            return IsNil()
        case CompareOperand() as operand:
            moment = _point(context, context.one(operand.value, beside="a comparison"), beside="a comparison")
            return None if moment is None else Compare(operand.op, moment.start)
        case RangeOperand() as operand:
            low = _point(context, context.one(operand.low, beside="a range"), beside="a range")
            high = _point(context, context.one(operand.high, beside="a range"), beside="a range")
            if low is None or high is None:
                return None
            if low.start >= high.stop:
                context.warn(f"the range of `{context.written}` matches nothing: it ends before it begins")
            return Within(low.start, high.stop)
        case PatternOperand():
            context.refuse_form("patterns")
        case ValuesOperand() as operand if len(operand.values) + operand.or_nil > 1:
            hint = f"write `{context.written}: A or {context.written}: B`, or a range, `A..B`"
            context.refuse_form("alternatives", hint=hint)
        case ValuesOperand((raw,)):
            moment = _moment(context, context.one(raw, beside="a date"))
            if moment is None:
                return None
            if moment.is_instant:
                context.warn(
                    f"`{context.written}` is compared with one instant, which matches hardly ever; put `>=` before it"
                )
            return Within(moment.start, moment.stop)
    return None


def _point(context: Context, datum: Datum | None, *, beside: str) -> Moment | None:
    moment = _moment(context, datum)
    if moment is None or datum is None or not moment.is_period:
        return moment
    hint = f"it stands alone: `{context.written}: {datum.text}`; an instant is `-7d`, `yesterday` or a date"
    context.refuse(
        f"`{datum.text}` is a period, not a point for {beside}", span=datum.span, rule="operand-date", hint=hint
    )
    return None


def _moment(context: Context, datum: Datum | None) -> Moment | None:
    if datum is None:
        return None
    moment = read_moment(datum.text, now=context.now) if isinstance(datum.value, str) else None
    if moment is None:
        hint = "write 2026-01-31, `2026-01-31 10:30`, today, yesterday, last_7_days, last_month, or -12h"
        if datum.is_bare and ".." in datum.text:
            hint = "a range has two ends: `2026-01-01..2026-01-31`"
        elif datum.is_bare and datum.text.casefold() in ("nil", "null", "none"):
            hint = f"absent is `{context.written}: nil`"
        context.refuse(f"`{datum.text[:60]}` is no date and no time", span=datum.span, rule="operand-date", hint=hint)
    return moment
