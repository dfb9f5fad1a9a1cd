"""An Operation by itself, whole or as far as it can be read. Source: spec 1, spec 4, spec 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from joinery.api.v1alpha1 import V1ComponentSpec, V1JobRun, V1Param
from joinery.joins import check_parts, judge_operation
from joinery.joins.limits import Limits
from joinery.joins.planning import Parts
from joinery.problems import InvalidManifest, Problem
from joinery.validation.components import PodChecks, check_component
from joinery.validation.pods import check_run
from joinery.validation.salvage import keeps_params, salvage, salvage_join
from joinery.validation.searches import check_search

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import V1Component, V1Operation, V1Search

NOTHING_TO_RUN = "nothing-to-run"


def check_operation_object(
    operation: V1Operation,
    *,
    component: V1Component | None,
    searches: Mapping[str, V1Search] | None,
    pod_checks: PodChecks,
    limits: Limits,
    now: int,
) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings of an operation that was read whole."""
    errors, warnings = judge_operation(operation, component=component, searches=searches, limits=limits, now=now)
    used = operation.spec.component or (component.spec if component is not None else None)
    errors += _nothing_to_run(used, suspended=operation.spec.suspend, inline=operation.spec.component is not None)
    if operation.spec.component is not None:
        names = frozenset(operation.spec.params) | {name for join in operation.spec.joins for name in join.params}
        more, noticed = check_component(
            operation.spec.component, at="spec.component", pod_checks=pod_checks, names=names
        )
        errors += [problem for problem in more if problem not in errors]
        warnings += noticed
    return errors, warnings


def check_what_can_be_read(
    manifest: Mapping[str, Any],
    *,
    searches: Mapping[str, V1Search] | None,
    pod_checks: PodChecks,
    limits: Limits,
    now: int,
) -> tuple[list[Problem], list[Problem]]:
    """What else is wrong with an operation that has been refused as a whole: each param that can be read by itself
    is judged, of a join and of a Search all but what is wrong in it, of a Component what runs. Nothing for other kinds,
    and nothing for what is not even a mapping."""
    kind = manifest.get("kind") if isinstance(manifest, Mapping) else None
    spec = manifest.get("spec") if kind in ("Operation", "Component", "Search") else None
    if not isinstance(spec, Mapping):
        return [], []
    if kind == "Search":
        from joinery.api.v1alpha1 import V1SearchSpec

        search = salvage(V1SearchSpec, spec, stand_ins={"query": ""})
        return check_search(search, limits=limits, now=now) if search is not None else ([], [])
    if kind == "Component":
        return _run_alone(spec, at="spec"), []
    component = _read(V1ComponentSpec, spec.get("component"))
    params = spec.get("params")
    read = {name: _read(V1Param, value) for name, value in params.items()} if isinstance(params, Mapping) else {}
    written = spec.get("joins")
    entries = list(enumerate(written)) if isinstance(written, list) else []
    salvaged = {index: salvage_join(join) for index, join in entries}
    whole = (
        component is not None
        and None not in read.values()
        and all(keeps_params(join, salvaged[index]) for index, join in entries)
    )
    parts = Parts(
        joins={index: join for index, join in salvaged.items() if join is not None},
        params={name: param for name, param in read.items() if param is not None},
        # With a param missing, what is declared cannot be held against what is given.
        component=component if whole else None,
    )
    errors = check_parts(parts, searches=searches, limits=limits, now=now)
    if component is None:
        return [*errors, *_run_alone(spec.get("component"), at="spec.component")], []
    errors += _nothing_to_run(component, suspended=spec.get("suspend") is True, inline=True)
    names = frozenset(read) | {name for join in parts.joins.values() for name in join.params} if whole else None
    more, warnings = check_component(component, at="spec.component", pod_checks=pod_checks, names=names)
    return [*errors, *(problem for problem in more if problem not in errors)], warnings


def _run_alone(component: Any, *, at: str) -> list[Problem]:
    """What runs, of a component that cannot be read whole: as far as it can."""
    written = component.get("run") if isinstance(component, Mapping) else None
    if not isinstance(written, Mapping) or (run := salvage(V1JobRun, written)) is None:
        return []
    problems = check_run(run.to_dict(), at=f"{at}.run")
    # Of a container that is there, and is none, that is said already.
    return [one for one in problems if one.path != f"{at}.run.container" or "container" not in written]


def _nothing_to_run(component: V1ComponentSpec | None, *, suspended: bool, inline: bool) -> list[Problem]:
    """A component without `run` gives params and no Job: only an operation that asks for no Job may use it."""
    if component is None or component.run is not None or suspended:
        return []
    return [
        Problem(
            message="is required: what runs" if inline else "the Component has no `run`: there is nothing to launch",
            path="spec.component.run" if inline else "spec.componentRef",
            rule=NOTHING_TO_RUN,
            hint="`suspend: true` resolves and records the params alone",
        )
    ]


def _read(model: Any, value: Any) -> Any:
    if value is None:
        return None
    try:
        return model.model_validate(value)
    except (InvalidManifest, ValueError):
        return None
