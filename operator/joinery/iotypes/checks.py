"""What can be wrong with a declared input or output before any value is given. Source: spec 3."""

from __future__ import annotations

from joinery.iotypes.coerce import coerce
from joinery.iotypes.rules import rules_of
from joinery.iotypes.spec import IOSpec, type_of
from joinery.iotypes.types import IOType, ListOf, OptionalOf, Plain
from joinery.problems import InvalidValue, Problem
from joinery.templates import check_template

_INSTEAD = {
    "git": "clone it in an init container of the component: `run.init`, with an image that has git",
    "dockerfile": "build the image outside, and give its name as an input of type `image`",
}
_FETCHED = ("artifacts", "path", "file")


def check_spec(spec: IOSpec) -> list[Problem]:
    """All that is wrong with it: type, flag, ``toInit``, ``validation``, ``argFormat`` and the default. Paths are
    relative to the input (``validation.regex``, ``value``)."""
    try:
        wanted = type_of(spec)
    except InvalidValue as error:
        return [problem.at("type") for problem in error.problems]
    problems: list[Problem] = []
    if spec.is_flag and wanted != Plain("bool"):
        problems.append(
            Problem(message=f"`isFlag` goes with type `bool`, and this is `{wanted}`", path="isFlag", rule="flag-type")
        )
    problems += check_to_init(spec)
    problems += [problem.at("argFormat") for problem in check_template(spec.arg_format or "", (spec.name,))]
    try:
        rules_of(spec.validation)
        if spec.has_value and spec.value is not None:
            coerce(spec.value, spec)
    except InvalidValue as error:
        problems += [problem if problem.path else problem.at("value") for problem in error.problems]
    return problems


def check_to_init(spec: IOSpec) -> list[Problem]:
    """Whether an init container can fetch a value of this type; ``git`` and ``dockerfile`` are refused by name."""
    if not spec.to_init:
        return []
    name = _name_of(type_of(spec))
    if name in _INSTEAD:
        return [
            Problem(
                message=f"`toInit` of type `{name}` is not supported",
                path="toInit",
                rule="to-init-type",
                hint=_INSTEAD[name],
            )
        ]
    if name in _FETCHED or name == "any":
        return []
    message = (
        f"`toInit` fetches `artifacts`, or a list of `path` or `file`, and `{spec.name}` is of type `{type_of(spec)}`"
    )
    return [Problem(message=message, path="toInit", rule="to-init-type")]


def _name_of(wanted: IOType) -> str:
    match wanted:
        case Plain(name):
            return name
        case ListOf(item) | OptionalOf(item):
            return _name_of(item)
        case _:
            return ""
