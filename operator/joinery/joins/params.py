"""Ordinary params and the defaults of inputs, resolved before any join.

A param may use others in its templates, whatever the order they are written in; a circle is an error. What a join
gives is not there yet. Source: spec 3, *Ordinary params*; spec 1, *Order*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.joins.artifacts import bind_form
from joinery.joins.declared import coerce_one, default_of
from joinery.joins.entries import ArtifactsForm
from joinery.joins.found import Found
from joinery.joins.normal import normalise
from joinery.joins.order import in_order, needed_names
from joinery.joins.plan import Param, Plan
from joinery.joins.projection import column, per_run
from joinery.joins.refs import parse_ref, referred_run
from joinery.joins.request import ResolveRequest
from joinery.joins.resolution import ReferredRun
from joinery.joins.scope import Scope
from joinery.joins.values import RunPath, ValueExpression
from joinery.problems import InvalidTemplate, InvalidValue, JoineryError, Problem
from joinery.runs.record import RunRecord
from joinery.runs.search import RunStore
from joinery.templates import parse_template


def resolve_params(plan: Plan, request: ResolveRequest, store: RunStore, scope: Scope, found: Found) -> None:
    """Puts every ordinary param and every default into ``scope``; what is wrong goes to ``found``."""
    overridden = plan.given_by_joins()
    for name, declared in plan.declared.items():
        if name in plan.params or name in overridden:
            continue
        try:
            default = default_of(declared)
        except JoineryError:
            scope.failed.add(name)  # the check of declarations has said why
            continue
        if default is not None:
            scope.add(default)
        elif declared.required:
            scope.failed.add(name)
    order, circles = in_order(plan.params)
    scope.failed |= circles
    for param in order:
        if not _resolve_one(param, plan, request, store, scope, found, overridden=param.name in overridden):
            scope.failed.add(param.name)


def _resolve_one(
    param: Param,
    plan: Plan,
    request: ResolveRequest,
    store: RunStore,
    scope: Scope,
    found: Found,
    *,
    overridden: bool,
) -> bool:
    needed = needed_names(param.value, {*plan.params, *plan.declared})
    if scope.blocked(needed) or (param.ref is not None and param.expression is None):
        return False
    foreign = param.ref is not None or bool(needed & scope.foreign) or ("params" in needed and bool(scope.foreign))
    try:
        if param.ref is None:
            value = normalise(render_value(param.value, scope))
        elif param.expression is not None:
            run = referred_run(parse_ref(param.ref), request, store)
            value = value_of_run(param.expression, run, scope)
            scope.referred.append(
                ReferredRun(param=param.name, uuid=run.uuid, name=run.name, resource_version=run.resource_version)
            )
        declared = None if overridden else plan.declared.get(param.name)
        scope.add(
            coerce_one(param.name, value, declared, param.flags, source="param" if param.ref is None else "ref"),
            foreign=foreign,
        )
    except JoineryError as error:
        found.all_of(error, at=param.path)
        return False
    return True


def render_value(value: Any, scope: Scope) -> Any:
    """A value with every template in it rendered, once; keys stay as they are. Raises InvalidTemplate with all."""
    problems: list[Problem] = []
    rendered = _render(value, scope, problems, "")
    if problems:
        raise InvalidTemplate(problems)
    return rendered


def _render(value: Any, scope: Scope, problems: list[Problem], path: str) -> Any:
    match value:
        case str() if "{{" in value or "{%" in value:
            try:
                template = parse_template(value)
                return template.render(scope.names(template.names))
            except InvalidTemplate as error:
                problems += [problem.at(path) for problem in error.problems]
                return None
        case Mapping():
            return {
                key: _render(item, scope, problems, f"{path}.{key}" if path else str(key))
                for key, item in value.items()
            }
        case list() | tuple():
            return [_render(item, scope, problems, f"{path}[{index}]") for index, item in enumerate(value)]
        case _:
            return value


def value_of_run(expression: ValueExpression, run: RunRecord, scope: Scope) -> Any:
    """A value expression on one run: one value, not a list."""
    if isinstance(expression, ArtifactsForm):
        names = scope.names(frozenset({"params"}))

        def evaluate(entry: Any, record: RunRecord) -> Any:
            return column(entry, [record], names)[0]

        bound = bind_form(expression, run, evaluate)
        if bound.problems:
            raise InvalidValue(bound.problems)
        return {"files": bound.files, "dirs": bound.dirs}
    if isinstance(expression, RunPath):
        return column(expression, [run], {})[0]
    return normalise(per_run(expression, run, scope.names(expression.names)))
