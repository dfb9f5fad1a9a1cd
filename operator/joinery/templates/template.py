"""Templates: texts with expressions in them, rendered once and never again. Source: spec 4, *Templates*."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from joinery.problems import InvalidTemplate, Problem
from joinery.templates.expression import Expression, as_problem, read_expression
from joinery.templates.scan import split
from joinery.templates.values import MAX_OUTPUT, Fault, Scope, too_long, written

_CACHED_LENGTH = 1_024  # longer texts are seldom rendered twice, and what is kept must stay small


@dataclass(frozen=True, slots=True)
class _Placed:
    """An expression of a template: it begins ``offset`` characters from the template's start."""

    expression: Expression
    offset: int


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read and found sound. Rendering is one pass: what a name holds is data and is not read again."""

    text: str
    parts: tuple[str | _Placed, ...]

    @property
    def is_literal(self) -> bool:
        """Whether there is no expression in it."""
        return not any(isinstance(part, _Placed) for part in self.parts)

    @property
    def is_expression(self) -> bool:
        """Whether it is exactly one expression and nothing else: rendered, it keeps its type."""
        return len(self.parts) == 1 and isinstance(self.parts[0], _Placed)

    @property
    def names(self) -> frozenset[str]:
        """The root names it reads (``globals``, ``params``, ``lr``)."""
        return frozenset().union(*(part.expression.names for part in self.parts if isinstance(part, _Placed)))

    def names_given(self, known: Collection[str]) -> frozenset[str]:
        """The root names it reads where ``known`` are the names there are (it matters to ``{{ a-b }}`` alone)."""
        found = (part.expression.names_given(known) for part in self.parts if isinstance(part, _Placed))
        return frozenset().union(*found)

    def render(self, names: Mapping[str, Any]) -> Any:
        """The value of its one expression, else a text of at most 1 MiB. Raises :class:`InvalidTemplate`.

        In a text, lists and mappings are compact JSON; numbers, booleans and null stand as Jinja2 writes them.
        """
        scope = Scope(names)
        if self.is_expression and isinstance(only := self.parts[0], _Placed):
            return only.expression.run(scope, whole=self.text, offset=only.offset)
        problems: list[Problem] = []
        pieces: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            try:
                pieces.append(self._piece(part, scope))
            except InvalidTemplate as error:
                problems += error.problems
        if problems:
            raise InvalidTemplate(problems)
        if sum(map(len, pieces)) > MAX_OUTPUT:
            raise InvalidTemplate(as_problem(too_long(), self.text, 0))
        return "".join(pieces)

    def check(self, known: Collection[str]) -> list[Problem]:
        """A problem for each name that is not among ``known``, save those under ``default`` or ``is defined``."""
        return [
            as_problem(fault, self.text, part.offset)
            for part in self.parts
            if isinstance(part, _Placed)
            for fault in part.expression.problems(known)
        ]

    def _piece(self, part: _Placed, scope: Scope) -> str:
        found = part.expression.run(scope, whole=self.text, offset=part.offset)
        try:
            return written(found, scope)
        except Fault as fault:
            raise InvalidTemplate(as_problem(fault.at(0), self.text, part.offset)) from None


def parse_template(text: str) -> Template:
    """Reads a text with ``{{ expressions }}``. Raises :class:`InvalidTemplate` with all that is wrong in it."""
    return _parse_cached(text) if len(text) <= _CACHED_LENGTH else _parse(text)


def _parse(text: str) -> Template:
    problems: list[Problem] = []
    parts: list[str | _Placed] = []
    for piece in split(text):
        if not piece.is_expression:
            parts.append(piece.text)
            continue
        try:
            parts.append(_Placed(read_expression(piece.text, whole=text, offset=piece.start), piece.start))
        except InvalidTemplate as error:
            problems += error.problems
    if problems:
        raise InvalidTemplate(problems)
    return Template(text, tuple(parts))


_parse_cached = lru_cache(maxsize=512)(_parse)


def check_template(text: str, known: Collection[str] | None) -> list[Problem]:
    """All that is wrong with a template, before there are values: its syntax, and names not among ``known``
    (None: any name may be)."""
    try:
        template = parse_template(text)
    except InvalidTemplate as error:
        return list(error.problems)
    return [] if known is None else template.check(known)


def render_args(args: str | list[Any], names: Mapping[str, Any]) -> list[str]:
    """A container's ``args`` or ``command`` as texts (spec 4, *Templates*).

    ``args: "{{ p }}"``, and an element that is exactly one expression, expand to the items of the list they yield;
    elsewhere a list is compact JSON. Raises :class:`InvalidTemplate` with all problems, each with its index as path.
    """
    if isinstance(args, str):
        return _arguments(args, names)
    problems: list[Problem] = []
    rendered: list[str] = []
    for index, item in enumerate(args):
        try:
            rendered += _arguments(item, names)
        except InvalidTemplate as error:
            problems += [problem.at(f"[{index}]") for problem in error.problems]
    if problems:
        raise InvalidTemplate(problems)
    return rendered


def _arguments(item: Any, names: Mapping[str, Any]) -> list[str]:
    value = parse_template(item).render(names) if isinstance(item, str) else item
    scope = Scope(names)
    try:
        if isinstance(value, (list, tuple)) and isinstance(item, str):
            return [written(each, scope) for each in value]
        return [written(value, scope)]
    except Fault as fault:
        raise InvalidTemplate(Problem(message=fault.message, rule=fault.rule, hint=fault.hint)) from None
