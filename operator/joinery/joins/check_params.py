"""Ordinary params and declarations, judged without a run. Source: spec 3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from joinery.joins import known
from joinery.joins.declared import coerce_one, type_problems, undeclared
from joinery.joins.order import in_order
from joinery.joins.plan import Param, Plan
from joinery.joins.value_names import unknown_names
from joinery.problems import JoineryError, Problem
from joinery.templates import check_template
from joinery.templates.scan import texts_with_templates


def check_declarations(plan: Plan) -> Iterator[Problem]:
    """Types and defaults of inputs and outputs, and inputs that nothing gives."""
    given = plan.given_by_joins().keys() | plan.params.keys()
    for name, declared in plan.declared.items():
        if plan.component_ref is None:  # a Component of its own was judged as itself
            yield from type_problems(declared)
        if declared.required and name not in given:
            yield Problem(
                message=f"input `{name}` is required, and no param gives it",
                path="spec.params",
                rule="missing-input",
                hint=f"add `{name}` to `params` or to the params of a join, or give the input a default",
            )


def check_params(plan: Plan) -> Iterator[Problem]:
    """Templates, references and literal values of ordinary params."""
    names = known.for_params(plan)
    overridden = plan.given_by_joins().keys()
    for param in plan.params.values():
        yield from _declared(param, plan)
        templates = list(_problems_in(param, plan, names))
        yield from templates
        is_literal = param.ref is None and not _has_template(param.value)
        if is_literal and param.name in plan.declared and param.name not in overridden:
            try:
                coerce_one(param.name, param.value, plan.declared[param.name], param.flags, source="param")
            except JoineryError as error:
                for problem in error.problems:
                    yield problem.at(param.path)
    circle = sorted(in_order(plan.params)[1])
    if circle:
        shown = ", ".join(f"`{name}`" for name in circle[:8])
        yield Problem(
            message=f"the params {shown} use each other in a circle" if len(circle) > 1 else f"{shown} uses itself",
            path=f"spec.params.{circle[0]}",
            rule="circular-params",
        )


def _declared(param: Param, plan: Plan) -> Iterator[Problem]:
    if plan.has_component and param.name not in plan.declared and not param.flags.context_only:
        yield undeclared(param.name, plan, path=param.path, what="param")


def _problems_in(param: Param, plan: Plan, names: frozenset[str]) -> Iterator[Problem]:
    # Without its Component nobody knows which names its inputs add.
    checked = names if plan.has_component else None
    if param.ref is not None:
        yield from unknown_names(param.expression, plan, names, at=f"{param.path}.value")
        return
    for path, text in texts_with_templates(param.value, f"{param.path}.value"):
        for problem in check_template(text, checked):
            yield known.why_unknown(problem, plan, names).at(path)


def _has_template(value: Any) -> bool:
    return any("{{" in text for _, text in texts_with_templates(value, ""))
