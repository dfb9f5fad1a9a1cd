"""What typing one clause needs to know and where it reports to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from joinery.pql.ast import Operand, Raw, Span, ValuesOperand
from joinery.pql.datum import Datum, read_data
from joinery.pql.fields import Field
from joinery.pql.format import format_operand
from joinery.pql.report import Report


@dataclass(slots=True)
class Context:
    """One clause being typed. ``written`` is its field as the query has it, ``now`` microseconds since 1970, UTC.

    The typing functions give a :data:`Test`, or None: then either the report says why, or a
    template that has not been rendered stands in the way.
    """

    field: Field
    written: str
    operand: Operand
    span: Span
    report: Report
    now: int
    negated: bool = False
    warnings: list[str] = dataclasses.field(default_factory=list)

    def refuse(self, message: str, *, span: Span | None = None, rule: str = "operand", hint: str | None = None) -> None:
        self.report.add(message, span or self.span, rule=rule, hint=hint)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def refuse_form(self, what: str, *, hint: str | None = None) -> None:
        """The operand has a form that the field does not take. ``what`` names it: ``comparisons``."""
        self.refuse(
            f"`{self.written}` takes no {what}", rule="operand-form", hint=hint or f"write `{self.field.example}`"
        )

    def one(self, raw: Raw, *, beside: str) -> Datum | None:
        """The one value of a comparison, range or pattern; None when it is no operand or not yet known."""
        data = read_data(raw, self.report, one=beside)
        return None if data is None or data[0].is_open else data[0]

    def many(self, operand: ValuesOperand) -> list[Datum] | None:
        """All alternatives, bound lists taken apart; None when one is no operand or not yet known."""
        found: list[Datum] = []
        complete = True
        for raw in operand.values:
            data = read_data(raw, self.report)
            if data is None or any(datum.is_open for datum in data):
                complete = False
            found += data or []
        if not complete:
            return None
        if not found and not operand.or_nil:
            sign, what = ("~", "every run") if self.negated else ("", "nothing")
            self.warn(f"`{self.written}: {sign}{format_operand(self.operand)}` matches {what}: the list is empty")
        return found
