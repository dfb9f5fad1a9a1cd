"""A component: its declarations, its templates, and what in it has no effect. Source: spec 3, spec 4.

What the pod itself may say (options of ``environment``, forms of ``init``) is judged by the room that builds the pod,
which stands above this one: its check comes in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from joinery.api.v1alpha1 import V1ComponentSpec
from joinery.joins.declared import type_problems
from joinery.joins.found import Found
from joinery.joins.limits import DEFAULT_LIMITS
from joinery.joins.plan import Plan
from joinery.joins.planning import Parts, make_plan
from joinery.problems import Problem
from joinery.templates import check_template
from joinery.templates.scan import texts_with_templates
from joinery.validation.pods import check_run
from joinery.validation.shells import shell_warnings

_ALWAYS = frozenset({"globals", "params", "connections"})


PodChecks: TypeAlias = Callable[[V1ComponentSpec], Iterable[Problem]]


def no_pod_checks(component: V1ComponentSpec) -> Iterable[Problem]:
    """Nothing is said of the pod: for callers that do not build one."""
    del component
    return ()


def check_component(
    component: V1ComponentSpec, *, at: str, pod_checks: PodChecks = no_pod_checks, names: frozenset[str] | None = None
) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings of a component. ``names`` are the params there will be; without an operation they are
    not known beyond the inputs and outputs, since an operation may add some with ``contextOnly``."""
    found = Found()
    plan = make_plan(Parts(joins={}, params={}, component=component), searches=None, limits=DEFAULT_LIMITS, found=found)
    errors = [_placed(problem, at) for problem in found.problems]
    for declared in plan.declared.values():
        errors += [_placed(problem, at) for problem in type_problems(declared)]
    known = None if names is None else names | _ALWAYS | plan.declared.keys()
    run = component.run.to_dict() if component.run is not None else {}
    if component.run is not None:
        errors += check_run(run, at=f"{at}.run")
    for path, text in texts_with_templates(run, f"{at}.run"):
        errors += [problem.at(path) for problem in check_template(text, known)]
    errors += [problem.at(at) for problem in pod_checks(component)]
    warnings = [problem.at(at) for problem in component.warnings()]
    warnings += list(shell_warnings(run, at=f"{at}.run"))
    warnings += _default_templates(plan, at)
    return errors, warnings


def _default_templates(plan: Plan, at: str) -> list[Problem]:
    return [
        _placed(
            Problem(
                message=f"the default of `{name}` holds `{{{{`, and a default is no template: it stays as it is",
                path=f"{declared.path}.value",
                rule="template-in-default",
            ),
            at,
        )
        for name, declared in plan.declared.items()
        if isinstance(declared.spec.value, str) and "{{" in declared.spec.value
    ]


def _placed(problem: Problem, at: str) -> Problem:
    """Plans call a component ``spec.component``; a Component object has it at ``spec``."""
    return replace(problem, path=at + problem.path.removeprefix("spec.component"))
