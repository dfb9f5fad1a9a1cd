"""The templates of a query or sort, and where each stands. Source: spec 1, *Order*."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from joinery.pql.ast import (
    AndNode,
    Clause,
    CompareOperand,
    FieldName,
    NilOperand,
    Node,
    NotNode,
    Operand,
    OrNode,
    PatternOperand,
    Query,
    RangeOperand,
    Raw,
    Sort,
    SplicedNode,
    TemplateToken,
)
from joinery.problems import Problem
from joinery.templates import check_template


@dataclass(frozen=True, slots=True)
class Placed:
    """One template. ``operand`` and ``key`` take a value as data, of earlier joins too; ``syntax`` is parsed after
    rendering, and may use globals and params only."""

    token: TemplateToken
    where: Literal["operand", "key", "syntax"]


def query_templates(query: Query) -> tuple[Placed, ...]:
    """Every template of the query, in order."""
    return () if query.root is None else tuple(_node(query.root))


def sort_templates(sort: Sort) -> tuple[Placed, ...]:
    """Every template of the sort, in order."""
    return tuple(placed for key in sort.keys for placed in _field(key.field))


def token_problems(token: TemplateToken, text: str, known: Collection[str] | None) -> list[Problem]:
    """What is wrong with one template of the query or sort ``text``, its place in that text; names not among
    ``known`` too (None: any may be)."""
    start = text.find(token.expression, token.span.start)
    return [
        problem
        if problem.position is None or start < 0
        else replace(problem, text=text, position=start + problem.position - 3)
        for problem in check_template(f"{{{{ {token.expression} }}}}", known)
    ]


def raws_of(operand: Operand) -> tuple[Raw, ...]:
    """The values of an operand, in order."""
    match operand:
        case NilOperand():
            return ()
        case CompareOperand() | PatternOperand():
            return (operand.value,)
        case RangeOperand():
            return operand.low, operand.high
        case _:
            return operand.values


def _node(node: Node) -> Iterator[Placed]:
    match node:
        case Clause():
            yield from _field(node.field)
            for raw in raws_of(node.operand):
                yield from (Placed(part, "operand") for part in raw.parts if isinstance(part, TemplateToken))
        case SplicedNode():
            yield Placed(node.template, "syntax")
        case NotNode():
            yield from _node(node.item)
        case AndNode() | OrNode():
            for item in node.items:
                yield from _node(item)


def _field(field: FieldName) -> Iterator[Placed]:
    if isinstance(field.key, TemplateToken):
        yield Placed(field.key, "key")
    yield from (Placed(part, "syntax") for part in field.spliced if isinstance(part, TemplateToken))
