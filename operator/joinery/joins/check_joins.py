"""Joins, judged without a run. Source: spec 1, *Fields of a join*, *Against the component's inputs and outputs*."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from joinery.joins import known
from joinery.joins.counts import check_count
from joinery.joins.declared import join_param_problems
from joinery.joins.entries import ArtifactsForm
from joinery.joins.limits import Limits
from joinery.joins.plan import Join, JoinParam, Plan
from joinery.joins.value_names import unknown_names
from joinery.pql import query_problems, query_templates, sort_problems, sort_templates
from joinery.pql.parser import read_query
from joinery.pql.sorts import read_sort
from joinery.pql.templates import token_problems
from joinery.problems import JoineryError, Problem


def check_join(join: Join, plan: Plan, *, limits: Limits, now: int) -> Iterator[Problem]:
    """Query, sort, limit, offset, minRuns and params of one join."""
    if not join.found:
        return
    names = known.for_join(plan, join.index)
    checked = names if plan.has_component else None
    if len(join.query) > limits.max_query_length:
        message = f"the query has {len(join.query)} characters; it may have {limits.max_query_length}"
        yield Problem(message=message, path=f"{join.path}.query", rule="too-long")
    else:
        yield from _query(join, plan, names, now=now)
    yield from _sort(join, plan, names)
    for what, written in (("limit", join.limit), ("offset", join.offset)):
        for problem in check_count(written, what=what, cap=limits.max_runs_per_join, known=checked):
            yield known.why_unknown(problem, plan, names).at(f"{join.path}.{what}")
    if isinstance(join.limit, int) and 0 < join.limit < join.min_runs:
        message = f"minRuns is {join.min_runs}, more than the limit of {join.limit}"
        yield Problem(message=message, path=f"{join.path}.minRuns", rule="min-over-limit")
    for param in join.params.values():
        yield from _param(param, plan, names)


def _query(join: Join, plan: Plan, names: frozenset[str], *, now: int) -> Iterator[Problem]:
    at = f"{join.path}.query"
    try:
        query, report = read_query(join.query)
        problems, _ = query_problems(query, now=now)
        for problem in (*report.problems, *problems, *_templates(query_templates(query), join.query, plan, names)):
            yield problem.at(at)
    except JoineryError as error:
        for problem in error.problems:
            yield problem.at(at)


def _sort(join: Join, plan: Plan, names: frozenset[str]) -> Iterator[Problem]:
    at = f"{join.path}.sort"
    try:
        sort, report = read_sort(join.sort)
        for problem in (
            *report.problems,
            *sort_problems(sort),
            *_templates(sort_templates(sort), join.sort, plan, names),
        ):
            yield problem.at(at)
    except JoineryError as error:
        for problem in error.problems:
            yield problem.at(at)


def _templates(placed: Iterable[Any], text: str, plan: Plan, names: frozenset[str]) -> Iterator[Problem]:
    """Names in the templates of a query: where one stands for syntax, fewer are known."""
    own = known.for_syntax(plan)
    for one in placed:
        syntax = one.where == "syntax"
        allowed = own if syntax else names
        for problem in token_problems(one.token, text, allowed if plan.has_component else None):
            yield known.why_unknown(problem, plan, allowed, syntax=syntax)


def _param(param: JoinParam, plan: Plan, names: frozenset[str]) -> Iterator[Problem]:
    if param.flags.to_init and param.flags.context_only:
        yield Problem(
            message="`toInit` and `contextOnly` exclude each other: a value for templates alone delivers no files",
            path=f"{param.path}.toInit",
            rule="init-and-context",
        )
    if param.expression is not None:
        yield from join_param_problems(param, plan)
        yield from unknown_names(param.expression, plan, names, at=f"{param.path}.value")


def check_same_names(plan: Plan) -> Iterator[Problem]:
    """Joins that give one param put their lists together: they must agree in form and flags."""
    for name, params in plan.given_by_joins().items():
        first = params[0]
        for other in params[1:]:
            if isinstance(first.expression, ArtifactsForm) is not isinstance(other.expression, ArtifactsForm):
                yield _disagreement(name, first, other, "one gives files and dirs, the other a list")
            elif first.flags != other.flags:
                yield _disagreement(
                    name, first, other, "their flags differ (contextOnly, toInit, toEnv, connection, onMissing)"
                )


def _disagreement(name: str, first: JoinParam, other: JoinParam, why: str) -> Problem:
    return Problem(
        message=f"`{name}` is given by {first.path} too, and the two cannot be put together: {why}",
        path=other.path,
        rule="same-name",
        hint="give one of them another name, or let them agree",
    )
