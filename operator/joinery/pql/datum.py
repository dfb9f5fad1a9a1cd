"""One value of an operand, ready to be typed: what it is, and whether it was written or bound.

Source: spec 1, *Order*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from joinery.pql.ast import Bound, Raw, Scalar, Span, TemplateToken
from joinery.pql.format import bound_text, json_text
from joinery.pql.report import Report

Origin: TypeAlias = Literal["bare", "quoted", "bound", "mixed", "open"]


@dataclass(frozen=True, slots=True)
class Datum:
    """``bare`` text is typed by the field's class and may look like an operator; ``quoted`` and ``bound`` never do.

    ``mixed`` is text with bound numbers in it, typed as bare text but never an operator. ``open`` holds a template
    that has not been rendered: nothing is known of its value.
    """

    value: Scalar
    origin: Origin
    span: Span

    @property
    def text(self) -> str:
        """The value as text; a number or boolean as JSON."""
        return bound_text(self.value)

    @property
    def is_bare(self) -> bool:
        return self.origin == "bare"

    @property
    def is_open(self) -> bool:
        return self.origin == "open"


def read_data(raw: Raw, report: Report, *, one: str | None = None) -> list[Datum] | None:
    """The data of one written value: one, or as many as the list that was bound.

    ``one`` says beside what a list cannot stand (``"a comparison"``). None when a bound value is no
    operand; the report says why.
    """
    if any(isinstance(part, TemplateToken) for part in raw.parts):
        return [Datum("", "open", raw.span)]
    if raw.parts and isinstance(bound := raw.parts[0], Bound) and len(raw.parts) == 1 and not raw.quoted:
        return _read_bound(bound.value, raw.span, report, one=one)
    texts: list[str] = []
    for part in raw.parts:
        if isinstance(part, Bound):
            if part.value is None or isinstance(part.value, dict) or (isinstance(part.value, list) and not raw.quoted):
                _refuse(part.value, raw.span, report, where="inside a text")
                return None
            texts.append(bound_text(part.value))
        else:
            texts.append(str(part))
    text = "".join(texts)
    if raw.quoted:
        return [Datum(text, "quoted", raw.span)]
    values = [part.value for part in raw.parts if isinstance(part, Bound)]
    if not values:
        return [Datum(text.strip(), "bare", raw.span)]
    return [Datum(text.strip(), "quoted" if any(isinstance(value, str) for value in values) else "mixed", raw.span)]


def _read_bound(value: object, span: Span, report: Report, *, one: str | None) -> list[Datum] | None:
    if not isinstance(value, list | tuple):
        datum = _scalar(value, span, report, where="as an operand")
        return None if datum is None else [datum]
    if one is not None:
        _refuse(value, span, report, where=f"beside {one}")
        return None
    data = [_scalar(item, span, report, where="among alternatives") for item in value]
    return None if any(datum is None for datum in data) else [datum for datum in data if datum is not None]


def _scalar(value: object, span: Span, report: Report, *, where: str) -> Datum | None:
    if isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return Datum(value, "bound", span)
    _refuse(value, span, report, where=where)
    return None


def _refuse(value: object, span: Span, report: Report, *, where: str) -> None:
    match value:
        case None:
            name = "null"
        case dict():
            name = "a mapping"
        case list() | tuple():
            name = "a list"
        case float():
            name = json_text(value)
        case _:
            name = f"a {type(value).__name__}"
    hint = "a list stands alone, as alternatives: `field: {{ values }}`" if name == "a list" else None
    report.add(f"the template gave {name}, which cannot stand {where}", span, rule="bound-value", hint=hint)
