"""The rules of ``validation``: what a value of the right type must also be. Source: spec 3 (``validation``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from joinery.iotypes.convert import Misfit
from joinery.iotypes.regex import MAX_STEPS, InvalidPattern, Matcher, compile_pattern
from joinery.problems import InvalidValue, Problem, did_you_mean

# A check says why a value breaks the rule, or None.
Check = Callable[[Any], str | None]
KEYWORDS = (
    "gt", "ge", "lt", "le", "multipleOf", "minLength", "maxLength", "regex", "options", "contains", "excludes",
    "minItems", "maxItems", "keys",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """The checks of one ``validation``: of each scalar, of a list or mapping as a whole, and of a mapping's keys."""

    scalar: tuple[Check, ...] = ()
    items: tuple[Check, ...] = ()
    keys: tuple[Check, ...] = ()
    matchers: tuple[Matcher, ...] = ()

    def broken(self, value: Any) -> list[Misfit]:
        """Where ``value`` breaks a rule. Nulls are let be: whether they may stand there is the type's business."""
        for matcher in self.matchers:
            matcher.steps = MAX_STEPS
        return list(self._broken(value))

    def _broken(self, value: Any) -> Iterator[Misfit]:
        if isinstance(value, Mapping):
            yield from _failed(value, (*self.items, *self.keys), ())
            for key, one in value.items() if self.scalar else ():
                yield from _failed(one, self.scalar, (key,))
        elif isinstance(value, list):
            yield from _failed(value, self.items, ())
            for index, one in enumerate(value) if self.scalar or self.keys else ():
                checks = (*self.scalar, *self.keys) if isinstance(one, Mapping) else self.scalar
                yield from _failed(one, checks, (index,))
        else:
            yield from _failed(value, self.scalar, ())


def _failed(value: Any, checks: Sequence[Check], place: tuple[int | str, ...]) -> Iterator[Misfit]:
    if value is None:
        return
    for check in checks:
        if (why := check(value)) is not None:
            yield Misfit(value, why, place)


def rules_of(validation: Mapping[str, Any]) -> Rules:
    """The checks that a ``validation`` stands for. Raises :class:`InvalidValue` with all that is wrong with it."""
    if not validation:
        return Rules()
    problems: list[Problem] = []
    scalar: list[Check] = []
    items: list[Check] = []
    keys: list[Check] = []
    matchers: list[Matcher] = []
    for name, wanted in validation.items():
        if wanted is None:
            continue
        try:
            match name:
                case "gt" | "ge" | "lt" | "le":
                    scalar.append(_ordered(name, _a_number(wanted)))
                case "multipleOf":
                    scalar.append(_multiple(_a_number(wanted)))
                case "minLength" | "maxLength":
                    scalar.append(_length(name, _a_count(wanted)))
                case "regex":
                    matchers.append(compile_pattern(wanted))
                    scalar.append(_pattern(matchers[-1]))
                case "options":
                    scalar.append(_options(_a_list(wanted)))
                case "contains" | "excludes":
                    parts = wanted if isinstance(wanted, (list, tuple)) else [wanted]
                    scalar += [_contains(part, wanted=name == "contains") for part in parts]
                case "minItems" | "maxItems":
                    items.append(_items(name, _a_count(wanted)))
                case "keys":
                    keys.append(_keys(_a_list(wanted)))
                case _:
                    problems.append(_unknown(str(name)))
        except (InvalidPattern, _Unfit) as error:
            problems.append(Problem(message=f"{name}: {error}", path=f"validation.{name}", rule="validation-rule"))
    if problems:
        raise InvalidValue(problems)
    return Rules(tuple(scalar), tuple(items), tuple(keys), tuple(matchers))


class _Unfit(ValueError):
    """A rule's own value that the rule cannot work with."""


def _unknown(name: str) -> Problem:
    return Problem(
        message=f"there is no rule `{name[:40]}`",
        path=f"validation.{name[:40]}",
        rule="validation-rule",
        hint=did_you_mean(name, KEYWORDS) or "the rules are: " + ", ".join(KEYWORDS),
    )


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _a_number(wanted: Any) -> int | float:
    if not isinstance(wanted, (int, float)) or isinstance(wanted, bool) or wanted != wanted:
        raise _Unfit(f"takes a number, and this is {_show(wanted)}")
    return wanted


def _a_count(wanted: Any) -> int:
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 0:
        raise _Unfit(f"takes a whole number from 0, and this is {_show(wanted)}")
    return wanted


def _a_list(wanted: Any) -> Sequence[Any]:
    if not isinstance(wanted, (list, tuple)) or not wanted:
        raise _Unfit(f"takes a list that is not empty, and this is {_show(wanted)}")
    return wanted


def _ordered(name: str, bound: float) -> Check:
    words = {"gt": "greater than", "ge": "at least", "lt": "less than", "le": "at most"}[name]
    tests: dict[str, Callable[[Any], bool]] = {
        "gt": lambda value: value > bound,
        "ge": lambda value: value >= bound,
        "lt": lambda value: value < bound,
        "le": lambda value: value <= bound,
    }
    test = tests[name]

    def check(value: Any) -> str | None:
        if not _is_number(value):
            return f"is no number, and must be {words} {_show(bound)}"
        return None if test(value) else f"is not {words} {_show(bound)}"

    return check


def _multiple(step: float) -> Check:
    if step == 0 or abs(step) == float("inf"):
        raise _Unfit("takes a number other than 0")
    exact = Decimal(str(step))  # as it is written: 0.3 is a multiple of 0.1

    def check(value: Any) -> str | None:
        if not _is_number(value):
            return f"is no number, and must be a multiple of {_show(step)}"
        if isinstance(value, int) and isinstance(step, int):
            fits = value % step == 0
        else:
            quotient = Decimal(str(value)) / exact
            fits = quotient == quotient.to_integral_value()
        return None if fits else f"is not a multiple of {_show(step)}"

    return check


def _length(name: str, bound: int) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, (str, list, Mapping)):
            return "has no length: it is no text"
        count = len(value)
        if name == "minLength":
            return None if count >= bound else f"has {count} characters, and needs at least {bound}"
        return None if count <= bound else f"has {count} characters, and may have {bound}"

    return check


def _pattern(matcher: Matcher) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "is no text, and must match a regular expression"
        try:
            return None if matcher.match(value) else f"does not match `{matcher.pattern[:80]}`"
        except InvalidPattern as error:
            return str(error)

    return check


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _options(options: Sequence[Any]) -> Check:
    def check(value: Any) -> str | None:
        if any(_same(value, option) for option in options):
            return None
        hint = did_you_mean(value, [o for o in options if isinstance(o, str)]) if isinstance(value, str) else None
        return f"is none of the options {_show(list(options))}" + (f": {hint}" if hint else "")

    return check


def _contains(part: Any, *, wanted: bool) -> Check:
    def check(value: Any) -> str | None:
        if isinstance(value, str):
            has = isinstance(part, str) and part in value
        elif isinstance(value, (list, Mapping)):
            has = any(_same(part, one) for one in value)
        else:
            return f"holds nothing, and must {'' if wanted else 'not '}contain {_show(part)}"
        if has == wanted:
            return None
        return f"does not contain {_show(part)}" if wanted else f"contains {_show(part)}"

    return check


def _items(name: str, bound: int) -> Check:
    def check(value: Any) -> str | None:
        count = len(value)
        if name == "minItems":
            return None if count >= bound else f"has {count} items, and needs at least {bound}"
        return None if count <= bound else f"has {count} items, and may have {bound}"

    return check


def _keys(keys: Sequence[Any]) -> Check:
    known = {str(key) for key in keys}

    def check(value: Any) -> str | None:
        given = {str(key) for key in value}
        if lacking := sorted(known - given):
            return f"lacks the key `{lacking[0][:40]}`"
        extra = sorted(given - known)
        return f"has the key `{extra[0][:40]}`, and may have {_show(sorted(known))} only" if extra else None

    return check
