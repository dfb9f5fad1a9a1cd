"""``limit`` and ``offset``: numbers, digits or templates of them. Source: spec 1, *Fields of a join*."""

from __future__ import annotations

from typing import Any

from joinery.api.v1alpha1.limits import whole_number
from joinery.joins.scope import Scope
from joinery.problems import InvalidTemplate, InvalidValue, Problem
from joinery.templates import check_template, parse_template

MAX_OFFSET = 2**62


def is_template(written: int | str | None) -> bool:
    """Whether it is known only once it is rendered."""
    return isinstance(written, str) and "{{" in written


def read_limit(written: int | str | None, scope: Scope, *, cap: int) -> int | None:
    """The limit, None where there is none. Above ``cap`` it is refused, not cut: InvalidValue, or InvalidTemplate."""
    number = _read(written, scope, what="limit")
    if number is None or 1 <= number <= cap:
        return number
    raise InvalidValue(
        Problem(
            message=f"a limit is 1 to {cap}, and this is {number}",
            rule="limit",
            hint=f"one join takes at most {cap} runs (the operator setting `maxRunsPerJoin`); leave `limit` out for as "
            "many as that",
        )
    )


def read_offset(written: int | str | None, scope: Scope) -> int:
    """The offset, 0 where there is none. Raises InvalidValue or InvalidTemplate."""
    number = _read(written, scope, what="offset") or 0
    if 0 <= number <= MAX_OFFSET:
        return number
    raise InvalidValue(Problem(message=f"an offset is 0 or more, and this is {number}", rule="offset"))


def check_count(written: int | str | None, *, what: str, cap: int, known: frozenset[str] | None) -> list[Problem]:
    """What is wrong with a limit or an offset before there are values."""
    if isinstance(written, str) and is_template(written):
        return check_template(written, known)
    try:
        if what == "limit":
            read_limit(written, Scope({}), cap=cap)
        else:
            read_offset(written, Scope({}))
    except InvalidValue as error:
        return list(error.problems)
    return []


def _read(written: int | str | None, scope: Scope, *, what: str) -> int | None:
    value: Any = written
    shown = ""
    if isinstance(written, str) and is_template(written):
        template = parse_template(written)
        value = template.render(scope.names(template.names))
        shown = f", what `{written.strip()[:80]}` came to"
        if value is None:
            raise InvalidTemplate(
                Problem(message=f"`{written.strip()[:80]}` came to null, and a {what} is a number", rule=what)
            )
    match value:
        case None:
            return None
        case bool():
            pass
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case str() if (number := whole_number(value)) is not None:
            return number
    raise InvalidValue(Problem(message=f"{what} must be a whole number, and is {value!r:.80}{shown}", rule=what))
