"""One function for all kinds: everything that can be said of an object by itself. Source: spec 1, 3, 4, 5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from joinery.api.v1alpha1 import parse
from joinery.joins.limits import DEFAULT_LIMITS, Limits
from joinery.joins.normal import is_too_deep
from joinery.problems import InvalidManifest, Problem
from joinery.validation.components import PodChecks, check_component, no_pod_checks
from joinery.validation.findings import Findings
from joinery.validation.operations import check_operation_object, check_what_can_be_read
from joinery.validation.runs import check_run
from joinery.validation.searches import check_search

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import V1Component, V1Operation, V1Search


def check_manifest(
    manifest: Mapping[str, Any],
    *,
    component: V1Component | None = None,
    searches: Mapping[str, V1Search] | None = None,
    pod_checks: PodChecks = no_pod_checks,
    limits: Limits = DEFAULT_LIMITS,
    now: int = 0,
) -> Findings:
    """Every error and warning of one manifest. ``component`` and ``searches`` are what an Operation refers to, where
    they are at hand; without them only the object itself is judged. ``pod_checks`` gives the errors of what the pod
    itself may say (options of ``environment``, forms of ``init``), paths from the component on: the room that builds
    the pod knows them. Never raises for what a manifest says."""
    if is_too_deep(manifest):
        return Findings((Problem(message="lists and mappings are nested more than 200 deep", rule="too-deep"),))
    try:
        resource = parse(manifest)
    except InvalidManifest as error:
        # The rest of an operation is judged all the same: a person wants to mend everything in one go.
        errors, warnings = check_what_can_be_read(
            manifest, searches=searches, pod_checks=pod_checks, limits=limits, now=now
        )
        return Findings(unique([*error.problems, *errors]), unique(warnings))
    match resource.KIND:  # not its class: that would load the models of all kinds
        case "Operation":
            operation = cast("V1Operation", resource)
            errors, warnings = check_operation_object(
                operation, component=component, searches=searches, pod_checks=pod_checks, limits=limits, now=now
            )
        case "Component":
            errors, warnings = check_component(cast("V1Component", resource).spec, at="spec", pod_checks=pod_checks)
        case "Search":
            errors, warnings = check_search(cast("V1Search", resource).spec, limits=limits, now=now)
        case "Run":
            errors, warnings = check_run(manifest)
        case _:
            errors, warnings = [], []  # the rules of a Connection are all in the model
    return Findings(unique(errors), unique(warnings))


def unique(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in order, each once: two checks may find the same mistake."""
    seen: set[tuple[str, str]] = set()
    kept: list[Problem] = []
    for problem in problems:
        if (key := (problem.path, problem.message)) not in seen:
            seen.add(key)
            kept.append(problem)
    return tuple(kept)
