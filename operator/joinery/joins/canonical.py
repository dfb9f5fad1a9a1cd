"""Canonical JSON: RFC 8785 (JCS), save that integers within ±2^63 are written in full (spec 1).

One value has one text, whatever order its keys came in, so that one digest
stands for one snapshot in the cluster and offline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from joinery.runs.plain import plain

_FLOATS: frozenset[type] = frozenset({float, type(None)})
_SIMPLE: frozenset[type] = frozenset({str, bool, type(None)})
# Integers beyond 2^53, which it would write in full beyond 2^63 too, are left to us.
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
# What it writes otherwise: floats with an exponent (the letter first, since a search for that is quick) or without a
# fraction; and keys with a character beyond the first plane, which have another place by UTF-16.
_EXPONENT = re.compile(rb"e(?<=[0-9]e)[-+]?[0-9]")
_BEYOND_FIRST_PLANE = re.compile(rb"[\xf0-\xf4]")
_WHOLE_FLOATS = (b".0,", b".0}", b".0]")


def canonical(value: Any) -> bytes:
    """``value`` (JSON types, normalised) as canonical JSON in UTF-8."""
    return _write(value).encode()


def canonical_number(value: float) -> str:
    """A finite float as ECMAScript's ``Number::toString`` writes it."""
    if value == 0:
        return "0"
    text = repr(value)
    size = abs(value)
    if 1e-4 <= size < 1e16:
        return text.removesuffix(".0")
    sign = "-" if value < 0 else ""
    mantissa, _, power = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).rstrip("0")
    point = len(whole) + int(power or 0)  # where the decimal point stands among the digits
    if size >= 1e21 or size < 1e-6:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{point - 1:+d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits.ljust(point, '0')}"


def _write(value: Any) -> str:
    kind = type(value)
    if kind in _SIMPLE:
        return _dumps(value)
    if kind is int:
        return str(value) if -(2**63) <= value < 2**63 else canonical_number(float(value))
    if kind is float:
        return canonical_number(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    kinds = set(map(type, value))
    if kinds <= _SIMPLE:
        return _dumps(value)
    if kinds <= _FLOATS:
        return _floats(value)
    # Thousands of alike mappings, of which a few may hold a number that is written otherwise.
    return _plainly(value) or "[" + ",".join([_plainly(item) or _write(item) for item in value]) + "]"


def _mapping(value: Mapping[str, Any]) -> str:
    names = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_utf16)
    return "{" + ",".join([f"{_dumps(name)}:{_write(value[name])}" for name in names]) + "}"


def _plainly(value: Any) -> str | None:
    """A list or mapping by one call of the JSON library, where that writes it canonically; else None. What only looks
    like a number, in a text, is taken for one."""
    if not isinstance(value, list | dict):
        return None
    try:
        text = orjson.dumps(value, option=_SORTED)
    except TypeError:
        return None
    if any(whole in text for whole in _WHOLE_FLOATS) or _EXPONENT.search(text):
        return None
    if not text.isascii() and _BEYOND_FIRST_PLANE.search(text):
        return None
    return text.decode()


def _dumps(value: Any) -> str:
    """Texts, booleans and nulls, or a list of them; a lone surrogate is U+FFFD, as the API server has it."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return orjson.dumps(plain(value)).decode()


def _floats(values: list[float | None]) -> str:
    """A list of floats and nulls. Without an exponent the JSON library writes them as ECMAScript does, save for ``.0``
    and −0; where there is one, those beyond 1e-4 and 1e16 are written one by one."""
    text = orjson.dumps(values)[1:-1] + b","
    if _EXPONENT.search(text) or b"-0.0," in text:
        texts = text.decode().split(",")
        for index, value in enumerate(values):
            if value is not None and not (1e-4 <= value < 1e16 or -1e16 < value <= -1e-4):
                texts[index] = canonical_number(value)
        text = ",".join(texts).encode()
    return f"[{text.replace(b'.0,', b',')[:-1].decode()}]"


def _utf16(name: str) -> bytes:
    """RFC 8785 sorts keys by UTF-16 code units."""
    return name.encode("utf-16-be", "surrogatepass")
