"""Arithmetic on numbers, comparisons by kind, and texts put together, each within bounds."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from joinery.templates.values import MAX_OUTPUT, Fault, Scope, fits, kind_of, size, too_long

Number: TypeAlias = int | float
T = TypeVar("T")


def number(value: Any, sign: str) -> Number:
    """``value`` if it is a number that can be computed with."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        hint = "texts are put together with `~`" if isinstance(value, str) and sign == "+" else None
        raise Fault(f"`{sign}` takes numbers, and this is {kind_of(value)}", hint=hint)
    if not fits(value):
        raise Fault("this integer has too many digits to compute with")
    return value


def checked(value: Any) -> Number:
    """The result of an operation on numbers: finite, and not too long."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault("the result is not a finite number")
    if not isinstance(value, (int, float)) or not fits(value):
        raise Fault("the result is too large a number")
    return value


def _arithmetic(sign: str, work: Callable[[Number, Number], Any]) -> Callable[[Any, Any], Number]:
    def compute(left: Any, right: Any) -> Number:
        try:
            return checked(work(number(left, sign), number(right, sign)))
        except ZeroDivisionError:
            raise Fault(f"`{sign}` by zero") from None
        except OverflowError:
            raise Fault("the result is too large a number") from None

    return compute


ARITHMETIC: Mapping[str, Callable[[Any, Any], Number]] = {
    "+": _arithmetic("+", operator.add),
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", operator.truediv),
    "//": _arithmetic("//", operator.floordiv),
    "%": _arithmetic("%", operator.mod),
}


def _ordered(sign: str, work: Callable[[Any, Any], bool]) -> Callable[[Scope, Any, Any], bool]:
    def compare(scope: Scope, left: Any, right: Any) -> bool:
        weigh(scope, left)
        try:
            return work(left, right)
        except (TypeError, RecursionError):
            raise Fault(f"`{sign}` cannot order {kind_of(left)} and {kind_of(right)}") from None

    return compare


def _equal(scope: Scope, left: Any, right: Any) -> bool:
    weigh(scope, left)
    try:
        return bool(left == right)
    except RecursionError:
        raise Fault("these values are nested too deeply to be compared") from None


def _contains(scope: Scope, left: Any, right: Any) -> bool:
    weigh(scope, right)
    if isinstance(right, Mapping):
        if isinstance(left, (list, tuple, Mapping)):
            raise Fault(f"`in` a mapping takes a text, one of its keys, and this is {kind_of(left)}")
        return isinstance(left, str) and left in right
    if isinstance(right, str):
        if not isinstance(left, str):
            raise Fault(f"`in` a text takes a text, and this is {kind_of(left)}")
        return left in right
    if isinstance(right, (list, tuple)):
        return any(_equal(scope, left, item) for item in right)
    raise Fault(f"`in` takes a list, a mapping or a text, and this is {kind_of(right)}")


COMPARISONS: Mapping[str, Callable[[Scope, Any, Any], bool]] = {
    "eq": _equal,
    "ne": lambda scope, left, right: not _equal(scope, left, right),
    "lt": _ordered("<", operator.lt),
    "lteq": _ordered("<=", operator.le),
    "gt": _ordered(">", operator.gt),
    "gteq": _ordered(">=", operator.ge),
    "in": _contains,
    "notin": lambda scope, left, right: not _contains(scope, left, right),
}


def weigh(scope: Scope, value: Any) -> None:
    """Takes what looking at all of ``value`` costs from the steps that are left."""
    scope.spend(size(value, scope.steps) if isinstance(value, (list, tuple, Mapping)) else 1)


def bounded(value: T, scope: Scope) -> T:
    """A list or mapping written in an expression, if it is not larger than a text may be."""
    counted = size(value, MAX_OUTPUT)
    scope.spend(counted)
    if counted > MAX_OUTPUT:
        raise too_long()
    return value


def joined(parts: Sequence[str], scope: Scope, between: str = "") -> str:
    """The parts as one text, if that is not too long."""
    total = sum(map(len, parts)) + len(between) * max(0, len(parts) - 1)
    if total > MAX_OUTPUT:
        raise too_long()
    scope.spend(len(parts) + total // 16)
    return between.join(parts)
