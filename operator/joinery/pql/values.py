"""Operands of values that can be anything JSON holds: inputs, outputs, meta data. Source: spec 2, *Operands*."""

from __future__ import annotations

from joinery.pql.ast import (
    Compare,
    CompareOperand,
    IsNil,
    NilOperand,
    OneOf,
    PatternOperand,
    RangeOperand,
    Raw,
    Scalar,
    Test,
    ValuesOperand,
)
from joinery.pql.context import Context
from joinery.pql.datum import Datum
from joinery.pql.measures import between
from joinery.pql.numbers import is_beyond_double, is_not_finite, meant_range, read_json_number, read_number
from joinery.pql.texts import refuse_operators, refuse_ranges, type_fixed, type_pattern, warn_of_lookalikes


def type_value(context: Context) -> Test | None:
    """The value class: typed by how it is written. Inputs and outputs also take comparisons, ranges and patterns."""
    match context.field.holds:
        case "text":
            return type_fixed(context)
        case "plain":
            return _plain(context)
        case "any":
            return _any(context)


def _plain(context: Context) -> Test | None:
    match context.operand:
        case NilOperand():
            return IsNil()
        case CompareOperand():
            context.refuse_form("comparisons", hint="numbers of the meta data are `meta_values`")
        case RangeOperand():
            context.refuse_form("ranges", hint="numbers of the meta data are `meta_values`")
        case PatternOperand():
            return type_fixed(context)
        case ValuesOperand() as operand:
            data = context.many(operand)
            if data is not None and refuse_ranges(context, data):
                return _equality(context, operand, data)
    return None


def _any(context: Context) -> Test | None:
    match context.operand:
        case NilOperand():
            return IsNil()
        case CompareOperand() as operand:
            return _compare(context, operand)
        case RangeOperand() as operand:
            return _range(context, operand)
        case PatternOperand() as operand:
            return type_pattern(context, operand)
        case ValuesOperand() as operand:
            data = context.many(operand)
            if data is not None and refuse_operators(context, operand, data, ranges=False):
                return _equality(context, operand, data)
    return None


def _compare(context: Context, operand: CompareOperand) -> Test | None:
    datum = context.one(operand.value, beside="a comparison")
    value = None if datum is None else _typed(context, datum)
    if datum is None or value is None:
        return None
    if isinstance(value, bool):
        hint = f"they are equal or not: `{context.written}: {datum.text}`"
        context.refuse("true and false have no order", span=datum.span, rule="operand-form", hint=hint)
        return None
    warn_of_lookalikes(context, [datum], sign=operand.op)
    return Compare(operand.op, value)


def _range(context: Context, operand: RangeOperand) -> Test | None:
    """A range between two numbers; else the text as it was written (``a..b``)."""
    low = context.one(operand.low, beside="a range")
    high = context.one(operand.high, beside="a range")
    if low is None or high is None:
        return None
    ends = [_typed(context, datum, quiet=True) for datum in (low, high)]
    if all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
        first, last = (end for end in ends if isinstance(end, int | float))
        return between(context, first, last)
    written = [part for raw in (operand.low, operand.high) for part in raw.parts]
    if low.is_bare and high.is_bare and all(isinstance(part, str) for part in written):
        text = f"{_join(operand.low)}..{_join(operand.high)}".strip()
        context.warn(f"`{text}` of `{context.written}` is a text: a range stands between two numbers")
        return OneOf((text,))
    hint = "a text that holds `..` goes in double quotes as a whole"
    context.refuse(f"a range of `{context.written}` stands between two numbers", rule="operand-form", hint=hint)
    return None


def _join(raw: Raw) -> str:
    return "".join(str(part) for part in raw.parts)


def _equality(context: Context, operand: ValuesOperand, data: list[Datum]) -> Test | None:
    values = [_typed(context, datum) for datum in data]
    if None in values:
        return None
    warn_of_lookalikes(context, data)
    return OneOf(tuple(value for value in values if value is not None), operand.or_nil)


def _typed(context: Context, datum: Datum, *, quiet: bool = False) -> Scalar | None:
    """A JSON number, true or false, else text; NaN and infinities are refused. In quotes it is text."""
    if datum.origin in ("quoted", "bound"):
        return datum.value
    text = datum.text
    if text in ("true", "false"):
        return text == "true"
    number = read_json_number(text)
    if number is not None:
        return number
    if quiet:
        return text
    if is_not_finite(text):
        context.refuse(
            f"`{text}` matches no value",
            span=datum.span,
            rule="operand-number",
            hint=f'NaN equals nothing and has no order; the text is `"{text}"`',
        )
        return None
    if read_number(text) is not None:
        context.warn(f"`{text}` of `{context.written}` is a text: JSON writes a number as `0.9`, `-0.5`, `1`")
    elif is_beyond_double(text):
        context.warn(f"`{text[:60]}` of `{context.written}` is a text: a double holds no such number")
    elif text.casefold() in ("true", "false"):
        context.warn(f"`{text}` of `{context.written}` is a text: the boolean is `{text.casefold()}`")
    elif meant := meant_range(text):
        context.warn(f"`{text[:60]}` of `{context.written}` is a text: {meant}")
    return text
