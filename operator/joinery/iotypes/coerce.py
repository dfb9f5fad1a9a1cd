"""Values made to fit their declared input or output, with an error a person can act on. Source: spec 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from joinery.iotypes.convert import Misfit, convert, convert_element
from joinery.iotypes.rules import rules_of
from joinery.iotypes.spec import IOSpec, takes_null, type_of
from joinery.iotypes.types import IOType, ListOf, OptionalOf, Plain, UnionOf
from joinery.problems import InvalidValue, Problem
from joinery.templates import compact_json

MAX_SHOWN = 80  # characters of an offending value
MAX_PROBLEMS = 20  # of one value: the rest is counted
_NAMED_RUNS = 5

ANY = Plain("any")


def coerce(value: Any, spec: IOSpec, *, source: str | None = None) -> Any:
    """``value`` as ``spec`` declares it, in JSON types (a duration is seconds, a uuid 32 hex digits).

    ``source`` says where the value came from, for the messages (``run train-3 (UUID)``).
    Raises :class:`InvalidValue` with all problems.
    """
    wanted = type_of(spec)
    if value is None:
        if spec.may_be_absent or (takes_null(wanted) and wanted != ANY):
            return None
        raise InvalidValue(_missing_null(spec, source))
    misfits: list[Misfit] = []
    found = convert(value, wanted, misfits, null_elements=spec.is_optional)
    if not misfits:
        misfits = rules_of(spec.validation).broken(found)
    if misfits:
        raise InvalidValue(_problems(misfits, spec, wanted, sources=None, source=source))
    return found


def coerce_list(values: Sequence[Any], spec: IOSpec, *, sources: Sequence[str] | None = None) -> list[Any]:
    """The list that a join gives, element by element (spec 1, *Against the component's inputs and outputs*).

    ``sources`` name the run that each element came from. A null is an error that names those runs, unless the
    element's type takes null or the input is optional. Raises :class:`InvalidValue` with all problems.
    """
    wanted = type_of(spec)
    item = element_type(wanted)
    nulls_allowed = spec.is_optional or takes_null(item)
    misfits: list[Misfit] = []
    nulls: list[int] = []
    found: list[Any] = []
    for index, value in enumerate(values):
        if value is None:
            found.append(None)
            if not nulls_allowed:
                nulls.append(index)
        else:
            found.append(convert_element(value, item, index, misfits))
    problems = [_null_elements(nulls, spec, wanted, sources)] if nulls else []
    if not misfits:
        misfits = rules_of(spec.validation).broken(found)
    problems += _problems(misfits, spec, wanted, sources=sources, source=None)
    if problems:
        raise InvalidValue(problems)
    return found


def element_type(wanted: IOType) -> IOType:
    """The type of one element of a list that ``wanted`` takes."""
    match wanted:
        case ListOf(item):
            return item
        case OptionalOf(item):
            return element_type(item)
        case UnionOf(options):
            return next((element_type(option) for option in options if isinstance(option, ListOf)), ANY)
        case Plain("artifacts"):
            return wanted
        case _:
            return ANY


def show(value: Any) -> str:
    """A value as JSON, cut at 80 characters."""
    try:
        text = compact_json(value[: MAX_SHOWN + 1] if isinstance(value, (str, list)) else value)
    except (RecursionError, ValueError, TypeError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def missing_input(spec: IOSpec) -> Problem:
    """The problem of a required input that no param gives."""
    return Problem(message=f"input `{spec.name}` is required, and no param gives it", rule="missing-input")


def _missing_null(spec: IOSpec, source: str | None) -> Problem:
    return Problem(
        message=f"input `{spec.name}` of type `{type_of(spec)}` is required, and null is given{_from(source)}",
        rule="missing-input",
        hint="give it a value, or let it be absent with `isOptional: true`",
    )


def _from(source: str | None) -> str:
    return f" (from {source})" if source else ""


def _problems(
    misfits: list[Misfit], spec: IOSpec, wanted: IOType, *, sources: Sequence[str] | None, source: str | None
) -> list[Problem]:
    problems = []
    for misfit in misfits[:MAX_PROBLEMS]:
        first = misfit.place[0] if misfit.place else None
        origin = source if sources is None or not isinstance(first, int) or first >= len(sources) else sources[first]
        where = _where(misfit.place)
        message = f"param `{spec.name}` of type `{wanted}`: {where}{show(misfit.value)} {misfit.why}{_from(origin)}"
        problems.append(Problem(message=message, rule="value-type"))
    if len(misfits) > MAX_PROBLEMS:
        rest = len(misfits) - MAX_PROBLEMS
        problems.append(
            Problem(message=f"param `{spec.name}` of type `{wanted}`: {rest:,} more such values", rule="value-type")
        )
    return problems


def _where(place: tuple[int | str, ...]) -> str:
    if not place:
        return ""
    if len(place) == 1 and isinstance(place[0], int):
        return f"element {place[0]}, "
    return "at " + "".join(f"[{part}]" if isinstance(part, int) else f"[{show(part)}]" for part in place) + ", "


def _null_elements(nulls: list[int], spec: IOSpec, wanted: IOType, sources: Sequence[str] | None) -> Problem:
    named = [sources[index] if sources and index < len(sources) else f"element {index}" for index in nulls]
    more = f" and {len(named) - _NAMED_RUNS:,} more" if len(named) > _NAMED_RUNS else ""
    elements = f"{len(nulls)} elements are" if len(nulls) > 1 else f"element {nulls[0]} is"
    return Problem(
        message=f"param `{spec.name}` of type `{wanted}`: {elements} null, from {', '.join(named[:_NAMED_RUNS])}{more}",
        rule="null-element",
        hint="leave such runs out with `onNull: DropRun`, or let elements be null with `isOptional: true`",
    )
