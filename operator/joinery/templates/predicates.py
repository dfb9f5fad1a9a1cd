"""The tests behind ``is``, as Jinja2 has them, of those that say something of JSON values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joinery.templates.operators import COMPARISONS, number
from joinery.templates.values import Fault, Missing, Scope


@dataclass(frozen=True, slots=True)
class Predicate:
    """One test. ``arguments`` is how many values it takes besides the one it is asked of."""

    run: Callable[..., bool]
    arguments: int = 0
    takes_missing: bool = False


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(f"`is {name}` takes an integer")
    return int(number(value, f"is {name}"))


def _divisible(_scope: Scope, value: Any, by: Any) -> bool:
    divisor = _whole(by, "divisibleby")
    if divisor == 0:
        raise Fault("`is divisibleby` takes an integer other than 0")
    return _whole(value, "divisibleby") % divisor == 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))  # booleans too, as in Jinja2


PREDICATES: Mapping[str, Predicate] = {
    "defined": Predicate(lambda _scope, value: not isinstance(value, Missing), takes_missing=True),
    "undefined": Predicate(lambda _scope, value: isinstance(value, Missing), takes_missing=True),
    "none": Predicate(lambda _scope, value: value is None),
    "true": Predicate(lambda _scope, value: value is True),
    "false": Predicate(lambda _scope, value: value is False),
    "boolean": Predicate(lambda _scope, value: isinstance(value, bool)),
    "integer": Predicate(lambda _scope, value: isinstance(value, int) and not isinstance(value, bool)),
    "float": Predicate(lambda _scope, value: isinstance(value, float)),
    "number": Predicate(lambda _scope, value: _is_number(value)),
    "string": Predicate(lambda _scope, value: isinstance(value, str)),
    "mapping": Predicate(lambda _scope, value: isinstance(value, Mapping)),
    "sequence": Predicate(lambda _scope, value: isinstance(value, (str, list, tuple, Mapping))),
    "iterable": Predicate(lambda _scope, value: isinstance(value, (str, list, tuple, Mapping))),
    "odd": Predicate(lambda _scope, value: _whole(value, "odd") % 2 == 1),
    "even": Predicate(lambda _scope, value: _whole(value, "even") % 2 == 0),
    "divisibleby": Predicate(_divisible, 1),
    "in": Predicate(COMPARISONS["in"], 1),
    **{
        name: Predicate(COMPARISONS[operator], 1)
        for operator, names in {
            "eq": ("eq", "equalto", "=="),
            "ne": ("ne", "!="),
            "lt": ("lt", "lessthan", "<"),
            "lteq": ("le", "<="),
            "gt": ("gt", "greaterthan", ">"),
            "gteq": ("ge", ">="),
        }.items()
        for name in names
    },
}
