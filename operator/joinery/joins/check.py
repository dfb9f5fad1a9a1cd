"""Everything about an operation that can be judged without a run: admission, lint and the resolver call this.

Source: spec 1, spec 3. All problems at once, each with its path as kubectl writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from joinery.joins.check_joins import check_join, check_same_names
from joinery.joins.check_params import check_declarations, check_params
from joinery.joins.found import Found
from joinery.joins.limits import DEFAULT_LIMITS, Limits
from joinery.joins.plan import Plan
from joinery.joins.planning import Parts, make_plan, parts_of_operation
from joinery.joins.warn import plan_warnings
from joinery.problems import Problem

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import V1Component, V1Operation, V1Search


def check_operation(
    operation: V1Operation,
    *,
    component: V1Component | None = None,
    searches: Mapping[str, V1Search] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    now: int = 0,
) -> list[Problem]:
    """Every error. ``component`` is the one that ``componentRef`` names, where it is at hand; without it nothing is
    held against declarations. ``now`` (microseconds since 1970) only stands in for relative dates."""
    return check_parts(parts_of_operation(operation, component), searches=searches, limits=limits, now=now)


def check_parts(
    parts: Parts,
    *,
    searches: Mapping[str, V1Search] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    now: int = 0,
) -> list[Problem]:
    """:func:`check_operation` of what could be read of an operation that has other problems too."""
    return _errors(parts, searches=searches, limits=limits, now=now)[0]


def judge_operation(
    operation: V1Operation,
    *,
    component: V1Component | None = None,
    searches: Mapping[str, V1Search] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    now: int = 0,
) -> tuple[list[Problem], list[Problem]]:
    """:func:`check_operation`, and what is valid and yet most likely not meant."""
    errors, plan = _errors(parts_of_operation(operation, component), searches=searches, limits=limits, now=now)
    return errors, list(plan_warnings(plan))


def _errors(
    parts: Parts, *, searches: Mapping[str, V1Search] | None, limits: Limits, now: int
) -> tuple[list[Problem], Plan]:
    found = Found()
    plan = make_plan(parts, searches=searches, limits=limits, found=found)
    found.all_of(check_plan(plan, limits=limits, now=now))
    # A Search that is not at hand may well be there when it is wanted: it is waited for, not refused (spec 4).
    return [problem for problem in found.problems if problem.rule != "search-not-found"], plan


def check_plan(plan: Plan, *, limits: Limits, now: int) -> Iterator[Problem]:
    """Every error of a plan, beside those that reading it has found."""
    yield from check_declarations(plan)
    yield from check_params(plan)
    for join in plan.joins:
        yield from check_join(join, plan, limits=limits, now=now)
    yield from check_same_names(plan)


__all__ = ["check_operation", "check_parts", "check_plan", "judge_operation", "plan_warnings"]
