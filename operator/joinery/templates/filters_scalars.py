"""Filters of one value: texts and numbers."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping
from typing import Any

from joinery.templates.operators import checked, joined, number
from joinery.templates.values import MAX_OUTPUT, Fault, Missing, Scope, fits, kind_of, size, too_long, written

_MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"})
_WORDS = re.compile(r"([-\s({\[<]+)")
_FORMAT = re.compile(r"%(.?)", re.DOTALL)


def default(_scope: Scope, value: Any, default_value: Any = "", boolean: Any = False) -> Any:
    if isinstance(value, Missing) or (boolean and not value):
        return default_value
    return value


def tojson(scope: Scope, value: Any) -> str:
    """JSON as Jinja2 writes it: blanks after , and :, keys sorted, and < > & ' escaped."""
    counted = size(value, MAX_OUTPUT)
    scope.spend(counted)
    if counted > MAX_OUTPUT:
        raise too_long()
    try:
        return bounded_text(json.dumps(value, sort_keys=True, default=_plain).translate(_MARKUP), scope)
    except (TypeError, ValueError, RecursionError):
        raise Fault(f"{kind_of(value)} cannot be written as JSON") from None


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def bounded_text(text: str, scope: Scope) -> str:
    return joined([text], scope)


def to_text(scope: Scope, value: Any) -> str:
    return written(value, scope)


def upper(scope: Scope, value: Any) -> str:
    return bounded_text(written(value, scope).upper(), scope)


def lower(scope: Scope, value: Any) -> str:
    return bounded_text(written(value, scope).lower(), scope)


def capitalize(scope: Scope, value: Any) -> str:
    return bounded_text(written(value, scope).capitalize(), scope)


def title(scope: Scope, value: Any) -> str:
    words = _WORDS.split(written(value, scope))
    return joined([word[0].upper() + word[1:].lower() for word in words if word], scope)


def trim(scope: Scope, value: Any, chars: Any = None) -> str:
    return bounded_text(written(value, scope).strip(None if chars is None else written(chars, scope)), scope)


def replace(scope: Scope, value: Any, old: Any, new: Any, count: Any = None) -> str:
    text, before, after = written(value, scope), written(old, scope), written(new, scope)
    if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
        raise Fault(f"`count` of `replace` is an integer, and this is {kind_of(count)}")
    times = -1 if count is None else max(-1, min(count, MAX_OUTPUT))
    found = text.count(before) if times < 0 else min(times, text.count(before))
    if len(text) + found * (len(after) - len(before)) > MAX_OUTPUT:
        raise too_long()
    return bounded_text(text.replace(before, after, times), scope)


def map_format(scope: Scope, value: Any, pattern: Any) -> str:
    """The pattern with ``%s`` replaced by the value; ``%%`` is a percent sign, and every other ``%`` an error."""
    text, given = written(pattern, scope), written(value, scope)
    marks = [found[1] for found in _FORMAT.finditer(text)]
    if wrong := next((mark for mark in marks if mark not in ("s", "%")), None):
        raise Fault(f"`%{wrong}`: a pattern of `map_format` holds one `%s` alone", hint="a percent sign is `%%`")
    if "" in marks or marks.count("s") != 1:
        raise Fault(
            "a pattern of `map_format` holds `%s` exactly once",
            hint="such as `| map('map_format', '--lr=%s')`; a percent sign is `%%`",
        )
    if len(text) + len(given) > MAX_OUTPUT:
        raise too_long()
    return bounded_text(_FORMAT.sub(lambda found: given if found[1] == "s" else "%", text), scope)


def quote(scope: Scope, value: Any) -> str:
    """One word for a shell, whatever the text holds; of a list, one word an element."""
    if isinstance(value, (list, tuple)):
        scope.spend(len(value))
        return joined([shlex.quote(written(item, scope)) for item in value], scope, " ")
    return bounded_text(shlex.quote(written(value, scope)), scope)


def absolute(_scope: Scope, value: Any) -> Any:
    return abs(number(value, "abs"))


def round_(_scope: Scope, value: Any, precision: Any = 0, method: Any = "common") -> Any:
    given = number(value, "round")
    if isinstance(precision, bool) or not isinstance(precision, int) or not -30 <= precision <= 30:
        raise Fault("the precision of `round` is an integer from -30 to 30")
    try:
        match method:
            case "common":
                return round(given, precision)
            case "ceil" | "floor":
                return checked((math.ceil if method == "ceil" else math.floor)(given * 10**precision) / 10**precision)
            case _:
                raise Fault("the method of `round` is 'common', 'ceil' or 'floor'")
    except (OverflowError, ValueError):
        raise Fault("this number cannot be rounded") from None


def to_int(_scope: Scope, value: Any, default: Any = 0, base: Any = 10) -> Any:
    """An integer, or ``default`` where the value is none, as in Jinja2."""
    if isinstance(base, bool) or not isinstance(base, int) or not (base == 0 or 2 <= base <= 36):
        raise Fault("the base of `int` is 0 or an integer from 2 to 36")
    try:
        if isinstance(value, str):
            try:
                found = int(value[:400], base)
            except ValueError:
                found = int(float(value[:400]))
        elif isinstance(value, (int, float)):
            found = int(value)
        else:
            return default
    except (ValueError, OverflowError):
        return default
    return found if fits(found) else default


def to_float(_scope: Scope, value: Any, default: Any = 0.0) -> Any:
    """A number, or ``default`` where the value is none, as in Jinja2; NaN and infinities count as none."""
    try:
        found = float(value[:400] if isinstance(value, str) else value)
    except (ValueError, TypeError, OverflowError):
        return default
    return found if math.isfinite(found) else default
