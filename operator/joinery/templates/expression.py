"""One expression: what stands between ``{{`` and ``}}``. Source: spec 4, *Templates*."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from joinery.problems import InvalidTemplate, Problem
from joinery.templates.paths import read_path
from joinery.templates.scan import MAX_EXPRESSION
from joinery.templates.values import Fault, Missing, Names, NameUse, Scope, Step, undefined

# A name or path that holds dashes, alone or before a filter: `learning-rate`, `params.learning-rate.value | round(2)`
_DASHED = re.compile(r"\s*+(?P<path>[^\W\d][\w-]*+(?:\.[^\W\d][\w-]*+)*+)\s*+(?:\||\Z)")
_TOO_DEEP = "this expression is nested too deeply"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read an expression: its steps, and the names they need."""

    step: Step
    uses: tuple[NameUse, ...]
    guarded: frozenset[str]

    def unknown(self, known: Collection[str]) -> list[Fault]:
        """A fault for each name that is not known and that the expression cannot do without, in order."""
        found: dict[str, Fault] = {}
        for use in self.uses:
            if use.name not in known and use.name not in self.guarded and use.name not in found:
                found[use.name] = undefined(use.name, known, what="the name").at(use.position)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read and found sound; evaluating it reads names and nothing else.

    ``names`` are the root names it reads. Where its text is a path that holds dashes (``learning-rate``), that
    is one name here, and :meth:`names_given` says what it comes to once it is known which names there are.
    """

    text: str
    readings: tuple[_Reading, ...]  # one, or with the dashes in names first and as minus signs second
    path: tuple[str, ...] = ()  # the leading path, where a name in it holds dashes

    @property
    def names(self) -> frozenset[str]:
        return frozenset(use.name for use in self.readings[0].uses)

    def names_given(self, known: Collection[str]) -> frozenset[str]:
        """The root names it reads where ``known`` are the names that there are."""
        return frozenset(use.name for use in self._reading(known).uses)

    def evaluate(self, names: Mapping[str, Any]) -> Any:
        """The value, of its own type. Raises :class:`InvalidTemplate`."""
        return self.run(Scope(names), whole=self.text, offset=0)

    def run(self, scope: Scope, *, whole: str, offset: int) -> Any:
        """The value within a rendering that has begun; ``offset`` is where the expression stands in ``whole``."""
        reading = self._reading(scope.names)
        try:
            try:
                found = reading.step(scope)
            except RecursionError:
                raise Fault(_TOO_DEEP, rule="template-too-complex").at(0) from None
            if isinstance(found, Missing):
                if not found.soft:
                    raise found.fault
                return ""
        except Fault as fault:
            faults = [fault, *self._others(reading, fault, scope.names)]
            raise InvalidTemplate([as_problem(one, whole, offset) for one in faults]) from None
        return found

    def problems(self, known: Collection[str]) -> list[Fault]:
        """The names that are not among ``known`` and are not guarded by ``default`` or ``is defined``."""
        return self._reading(known).unknown(known)

    def _others(self, reading: _Reading, first: Fault, names: Names) -> list[Fault]:
        if first.rule != "undefined-name":
            return []
        return [fault for fault in reading.unknown(names) if fault.position != first.position]

    def _reading(self, known: Collection[str]) -> _Reading:
        """A known name that holds dashes wins; else dashes are minus signs, if all names between them are known."""
        named, signs = self.readings[0], self.readings[-1]
        if len(self.readings) == 1 or self._leads_somewhere(known):
            return named
        return signs if all(use.name in known for use in signs.uses) else named

    def _leads_somewhere(self, known: Collection[str]) -> bool:
        if self.path[0] not in known:
            return False
        found: Any = known
        for key in self.path:
            if not isinstance(found, Mapping):
                return "-" in self.path[0]  # only the names are known, not their values
            if key not in found:
                return "-" in self.path[0]
            found = found[key]
        return True


def parse_expression(text: str) -> Expression:
    """Reads one expression, without its braces. Raises :class:`InvalidTemplate` with all that is wrong."""
    return read_expression(text, whole=text, offset=0)


def read_expression(text: str, *, whole: str, offset: int) -> Expression:
    """:func:`parse_expression` of a part of ``whole``, which the problems show."""
    if len(text) > MAX_EXPRESSION:
        message = f"an expression may have {MAX_EXPRESSION:,} characters, and this has {len(text):,}"
        raise InvalidTemplate(Problem(message=message, rule="template-too-long"))
    found = _DASHED.match(text)
    if found is None or "-" not in found["path"]:
        reading, faults = _read(text, None)
        if reading is None:
            raise InvalidTemplate([as_problem(fault, whole, offset) for fault in faults])
        return Expression(text, (reading,))
    path = found["path"]
    joined_up = re.sub(r"[-.]", "_", path)
    head = (found.start("path"), tuple(path.split(".")))
    dashed, faults = _read(f"{text[: head[0]]}{joined_up}{text[found.end('path') :]}", head)
    plain, _ = _read(text, None)
    if dashed is None:
        raise InvalidTemplate([as_problem(fault, whole, offset) for fault in faults])
    return Expression(text, (dashed, plain) if plain else (dashed,), head[1])


def _read(text: str, head: tuple[int, tuple[str, ...]] | None) -> tuple[_Reading | None, list[Fault]]:
    if head is None and (path := read_path(text)) is not None:
        return _Reading(path[0], (path[1],), frozenset()), []
    # Jinja2 takes long to import, and most of what reads a template never meets more than a path.
    from joinery.templates.grammar import read_tree
    from joinery.templates.tree import Builder

    builder = Builder(head=head)
    try:
        step = builder.maybe(read_tree(text))
    except Fault as fault:
        return None, [fault]
    except RecursionError:
        return None, [Fault(_TOO_DEEP, rule="template-too-complex").at(0, len(text))]
    if builder.faults:
        return None, builder.faults
    return _Reading(step, tuple(builder.uses), frozenset(builder.guarded)), []


def as_problem(fault: Fault, whole: str, offset: int) -> Problem:
    """The problem that a fault is, placed in the whole text."""
    position = None if fault.position is None else min(offset + fault.position, max(0, len(whole) - 1))
    return Problem(
        message=fault.message,
        rule=fault.rule,
        hint=fault.hint,
        text=whole if position is not None else None,
        position=position,
        length=max(1, fault.length),
    )
