"""Operands of texts: the classes text, membership, uuid and boolean, and values that are always text.

Source: spec 2, *Operands*.
"""

from __future__ import annotations

import re

from joinery.pql.ast import (
    CompareOperand,
    IsNil,
    Like,
    NilOperand,
    OneOf,
    PatternOperand,
    RangeOperand,
    Raw,
    Test,
    ValuesOperand,
)
from joinery.pql.context import Context
from joinery.pql.datum import Datum
from joinery.pql.operand import COMPARISONS
from joinery.pql.phases import FOLDED_PHASES, PHASES, fold, nearest_phases

_SIGNS = tuple(sign for sign, _ in COMPARISONS)
_QUOTE_HINT = "to mean the text itself, put it in double quotes"
_TRUE, _FALSE = frozenset(("true", "yes", "on", "1")), frozenset(("false", "no", "off", "0"))
_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}", re.IGNORECASE)
_UUID_PREFIX = re.compile(r"[0-9a-f]+(?:-[0-9a-f]+)*-?", re.IGNORECASE)


def type_text(context: Context) -> Test | None:
    """Text: equality, alternatives, patterns."""
    match context.operand:
        case NilOperand():
            return IsNil()
        case CompareOperand():
            context.refuse_form("comparisons", hint=_QUOTE_HINT)
        case RangeOperand():
            context.refuse_form("ranges", hint=_QUOTE_HINT)
        case PatternOperand() as operand:
            return type_pattern(context, operand)
        case ValuesOperand() as operand:
            data = context.many(operand)
            if data is None:
                return None
            if len(data) == 1 and not operand.or_nil and (like := _doubled(data[0])) is not None:
                return like
            if refuse_operators(context, operand, data, ranges=True, signs=True):
                warn_of_lookalikes(context, data)
                return OneOf(tuple(datum.text for datum in data), operand.or_nil)
    return None


def _doubled(datum: Datum) -> Test | None:
    """``%%v`` and ``v%%`` are ``%v`` and ``v%``, as Polyaxon reads them."""
    inner = datum.text.strip("%").strip()
    if not datum.is_bare or not inner or "%" in inner or ".." in inner:
        return None
    match datum.text.startswith("%"), datum.text.endswith("%"):
        case True, True:
            return Like("contains", inner.casefold())
        case True, False:
            return Like("suffix", inner.casefold())
        case False, True:
            return Like("prefix", inner.casefold())
        case _:
            return None


def type_pattern(context: Context, operand: PatternOperand) -> Test | None:
    datum = context.one(operand.value, beside="a pattern")
    if datum is None:
        return None
    if datum.is_bare and ".." in datum.text and context.field.holds != "any":
        context.refuse_form("ranges", hint=_QUOTE_HINT)
        return None
    return Like(operand.kind, datum.text.casefold())


def refuse_operators(
    context: Context, operand: ValuesOperand, data: list[Datum], *, ranges: bool, signs: bool = False
) -> bool:
    """Whether no bare alternative holds an operator where none can stand; reports those that do. ``ranges`` and
    ``signs``: whether ``..``, and a comparison in front of all alternatives, are among those."""
    fine = True
    several = len(operand.values) + operand.or_nil > 1
    for index, datum in enumerate(data):
        if not datum.is_bare:
            continue
        text = datum.text
        if ranges and ".." in text:
            context.refuse(
                f"`{context.written}` takes no ranges", span=datum.span, rule="operand-form", hint=_QUOTE_HINT
            )
        elif text.startswith("%") or text.endswith("%"):
            _refuse_percent(context, datum, several=several)
        elif signs and several and index == 0 and text.startswith(_SIGNS):
            context.refuse(
                f"`{context.written}` takes no comparisons", span=datum.span, rule="operand-form", hint=_QUOTE_HINT
            )
        else:
            continue
        fine = False
    return fine


def _refuse_percent(context: Context, datum: Datum, *, several: bool) -> None:
    if several:
        message = "a pattern stands alone, not among alternatives"
        hint = f"write `{context.written}: {datum.text} or {context.written}: …`"
    elif datum.text.strip("%"):
        message = "a pattern has its `%` at one end or at both, and none inside"
        hint = _QUOTE_HINT
    else:
        message, hint = "a `%` alone is no pattern", f"that a value is there is `{context.written}: ~nil`"
    context.refuse(message, span=datum.span, rule="operand-pattern", hint=hint)


def type_fixed(context: Context) -> Test | None:
    """The value class where the value is always text (kind, queue, commit …). ``%`` is no operator here."""
    match context.operand:
        case NilOperand():
            return IsNil()
        case CompareOperand():
            context.refuse_form("comparisons")
        case RangeOperand():
            context.refuse_form("ranges")
        case PatternOperand() as operand:
            literal = Raw((_literal(operand),), span=operand.value.span)
            if not isinstance(operand.value.parts[0], str) or len(operand.value.parts) > 1 or operand.value.quoted:
                context.refuse_form("patterns")
                return None
            context.warn(f"`%` is no operator of `{context.written}`: it looks for the text `{literal.parts[0]}`")
            return _fixed(context, ValuesOperand((literal,)))
        case ValuesOperand() as operand:
            return _fixed(context, operand)
    return None


def _literal(operand: PatternOperand) -> str:
    inner = "".join(str(part) for part in operand.value.parts)
    return f"{'' if operand.kind == 'prefix' else '%'}{inner}{'' if operand.kind == 'suffix' else '%'}".strip()


def _fixed(context: Context, operand: ValuesOperand) -> Test | None:
    data = context.many(operand)
    if data is None or not refuse_ranges(context, data):
        return None
    warn_of_lookalikes(context, data)
    texts = [datum.text for datum in data]
    if context.field.name == "status":
        unknown = [datum for datum in data if fold(datum.text) not in FOLDED_PHASES]
        for datum in unknown:
            _refuse_phase(context, datum)
        if unknown:
            return None
    return OneOf(tuple(map(fold, texts)) if context.field.folded else tuple(texts), operand.or_nil)


def refuse_ranges(context: Context, data: list[Datum]) -> bool:
    wrong = [datum for datum in data if datum.is_bare and ".." in datum.text]
    for datum in wrong:
        context.refuse(f"`{context.written}` takes no ranges", span=datum.span, rule="operand-form", hint=_QUOTE_HINT)
    return not wrong


def warn_of_lookalikes(context: Context, data: list[Datum], *, sign: str = "") -> None:
    """Texts that look as if something else was meant are taken as written, but not in silence. ``sign``: of the
    comparison they stand in."""
    for datum in data:
        if not datum.is_bare:
            continue
        if datum.text.casefold() in ("nil", "null", "none"):
            looks = f"compares with the text `{datum.text}`" if sign else f"looks for the text `{datum.text}`"
            context.warn(f"`{context.written}: {sign}{datum.text}` {looks}; absent is `{context.written}: nil`")
        elif datum.text.startswith(("<", ">", "=", "!")):
            context.warn(
                f"`{datum.text}` of `{context.written}` is a text here; equality has no sign, `~` negates,"
                " and a comparison stands alone"
            )
        elif len(datum.text) > 1 and datum.text[0] == datum.text[-1] == "'":
            context.warn(
                f"the single quotes of `{datum.text[:60]}` are part of the text that `{context.written}` is compared"
                f' with; quotes are double: `"{datum.text[1:-1][:60]}"`'
            )
        elif (negated := _after_not(datum.text)) is not None:
            meant = f"`{context.written}: ~{negated[:60]}` negates"
            context.warn(f"`{datum.text[:60]}` of `{context.written}` is a text here; {meant}")


def _after_not(text: str) -> str | None:
    """What follows ``not`` in a value that begins with it."""
    word, _, rest = text.partition(" ")
    return rest.strip() or None if word.casefold() == "not" else None


def _refuse_phase(context: Context, datum: Datum) -> None:
    word = datum.text
    near = nearest_phases(word)
    if (negated := _after_not(word)) is not None and fold(negated) in FOLDED_PHASES:
        hint = f"`~` negates: `{context.written}: ~{negated}`"
    elif near:
        hint = "did you mean " + " or ".join(f"`{name}`" for name in near) + "?"
    else:
        hint = "phases are " + ", ".join(PHASES)
    context.refuse(f"`{word[:60]}` is no phase of a run", span=datum.span, rule="unknown-phase", hint=hint)


def type_membership(context: Context) -> Test | None:
    """Tags: equal to one of the run's entries, or one of several."""
    match context.operand:
        case NilOperand():
            return IsNil()
        case CompareOperand():
            context.refuse_form("comparisons", hint=_QUOTE_HINT)
        case RangeOperand():
            context.refuse_form("ranges", hint=_QUOTE_HINT)
        case PatternOperand():
            context.refuse_form("patterns", hint=_QUOTE_HINT)
        case ValuesOperand() as operand:
            data = context.many(operand)
            if data is not None and refuse_operators(context, operand, data, ranges=True):
                warn_of_lookalikes(context, data)
                return OneOf(tuple(datum.text for datum in data), operand.or_nil)
    return None


def type_uuid(context: Context) -> Test | None:
    """Uuids as 32 lower-case hex digits, or the first few of them as a prefix."""
    match context.operand:
        case NilOperand():
            return IsNil()
        case PatternOperand(kind="prefix") as operand:
            datum = context.one(operand.value, beside="a pattern")
            if datum is None:
                return None
            digits = datum.text.replace("-", "").lower()
            if _UUID_PREFIX.fullmatch(datum.text) and len(digits) <= 32:
                return Like("prefix", digits)
            _refuse_uuid(context, datum)
        case ValuesOperand() as operand:
            data = context.many(operand)
            if data is None:
                return None
            wrong = [datum for datum in data if not _UUID.fullmatch(datum.text)]
            for datum in wrong:
                _refuse_uuid(context, datum)
            if not wrong:
                return OneOf(tuple(datum.text.replace("-", "").lower() for datum in data), operand.or_nil)
        case _:
            context.refuse_form(
                "operators but a prefix", hint=f"write a uuid, or its beginning: `{context.written}: 6f1c%`"
            )
    return None


def _refuse_uuid(context: Context, datum: Datum) -> None:
    context.refuse(
        f"`{datum.text[:60]}` cannot be a uuid",
        span=datum.span,
        rule="operand-uuid",
        hint=f"a uuid is 32 hex digits, with dashes or without; its beginning is `{context.written}: 6f1c%`",
    )


def type_boolean(context: Context) -> Test | None:
    """``true false yes no on off 1 0`` in any case."""
    match context.operand:
        case NilOperand():
            return IsNil()
        case ValuesOperand((raw,), or_nil=False):
            datum = context.one(raw, beside="a boolean")
            if datum is None:
                return None
            word = datum.text.lower()
            if word in _TRUE or word in _FALSE:
                return OneOf((word in _TRUE,))
            context.refuse(
                f"`{datum.text[:60]}` is neither true nor false",
                span=datum.span,
                rule="operand-boolean",
                hint="write true, false, yes, no, on, off, 1 or 0",
            )
        case _:
            context.refuse_form("operators", hint=f"it is true or false: `{context.written}: true`")
    return None
