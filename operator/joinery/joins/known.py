"""Which names a template may use, by where it stands. Source: spec 1, *Order*; spec 4, *Templates*."""

from __future__ import annotations

from dataclasses import replace

from joinery.joins.order import needed_names
from joinery.joins.plan import Plan
from joinery.problems import Problem

_ALWAYS = frozenset({"globals", "params", "connections"})


def for_params(plan: Plan) -> frozenset[str]:
    """In an ordinary param: the other params and the inputs with a default."""
    defaults = {name for name, one in plan.declared.items() if not one.is_output or one.spec.has_value}
    return _ALWAYS | plan.params.keys() | (defaults - (plan.given_by_joins().keys() - plan.params.keys()))


def for_join(plan: Plan, index: int) -> frozenset[str]:
    """In a join's limit, offset, operands and values: also what earlier joins give."""
    earlier = {name for join in plan.joins if join.index < index for name in join.params}
    return for_params(plan) | earlier


def for_syntax(plan: Plan) -> frozenset[str]:
    """Where a template decides what a query is: nothing that another run recorded, directly or through a param."""
    foreign = {name for name, param in plan.params.items() if param.ref is not None}
    while True:
        through = {
            name for name, param in plan.params.items() if needed_names(param.value, plan.params) & foreign
        } - foreign
        if not through:
            break
        foreign |= through
    return for_params(plan) - foreign - plan.given_by_joins().keys()


def why_unknown(problem: Problem, plan: Plan, known: frozenset[str], *, syntax: bool = False) -> Problem:
    """A problem of an undefined name, with the reason where there is a better one than a misspelling."""
    if problem.rule != "undefined-name" or problem.text is None or problem.position is None:
        return problem
    name = problem.text[problem.position : problem.position + problem.length]
    if name in known or name not in {*plan.params, *plan.given_by_joins()}:
        return problem
    if syntax:
        message = f"`{name}` may not decide what the query is: its value comes from other runs"
        hint = "as a value, behind a field and its operators, it may be used: `metrics.loss: <{{ … }}`"
        return replace(problem, message=message, hint=hint, rule="value-as-syntax")
    giver = next((join.path for join in plan.joins if name in join.params), None)
    if giver is None:
        return problem
    hint = f"{giver} gives it, and that is resolved after this: globals, then params, then joins in order"
    return replace(problem, message=f"`{name}` is not there yet", hint=hint)
