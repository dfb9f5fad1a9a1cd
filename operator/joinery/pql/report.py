"""Collects the problems of one text, each with its place in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from joinery.pql.ast import Span
from joinery.pql.limits import MAX_BYTES, MAX_PROBLEMS
from joinery.problems import InvalidQuery, Problem


class Stop(Exception):
    """Nothing sensible can be read from here on. The problem that says so has been reported."""


@dataclass(slots=True)
class Report:
    """The problems found in ``text`` so far, in the order they were found."""

    text: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, message: str, span: Span, *, rule: str = "query-syntax", hint: str | None = None) -> None:
        """One more problem. Raises :class:`Stop` once there are more than anybody reads."""
        self.problems.append(
            Problem(
                message=message,
                rule=rule,
                hint=hint,
                text=self.text or None,
                position=span.start,
                length=max(1, span.stop - span.start),
            )
        )
        if len(self.problems) >= MAX_PROBLEMS:
            raise Stop

    def fatal(self, message: str, span: Span, *, rule: str = "query-syntax", hint: str | None = None) -> NoReturn:
        """A problem after which nothing more can be read."""
        self.add(message, span, rule=rule, hint=hint)
        raise Stop

    def raise_any(self) -> None:
        """Raises :class:`InvalidQuery` when there is any problem."""
        if self.problems:
            raise InvalidQuery(self.problems)


def refuse_long(text: str, *, what: str) -> None:
    """Raises :class:`InvalidQuery` for a text above 16 KiB of UTF-8, at once and without reading it."""
    if len(text) * 4 <= MAX_BYTES:
        return
    room, kept = MAX_BYTES, 0
    for char in text[: MAX_BYTES + 1]:
        code = ord(char)
        room -= 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
        if room < 0:
            break
        kept += 1
    if kept == len(text):
        return
    raise InvalidQuery(
        Problem(
            message=f"this {what} is longer than 16 KiB ({len(text):,} characters)",
            rule="query-too-long",
            hint="give long lists of values by a template: `status: {{ values }}`",
            text=text[: kept + 60],
            position=kept,
        )
    )
