"""The second pass: a written query to a typed one, every bad clause reported.

Source: spec 2, *Operands* and *Fields*.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from joinery.pql.ast import (
    All,
    AndNode,
    Any_,
    CheckedQuery,
    Clause,
    Compare,
    Comparison,
    Complement,
    Condition,
    FieldPath,
    NilOperand,
    Node,
    NotNode,
    OneOf,
    OrNode,
    Predicate,
    Query,
    Raw,
    Span,
    SplicedNode,
    Test,
    ValuesOperand,
)
from joinery.pql.comma import forgotten_comma
from joinery.pql.context import Context
from joinery.pql.fields import LIVE_STATE_REFUSED, FieldClass
from joinery.pql.format import format_clause, format_field, format_query
from joinery.pql.measures import type_datetime, type_number
from joinery.pql.parser import read_query
from joinery.pql.report import Report, Stop
from joinery.pql.resolve import is_live_state, resolve_field
from joinery.pql.texts import type_boolean, type_membership, type_text, type_uuid
from joinery.pql.values import type_value
from joinery.problems import InvalidQuery, Problem

_TYPING: dict[FieldClass, Callable[[Context], Test | None]] = {
    "value": type_value,
    "membership": type_membership,
    "boolean": type_boolean,
    "uuid": type_uuid,
    "number": type_number,
    "duration": type_number,
    "cpu": type_number,
    "memory": type_number,
    "quantity": type_number,
    "datetime": type_datetime,
    "text": type_text,
}
_FLIPPED: dict[Comparison, Comparison] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_EVERY = All(())  # true of every run: what `live_state: 1` is


def check(query: Query, *, now: int) -> CheckedQuery:
    """Types every clause. ``now`` is microseconds since 1970, UTC: what dates count from.

    Raises :class:`InvalidQuery` with every problem of every clause; templates that are not bound are problems too.
    """
    checker = _Checker(query, now, open_templates=False)
    root = checker.run()
    checker.report.raise_any()
    return CheckedQuery(root, format_query(query), tuple(dict.fromkeys(checker.warnings)))


def check_query(text: str, *, now: int | None = None) -> CheckedQuery:
    """Parses and checks; the problems of both at once, the parser's first. ``now`` defaults to the clock."""
    moment = time.time_ns() // 1000 if now is None else now
    query, report = read_query(text)
    if not report.problems:
        return check(query, now=moment)
    checker = _Checker(query, moment, open_templates=True)
    checker.run()
    raise InvalidQuery([*report.problems, *checker.report.problems])


def query_problems(query: Query, *, now: int) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """Errors and warnings of a query whose templates are not bound yet: all that can be known without their values."""
    checker = _Checker(query, now, open_templates=True)
    checker.run()
    return tuple(checker.report.problems), tuple(dict.fromkeys(checker.warnings))


class _Checker:
    def __init__(self, query: Query, now: int, *, open_templates: bool) -> None:
        self.root = query.root
        self.now = now
        self.open_templates = open_templates
        self.report = Report(query.text or format_query(query))
        self.warnings: list[str] = []

    def run(self) -> Condition | None:
        if self.root is None:
            return None
        try:
            condition = self._node(self.root)
        except Stop:
            return None
        return None if condition == _EVERY else condition

    def _node(self, node: Node) -> Condition | None:
        """The node as a condition; None when it could not be typed. The parser's cap bounds the depth."""
        match node:
            case Clause():
                return self._clause(node)
            case SplicedNode():
                self._refuse_open(node.template.span.start, node.template.span.stop)
                return None
            case NotNode():
                item = self._node(node.item)
                if item is None:
                    return None
                return _nothing() if item == _EVERY else Complement(item)
            case AndNode():
                items = [self._node(item) for item in node.items]
                kept = [item for item in items if item is not None and item != _EVERY]
                return _EVERY if not kept else kept[0] if len(kept) == 1 else All(tuple(kept))
            case OrNode():
                options = [option for item in node.items if (option := self._node(item)) is not None]
                return _EVERY if _EVERY in options or not options else Any_(tuple(options))

    def _refuse_open(self, start: int, stop: int) -> None:
        if not self.open_templates:
            self.report.add("this template has no value here", Span(start, stop), rule="query-template")

    def _clause(self, clause: Clause) -> Condition | None:
        if is_live_state(clause.field):
            return self._live_state(clause)
        before = len(self.report.problems)
        resolved = resolve_field(clause.field, self.report)
        found: Condition | None = None
        if resolved is not None:
            field, path = resolved
            context = Context(
                field=field,
                written=format_field(clause.field),
                operand=clause.operand,
                span=clause.span,
                report=self.report,
                now=self.now,
                negated=clause.negated,
                warnings=self.warnings,
            )
            if path.key is None and field.whole and not isinstance(clause.operand, NilOperand):
                self._refuse_whole(context)
            elif (test := _TYPING[field.kind](context)) is not None:
                found = _predicate(clause, path, test)
        self._look_for_comma(clause, before)
        if found is None and len(self.report.problems) == before:
            self._refuse_open(clause.span.start, clause.span.stop)
        return found

    def _refuse_whole(self, context: Context) -> None:
        context.refuse(
            f"`{context.written}` as a whole is there or not: it takes `nil` and `~nil`",
            rule="operand-form",
            hint=f"name one of them: `{context.field.example}`",
        )

    def _live_state(self, clause: Clause) -> Condition | None:
        match clause.operand:
            case ValuesOperand((Raw(("1",)),), or_nil=False) if not clause.negated:
                return _EVERY
            case _:
                self.report.add(LIVE_STATE_REFUSED, clause.span, rule="refused-field")
                return None

    def _look_for_comma(self, clause: Clause, before: int) -> None:
        """A value that holds ` field:` most likely lacks a comma: a warning, or the hint of the error it led to."""
        found = forgotten_comma(clause.operand)
        if found is None:
            return
        hint = f"a comma may be missing before `{found}:`"
        problems = self.report.problems
        if len(problems) > before:
            problems[before:] = [replace(problem, hint=hint) for problem in problems[before:]]
        else:
            self.warnings.append(f"`{format_clause(clause)}`: {hint}")


def _predicate(clause: Clause, path: FieldPath, test: Test) -> Predicate:
    negated = clause.negated
    if isinstance(test, Compare) and negated:
        test, negated = Compare(_FLIPPED[test.op], test.value), False
    return Predicate(path, test, negated, source=format_clause(clause), span=clause.span)


def _nothing() -> Condition:
    return Predicate(FieldPath("uuid"), OneOf(()), source="~(live_state: 1)")
