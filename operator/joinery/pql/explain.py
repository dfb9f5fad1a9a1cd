"""Why a run matches a query or not: each clause with the run's value and its verdict. Source: spec 1, *Explain*."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from joinery.pql.ast import (
    All,
    Any_,
    Between,
    CheckedQuery,
    Compare,
    Complement,
    Condition,
    FieldPath,
    IsNil,
    Like,
    OneOf,
    Predicate,
    Test,
    Within,
)
from joinery.pql.fields import BY_NAME
from joinery.pql.phases import fold

Verdict: TypeAlias = Literal["true", "false", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One clause, or what joins several, judged for one run.

    * ``matches``: whether it is true of the run. ``verdict`` says the same, and ``absent`` where it is not true
      because the run has no such value.
    * ``kind`` is ``clause``, ``and``, ``or`` or ``not``; ``items`` are the members of the last three.
    * ``source`` is the clause as it reads after rendering; ``value`` the run's own (None: it has none; a tuple
      where it can have several; datetimes in microseconds since 1970).
    """

    kind: Literal["clause", "and", "or", "not"]
    matches: bool
    verdict: Verdict
    source: str = ""
    field: FieldPath | None = None
    value: Any = None
    items: tuple[Explained, ...] = ()


def explain_query(checked: CheckedQuery, value_of: Callable[[FieldPath], Any], *, absent: object = None) -> Explained:
    """Judges every clause, also those that no longer matter. ``value_of`` gives the run's value of a field; ``absent``
    is what it gives where there is none (null is absent too). The empty query is an ``and`` of nothing, which is true.
    """
    if checked.root is None:
        return _joined("and", ())
    return _explain(checked.root, value_of, absent)


def _explain(condition: Condition, value_of: Callable[[FieldPath], Any], absent: object) -> Explained:
    match condition:
        case Predicate():
            value = value_of(condition.field)
            return _clause(condition, None if value is absent else value)
        case All():
            return _joined("and", tuple(_explain(item, value_of, absent) for item in condition.items))
        case Any_():
            return _joined("or", tuple(_explain(item, value_of, absent) for item in condition.items))
        case Complement():
            return _joined("not", (_explain(condition.item, value_of, absent),))


def _joined(kind: Literal["and", "or", "not"], items: tuple[Explained, ...]) -> Explained:
    match kind:
        case "and":
            matches = all(item.matches for item in items)
        case "or":
            matches = any(item.matches for item in items)
        case "not":
            matches = not items[0].matches
    return Explained(kind=kind, matches=matches, verdict="true" if matches else "false", items=items)


def _clause(predicate: Predicate, value: Any) -> Explained:
    nothing = value is None or value == ()
    matches = is_true(predicate.test, value, folded=_is_folded(predicate.field)) is not predicate.negated
    verdict: Verdict = "true" if matches else "absent" if nothing and not isinstance(predicate.test, IsNil) else "false"
    return Explained(
        kind="clause",
        matches=matches,
        verdict=verdict,
        source=predicate.source,
        field=predicate.field,
        value=None if nothing else value,
    )


def _is_folded(path: FieldPath) -> bool:
    field = BY_NAME.get(path.name)
    return field is not None and field.folded


def is_true(test: Test, value: Any, *, folded: bool = False) -> bool:
    """Whether the test holds of a value (None: absent; a tuple: of any of its entries).

    Numbers go with numbers and texts with texts; NaN, mappings and lists equal nothing and have no order.
    """
    if isinstance(test, IsNil):
        return value is None or value == ()
    if isinstance(value, tuple):
        if isinstance(test, OneOf) and test.or_nil and not value:
            return True
        return any(_holds(test, entry, folded=folded) for entry in value if entry is not None)
    if value is None:
        return isinstance(test, OneOf) and test.or_nil
    return _holds(test, value, folded=folded)


def _holds(test: Test, value: Any, *, folded: bool) -> bool:
    match test:
        case OneOf():
            given = fold(value) if folded and isinstance(value, str) else value
            return any(_equal(given, wanted) for wanted in test.values)
        case Compare():
            return _compares(test, value)
        case Between():
            return _is_number(value) and test.low <= value <= test.high
        case Within():
            return _is_number(value) and test.start <= value < test.stop
        case Like():
            return isinstance(value, str) and _is_like(test, value.casefold())
        case IsNil():
            return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, str) or isinstance(wanted, str):
        return isinstance(value, str) and isinstance(wanted, str) and value == wanted
    return _is_number(value) and bool(value == wanted)


def _compares(test: Compare, value: Any) -> bool:
    same = isinstance(value, str) if isinstance(test.value, str) else _is_number(value)
    if not same:
        return False
    match test.op:
        case "<":
            return bool(value < test.value)
        case "<=":
            return bool(value <= test.value)
        case ">":
            return bool(value > test.value)
        case ">=":
            return bool(value >= test.value)


def _is_like(test: Like, text: str) -> bool:
    match test.kind:
        case "prefix":
            return text.startswith(test.text)
        case "suffix":
            return text.endswith(test.text)
        case "contains":
            return test.text in text
