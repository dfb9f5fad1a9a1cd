"""Params against the component's inputs and outputs.

Source: spec 1, *Against the component's inputs and outputs*; spec 3.

What can be said before any run is searched is said by :func:`join_param_problems` and
:func:`undeclared`; what needs the values by :func:`coerce_join` and :func:`coerce_one`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from joinery.iotypes import IOSpec, check_spec, check_to_init, coerce, coerce_list, takes_list
from joinery.joins.entries import ArtifactsForm, path_fault
from joinery.joins.normal import normalise, storable
from joinery.joins.plan import Declared, Flags, JoinParam, Plan
from joinery.joins.resolution import ResolvedParam
from joinery.problems import Problem, did_you_mean


def base_type(spec: IOSpec) -> str:
    """The type without ``List[…]`` and ``Optional[…]`` around it, as written: of ``List[float]``, ``float``."""
    text = spec.type.strip()
    while text.endswith("]") and text.startswith(("List[", "Optional[")):
        text = text[text.index("[") + 1 : -1].strip()
    return text


def undeclared(name: str, plan: Plan, *, path: str, what: str) -> Problem:
    """The problem of a param that no input or output declares, naming those that are."""
    there = ", ".join(f"`{known}`" for known in plan.declared) or "none"
    hint = did_you_mean(name, plan.declared)
    return Problem(
        message=f"{what} `{name}` is not declared: the component's inputs and outputs are {there}",
        path=path,
        rule="undeclared-param",
        hint=hint or "declare it as an input of the component, or set `contextOnly: true` to use it in templates alone",
    )


def join_param_problems(param: JoinParam, plan: Plan) -> Iterator[Problem]:
    """What is wrong between a join param and its declaration, whatever runs match."""
    declared = plan.declared.get(param.name)
    if declared is None:
        if plan.has_component and not param.flags.context_only:
            yield undeclared(param.name, plan, path=param.path, what="param")
        return
    spec, is_form = declared.spec, isinstance(param.expression, ArtifactsForm)
    if param.flags.to_init and not spec.to_init:
        for problem in check_to_init(replace(spec, to_init=True)):
            yield problem.at(param.path)
    side = "an output" if declared.is_output else "an input"
    base = base_type(spec)
    if is_form and base not in ("artifacts", "any"):
        yield Problem(
            message=f"param `{param.name}` gives files and dirs, and is {side} of type `{spec.type}`",
            path=param.path,
            rule="artifacts-form",
            hint="the artifacts form goes with `type: artifacts`",
        )
    elif not is_form and base == "artifacts":
        yield Problem(
            message=f"param `{param.name}` is {side} of type `artifacts`, which takes `files` and `dirs`",
            path=param.path,
            rule="artifacts-form",
            hint=f'write the value as {{files: ["{{{{ {_braced(param.written)} }}}}"]}}, or declare '
            "`type: path` with `isList: true`",
        )
    elif not is_form and not takes_list(spec):
        yield Problem(
            message=f"param `{param.name}` is {side} of type `{spec.type}`, which takes one value; a join gives a "
            "list: set `isList: true`",
            path=param.path,
            rule="takes-one-value",
        )


def coerce_join(
    name: str, value: Any, declared: Declared | None, flags: Flags, *, sources: Callable[[], Sequence[str]]
) -> ResolvedParam:
    """A join's list (or artifacts form), held against its declaration. ``sources`` says, when it comes to that,
    which run each element is of. Raises InvalidValue with every element that does not fit."""
    if declared is None:
        kind, nulls = ("artifacts", 0) if isinstance(value, Mapping) else ("any", value.count(None))
        return _resolved(name, value, None, flags, kind=kind, source="join", nulls=nulls)
    spec = declared.spec
    if isinstance(value, Mapping):
        plain = replace(spec, is_list=False, type="artifacts")
        return _resolved(name, coerce(value, plain), spec, flags, source="join")
    nulls = value.count(None)
    coerced = quick_list(value, spec)
    if coerced is None:
        coerced = storable(coerce_list(value, spec, sources=sources()))
    return _resolved(name, coerced, spec, flags, source="join", nulls=nulls)


def coerce_one(name: str, value: Any, declared: Declared | None, flags: Flags, *, source: str) -> ResolvedParam:
    """An ordinary param, held against its declaration if there is one. Raises InvalidValue."""
    if declared is None:
        return _resolved(name, value, None, flags, source=source)
    return _resolved(name, storable(coerce(normalise(value), declared.spec)), declared.spec, flags, source=source)


def quick_list(values: list[Any], spec: IOSpec) -> list[Any] | None:
    """``values`` coerced where every one is of the declared plain type already; None where it takes more care."""
    if spec.validation:
        return None
    kinds = set(map(type, values))
    match base_type(spec):
        case "any" if spec.type in ("any", "List[any]"):
            return values
        case "str" if kinds <= {str}:
            return values
        case "int" if kinds <= {int}:
            return values
        case "bool" if kinds <= {bool}:
            return values
        case "dict" if kinds <= {dict} and spec.type in ("dict", "List[dict]"):
            return values  # of runs, which are read as the API server stores them
        case "float" if kinds <= {float, int} and spec.type in ("float", "List[float]"):
            try:
                return list(map(float, values))
            except OverflowError:
                return None
    return None


def default_of(declared: Declared) -> ResolvedParam | None:
    """What an input that nothing gives comes to: its default, null if it is optional, else None: it is required."""
    spec, flags = declared.spec, Flags()
    if spec.has_value:
        return coerce_one(spec.name, spec.value, declared, flags, source="default")
    if spec.is_optional and not declared.is_output:
        return _resolved(spec.name, None, spec, flags, source="default")
    return None


def type_problems(declared: Declared) -> Iterator[Problem]:
    """What is wrong with a declaration itself: its type, its flags, its rules, its default."""
    for problem in check_spec(declared.spec):
        yield problem.at(declared.path)


def unsafe_paths(param: ResolvedParam, sources: Sequence[str]) -> Iterator[Problem]:
    """Of a list that an init container fetches, the paths that would leave the store's folder (spec 1: `toInit`
    refuses an absolute one). ``sources`` name the run of each."""
    if not isinstance(param.value, list):
        return
    for value, source in zip(param.value, sources, strict=False):
        if isinstance(value, str) and (fault := path_fault(value)):
            yield Problem(
                message=f"the path {value!r:.80} of {source} {fault}: `toInit` cannot fetch it", rule="artifact-path"
            )


def _braced(written: Any) -> str:
    text = str(written).strip()
    return text.removeprefix("{{").removesuffix("}}").strip() if len(text) < 60 else "artifacts.NAME"


def _resolved(
    name: str, value: Any, spec: IOSpec | None, flags: Flags, *, source: str, kind: str = "any", nulls: int = 0
) -> ResolvedParam:
    return ResolvedParam(
        name=name,
        value=value,
        type=spec.type if spec else kind,
        is_list=bool(spec and spec.is_list),
        context_only=flags.context_only,
        to_init=flags.to_init or bool(spec and spec.to_init),
        to_env=flags.to_env or (spec.to_env if spec else None),
        connection=flags.connection or (spec.connection if spec else None),
        on_missing=flags.on_missing,
        is_flag=bool(spec and spec.is_flag),
        arg_format=spec.arg_format if spec else None,
        source=source,
        nulls=nulls,
    )
