"""Asks for the values of templates, counts them, and turns what goes wrong into problems with a place."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from joinery.pql.ast import Bound, FieldName, Part, Raw, Span, TemplateToken
from joinery.pql.fieldname import scan_field
from joinery.pql.format import bound_text
from joinery.pql.limits import MAX_BOUND
from joinery.pql.report import Report, Stop
from joinery.pql.scan import is_name_start
from joinery.problems import JoineryError, Problem

Evaluate: TypeAlias = Callable[[TemplateToken], Any]


@dataclass(slots=True)
class Binder:
    """``value`` gives what a template is as data, ``early`` what it is as syntax; both may raise a JoineryError."""

    value: Evaluate
    early: Evaluate
    report: Report
    bound: int = 0

    def bind_raw(self, raw: Raw) -> Raw:
        """The value with its templates replaced by what they gave. What failed stays a template, and is reported."""
        if not any(isinstance(part, TemplateToken) for part in raw.parts):
            return raw
        return replace(raw, parts=tuple(self._bind_part(part) for part in raw.parts))

    def _bind_part(self, part: Part) -> Part:
        if not isinstance(part, TemplateToken):
            return part
        known, value = self._ask(self.value, part)
        if not known:
            return part
        self.bound += len(value) if isinstance(value, list | tuple) else 1
        if self.bound > MAX_BOUND:
            self.report.fatal(
                f"the templates give more than {MAX_BOUND:,} values",
                part.span,
                rule="bound-too-many",
                hint="narrow the search by a comparison or a tag instead of a list",
            )
        return Bound(list(value) if isinstance(value, tuple) else value)

    def bind_field(self, name: FieldName) -> FieldName:
        """The field with its key bound, or parsed after rendering where templates stand for its syntax."""
        if name.spliced:
            return self._splice_field(name)
        if not isinstance(name.key, TemplateToken):
            return name
        known, value = self._ask(self.value, name.key)
        if not known:
            return name
        number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        if (isinstance(value, str) and value) or (number and not isinstance(value, bool)):
            return replace(name, key=bound_text(value))
        self.report.add(f"the template gave {describe(value)}, which is no key", name.key.span, rule="bound-key")
        return name

    def _splice_field(self, name: FieldName) -> FieldName:
        text = self.render(name.spliced)
        if text is None:
            return name
        text = text.strip()
        report = Report(text)
        found, stop = FieldName(""), 0
        if text and is_name_start(text[0]):
            try:
                found, stop = scan_field(text, 0, report)
            except Stop:
                stop = 0
        if report.problems:
            self.carry(report.problems, name.span, given=text)
        elif stop < len(text) or not text or has_template(found):
            self.report.add(f"`{text[:60]}` is no field", name.span, rule="bound-syntax")
        else:
            return replace(found, span=name.span)
        return name

    def render(self, parts: tuple[str | TemplateToken, ...]) -> str | None:
        """Templates that stand for syntax, as text; None when one cannot be one."""
        texts: list[str] = []
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            known, value = self._ask(self.early, part)
            if known and not isinstance(value, str):
                hint = "as syntax a template is text; a value goes behind the colon: `field: {{ value }}`"
                message = f"the template gave {describe(value)} where a part of the query is expected"
                self.report.add(message, part.span, rule="bound-syntax", hint=hint)
            if not known or not isinstance(value, str):
                return None
            texts.append(value)
        return "".join(texts)

    def _ask(self, evaluate: Evaluate, token: TemplateToken) -> tuple[bool, Any]:
        try:
            return True, evaluate(token)
        except JoineryError as error:
            for problem in error.problems:
                self.report.add(problem.message, token.span, rule=problem.rule, hint=problem.hint)
            return False, None

    def carry(self, problems: list[Problem], span: Span, *, given: str) -> None:
        """Problems of a rendered text, told at the template that gave it."""
        for problem in problems:
            self.report.add(
                f"rendered, this is `{given[:120]}`: {problem.message}", span, rule=problem.rule, hint=problem.hint
            )


def has_template(name: FieldName) -> bool:
    return bool(name.spliced) or isinstance(name.key, TemplateToken)


def describe(value: object) -> str:
    """The kind of a bound value, in a sentence."""
    match value:
        case None:
            return "null"
        case bool():
            return bound_text(value)
        case "":
            return "an empty text"
        case str():
            return "a text"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return f"`{value}`"[:60]
