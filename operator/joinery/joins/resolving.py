"""Resolving an operation: what it asks, what it gets, and everything that is wrong with it, at once.

Pure over a :class:`~joinery.runs.search.RunStore`: the command line, notebooks, admission's checks and the operator
all call this. Source: spec 1.
"""

from __future__ import annotations

from joinery.joins.check import check_plan, plan_warnings
from joinery.joins.digest import digest_of
from joinery.joins.found import Found
from joinery.joins.globals import operation_globals
from joinery.joins.params import resolve_params
from joinery.joins.plan import Plan
from joinery.joins.planning import make_plan, parts_of_operation
from joinery.joins.request import ResolveRequest
from joinery.joins.resolution import Resolution, ResolvedParam
from joinery.joins.scope import Scope
from joinery.joins.search import Searches
from joinery.problems import Problem
from joinery.runs.collector import collector_held
from joinery.runs.search import RunStore

_MISSING = frozenset({"component-not-found", "search-not-found"})


def resolve(request: ResolveRequest, store: RunStore) -> Resolution:
    """The snapshot: params with type and flags, the record of each join, warnings, digest.

    Raises :class:`~joinery.problems.InvalidOperation` with every problem of the operation; its ``reason`` is the
    condition reason (``Invalid``, ``ComponentNotFound``, ``InvalidParams``, ``NullValue``, ``WaitingForRuns`` …) and
    its ``partial`` the resolution as far as it went. Only the runs of ``request.namespace`` are ever searched.
    """
    found = Found()
    plan = make_plan(
        parts_of_operation(request.operation, request.component),
        searches=request.searches,
        limits=request.limits,
        found=found,
    )
    found.all_of(check_plan(plan, limits=request.limits, now=request.now))
    for warning in plan_warnings(plan):
        found.warn(warning)
    if request.operation.spec.component is None and request.component is None:
        found.wrong(_no_component(plan))
    reason = _reason(found)
    broken = frozenset(join.index for join in plan.joins if not join.found or _is_broken(join.path, found))
    scope = Scope(operation_globals(request), request.connections)
    scope.failed |= {name for name, param in plan.params.items() if _is_broken(param.path, found)}
    resolve_params(plan, request, store, scope, found)
    searches = Searches(plan=plan, request=request, store=store, scope=scope, found=found, broken=broken)
    with collector_held():
        searches.run()
        resolution = _snapshot(plan, request, searches)
    if found.problems:
        raise found.refuse(reason=reason, partial=resolution)
    return resolution


def _reason(found: Found) -> str | None:
    """The reason that the checks alone come to: an operation that is invalid is so whatever the runs say."""
    if any(problem.rule not in _MISSING for problem in found.problems):
        return "Invalid"
    return found.reason if found.problems else None


def _is_broken(path: str, found: Found) -> bool:
    return any(problem.path == path or problem.path.startswith((f"{path}.", f"{path}[")) for problem in found.problems)


def _no_component(plan: Plan) -> Problem:
    name = plan.component_ref
    return Problem(
        message=f"there is no Component `{name}` in this namespace" if name else "no component is given",
        path="spec.componentRef" if name else "spec.component",
        rule="component-not-found",
        hint="apply it, or offline give its file too",
    )


def _snapshot(plan: Plan, request: ResolveRequest, searches: Searches) -> Resolution:
    params = _ordered(plan, searches.scope)
    joins = tuple(searches.records)
    return Resolution(
        name=request.name,
        namespace=request.namespace,
        params=params,
        joins=joins,
        warnings=tuple(searches.found.warnings),
        digest=digest_of(joins, params, plan.component),
        now=request.now,
        runs_version=searches.version,
        component=plan.component,
        globals=searches.scope.globals,
        referred=tuple(searches.scope.referred),
    )


def _ordered(plan: Plan, scope: Scope) -> dict[str, ResolvedParam]:
    """The params in the order the component declares them, then the others as written: joins', then ordinary ones."""
    order = dict.fromkeys([*plan.declared, *plan.given_by_joins(), *plan.params])
    return {name: scope.params[name] for name in order if name in scope.params and name not in scope.failed}
