"""A join's query and sort, from text with templates to what the store is asked. Source: spec 1, *Order*.

The query is parsed before anything is rendered; values are bound to its places afterwards, so that nothing a run
recorded can ever become syntax. Only where a template stands for syntax itself is it rendered first, and there it
sees globals and the operation's own params alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from joinery.joins.counts import is_template, read_limit, read_offset
from joinery.joins.found import Found
from joinery.joins.gather import parts_needed
from joinery.joins.order import needed_names
from joinery.joins.plan import Join, Plan
from joinery.joins.request import ResolveRequest
from joinery.joins.scope import Scope
from joinery.pql import (
    bind_query,
    bind_sort,
    check,
    check_sort,
    parse_query,
    parse_sort,
    query_templates,
    sort_templates,
)
from joinery.pql.ast import TemplateToken
from joinery.problems import JoineryError, Problem
from joinery.runs.search import SearchRequest
from joinery.templates import parse_expression


@dataclass(frozen=True, slots=True)
class Asked:
    """One join, rendered: what the store is asked, and the limit as given (None: the cap holds)."""

    join: Join
    search: SearchRequest
    limit: int | None

    @property
    def sort_names(self) -> tuple[str, ...]:
        """The sort keys as the record names them."""
        return tuple(str(key.field) for key in self.search.sort.keys)


def names_used(join: Join, known: Collection[str]) -> frozenset[str]:
    """Every root name that the join's query, sort, limit, offset and values read."""
    found: set[str] = set(needed_names([join.limit, join.offset], known))
    tokens: list[TemplateToken] = []
    try:
        tokens += [placed.token for placed in query_templates(parse_query(join.query))]
        tokens += [placed.token for placed in sort_templates(parse_sort(join.sort))]
    except JoineryError:
        found |= needed_names([join.query, join.sort], known)
    for token in tokens:
        found |= needed_names(f"{{{{{token.expression}}}}}", known)
    for param in join.params.values():
        found |= needed_names(param.written, known)
    return frozenset(found)


def ask(join: Join, plan: Plan, request: ResolveRequest, scope: Scope, found: Found) -> Asked | None:
    """The join rendered and checked; None when something is wrong (``found`` says what)."""
    before = len(found.problems)
    limit, offset = _counts(join, request, scope, found)
    given = plan.given_by_joins().keys()
    value, early = _binders(scope, given)
    try:
        query = check(bind_query(parse_query(join.query), value=value, early=early), now=request.now)
        for text in query.warnings:
            found.warn(Problem(message=text, path=f"{join.path}.query", rule="query-text"))
    except JoineryError as error:
        found.all_of(error, at=f"{join.path}.query")
    try:
        sort = check_sort(bind_sort(parse_sort(join.sort), value=value, early=early))
    except JoineryError as error:
        found.all_of(error, at=f"{join.path}.sort")
    if limit is not None and join.min_runs > limit:
        message = f"minRuns is {join.min_runs}, more than the limit of {limit}"
        found.wrong(Problem(message=message, path=f"{join.path}.minRuns", rule="min-over-limit"))
    if len(found.problems) > before:
        return None
    search = SearchRequest(
        namespace=request.namespace,
        query=query,
        sort=sort,
        limit=limit if limit is not None else request.limits.max_runs_per_join,
        offset=offset,
        selector=join.selector,
        exclude_uids=request.exclude_uids,
        parts=parts_needed(join),
        min_runs=join.min_runs,
    )
    return Asked(join, search, limit)


def _counts(join: Join, request: ResolveRequest, scope: Scope, found: Found) -> tuple[int | None, int]:
    limit, offset = None, 0
    try:
        limit = read_limit(join.limit, scope, cap=request.limits.max_runs_per_join)
    except JoineryError as error:
        found.all_of(error, at=f"{join.path}.limit")
    try:
        offset = read_offset(join.offset, scope)
    except JoineryError as error:
        found.all_of(error, at=f"{join.path}.offset")
    return limit, offset


def _binders(
    scope: Scope, given: Collection[str]
) -> tuple[Callable[[TemplateToken], Any], Callable[[TemplateToken], Any]]:
    """The two ways a template of a query is evaluated: as a value, and (early) as a part of its syntax."""

    def value(token: TemplateToken) -> Any:
        expression = parse_expression(token.expression)
        return expression.evaluate(scope.names(expression.names))

    def early(token: TemplateToken) -> Any:
        expression = parse_expression(token.expression)
        names = scope.names(expression.names, own_only=True)
        return expression.evaluate({name: one for name, one in names.items() if name not in given})

    return value, early


def is_rendered_later(join: Join) -> bool:
    """Whether anything of what it asks is known only when it is resolved."""
    return any(is_template(text) for text in (join.query, join.sort, join.limit, join.offset))
