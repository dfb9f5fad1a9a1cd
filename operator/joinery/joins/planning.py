"""From the API's models to a :class:`~joinery.joins.plan.Plan`: read once, with every problem and its path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joinery.joins.found import Found
from joinery.joins.limits import Limits
from joinery.joins.normal import normalise
from joinery.joins.plan import Declared, Flags, Join, JoinParam, Param, Plan
from joinery.joins.refs import parse_ref
from joinery.joins.values import ValueExpression, parse_value
from joinery.problems import JoineryError, Problem, did_you_mean

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import (
        V1Component,
        V1ComponentSpec,
        V1Join,
        V1JoinParam,
        V1Operation,
        V1Param,
        V1Search,
    )
    from joinery.runs.search import LabelRequirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """An operation taken apart: what of it could be read. ``joins`` keep their places; ``component`` is the one
    written in the operation, or the one that ``component_ref`` names, if it is at hand."""

    joins: Mapping[int, V1Join]
    params: Mapping[str, V1Param]
    component: V1ComponentSpec | None
    component_ref: str | None = None


def parts_of_operation(operation: V1Operation, component: V1Component | None) -> Parts:
    """The parts of an operation that was read whole."""
    spec = operation.spec
    return Parts(
        joins=dict(enumerate(spec.joins)),
        params=spec.params,
        component=spec.component or (component.spec if component is not None else None),
        component_ref=spec.component_ref.name if spec.component_ref is not None else None,
    )


def make_plan(parts: Parts, *, searches: Mapping[str, V1Search] | None, limits: Limits, found: Found) -> Plan:
    """Reads the parts; what is wrong goes to ``found``. ``searches`` None: those that joins refer to are not at
    hand (a check of the object alone), so nothing is said of them."""
    joins = tuple(
        _join(join, index, searches=searches, limits=limits, found=found) for index, join in parts.joins.items()
    )
    if len(joins) > limits.max_joins:
        message = f"{len(joins)} joins; an operation may have {limits.max_joins}"
        found.wrong(Problem(message=message, path="spec.joins", rule="too-many"))
    used, reference = parts.component, parts.component_ref
    at = f"component {reference}: spec" if reference is not None else "spec.component"
    recorded = _recorded(used, at=at, found=found) if used is not None else None
    if recorded is None:
        used = None  # what cannot be recorded is not held against anything either
    return Plan(
        joins=joins,
        params={name: _param(name, param, limits=limits, found=found) for name, param in parts.params.items()},
        declared=_declared(used, at=at, found=found) if used is not None else {},
        component=recorded,
        component_ref=reference,
        has_component=parts.component is not None and recorded is not None,
    )


def _join(join: V1Join, index: int, *, searches: Mapping[str, V1Search] | None, limits: Limits, found: Found) -> Join:
    path = f"spec.joins[{index}]"
    saved = None
    if join.ref is not None and searches is not None:
        saved = searches.get(join.ref)
        if saved is None:
            found.wrong(
                Problem(
                    message=f"there is no Search `{join.ref}` in this namespace",
                    path=f"{path}.ref",
                    rule="search-not-found",
                    hint=did_you_mean(join.ref, searches),
                )
            )

    def chosen(name: str) -> Any:
        own = getattr(join, name)
        return own if own is not None or saved is None else getattr(saved.spec, name)

    if len(join.params) > limits.max_params_per_join:
        found.wrong(
            Problem(
                message=f"{len(join.params)} params; a join may have {limits.max_params_per_join}",
                path=f"{path}.params",
                rule="too-many",
            )
        )
    return Join(
        index=index,
        query=chosen("query") or "",
        sort=chosen("sort") or "",
        limit=chosen("limit"),
        offset=chosen("offset"),
        params={
            name: _join_param(name, param, at=f"{path}.params.{name}", limits=limits, found=found)
            for name, param in join.params.items()
        },
        selector=tuple(_requirements(join)),
        ref=join.ref,
        min_runs=join.min_runs or 0,
        wait_for=join.wait_seconds,
        on_null=join.on_null,
        found=join.ref is None or saved is not None,
    )


def _join_param(name: str, param: V1JoinParam, *, at: str, limits: Limits, found: Found) -> JoinParam:
    return JoinParam(
        name=name,
        path=at,
        written=param.value,
        expression=_expression(param.value, at=f"{at}.value", limits=limits, found=found),
        flags=Flags(
            context_only=param.context_only,
            to_init=param.to_init,
            to_env=param.to_env,
            connection=param.connection,
            on_missing=param.on_missing,
        ),
    )


def _param(name: str, param: V1Param, *, limits: Limits, found: Found) -> Param:
    at = f"spec.params.{name}"
    value, expression = None, None
    try:
        value = normalise(param.value)
    except JoineryError as error:
        found.all_of(error, at=f"{at}.value")
    if param.ref is not None:
        expression = _expression(param.value, at=f"{at}.value", limits=limits, found=found)
        try:
            parse_ref(param.ref)
        except JoineryError as error:
            found.all_of(error, at=f"{at}.ref")
    return Param(
        name=name,
        path=at,
        value=value,
        ref=param.ref,
        expression=expression,
        flags=Flags(
            context_only=param.context_only,
            to_init=param.to_init,
            to_env=param.to_env,
            connection=param.connection,
        ),
    )


def _expression(value: Any, *, at: str, limits: Limits, found: Found) -> ValueExpression | None:
    try:
        return parse_value(value, max_entries=limits.max_entries_per_value)
    except JoineryError as error:
        found.all_of(error, at=at)
        return None


def _recorded(component: V1ComponentSpec, *, at: str, found: Found) -> dict[str, Any] | None:
    """The component as plain JSON, as the API server would give it back."""
    try:
        recorded: dict[str, Any] = normalise(component.to_dict())
    except JoineryError as error:
        found.all_of(error, at=at)
        return None
    except RecursionError:
        found.wrong(Problem(message="the component is nested too deeply", path=at, rule="no-json"))
        return None
    return recorded


def _declared(component: V1ComponentSpec, *, at: str, found: Found) -> dict[str, Declared]:
    declared: dict[str, Declared] = {}
    for side, entries in (("inputs", component.inputs), ("outputs", component.outputs)):
        for index, entry in enumerate(entries):
            path = f"{at}.{side}[{index}]"
            if entry.name in declared:
                found.wrong(
                    Problem(
                        message=f"`{entry.name}` is declared twice, first as {declared[entry.name].path}",
                        path=f"{path}.name",
                        rule="declared-twice",
                    )
                )
                continue
            declared[entry.name] = Declared(spec=entry.to_spec(), is_output=side == "outputs", path=path)
    return declared


def _requirements(join: V1Join) -> Iterable[LabelRequirement]:
    if join.selector is None:
        return
    from joinery.runs.search import LabelRequirement  # few joins have a selector, and no check needs the rest of it

    for key, value in join.selector.match_labels.items():
        yield LabelRequirement(key=key, operator="In", values=(value,))
    for one in join.selector.match_expressions:
        yield LabelRequirement(key=one.key, operator=one.operator, values=tuple(one.values))
