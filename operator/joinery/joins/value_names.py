"""Names that the expressions of a value use, judged without a run."""

from __future__ import annotations

from collections.abc import Iterator

from joinery.joins import known
from joinery.joins.entries import ArtifactsForm
from joinery.joins.plan import Plan
from joinery.joins.values import ROOTS, PerRun, ValueExpression
from joinery.problems import Problem
from joinery.templates import Expression
from joinery.templates.expression import as_problem


def unknown_names(
    expression: ValueExpression | None, plan: Plan, names: frozenset[str], *, at: str
) -> Iterator[Problem]:
    """A problem for each name in the expressions of a value that neither a run nor the operation has there."""
    if not plan.has_component:
        return
    match expression:
        case PerRun():
            everything = names | set(ROOTS)
            for part in expression.parts:
                if isinstance(part, Expression):
                    for fault in part.problems(everything):
                        problem = as_problem(fault, *expression.place_of(part))
                        yield known.why_unknown(problem, plan, names).at(at)
        case ArtifactsForm():
            for entry in expression.entries:
                if isinstance(entry, PerRun):
                    yield from unknown_names(entry, plan, names, at=at)
