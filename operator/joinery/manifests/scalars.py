"""What a YAML scalar means to kubectl: the rules of the YAML reader behind it, which are YAML 1.1's with changes.

Source: spec 3, *Reading YAML and JSON*. ``1e-3``, ``1e5``, ``0o17``, ``017`` and ``1_000`` are numbers; dates and
``12:30`` are texts; ``y n yes no on off`` are booleans; an integer beyond 64 bits is a float.
"""

from __future__ import annotations

import base64
import binascii
import re
from math import isinf

from joinery.manifests.normal import NotJson, number

Scalar = str | int | float | bool | None

_TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
_FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}
_WORDS: dict[str, Scalar] = (
    dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False) | dict.fromkeys(("", "~", "null", "Null", "NULL"), None)
)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FIRST = frozenset("0123456789+-.")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SHORT = "tag:yaml.org,2002:"


def resolve(plain: str) -> Scalar:
    """The value of an unquoted scalar without a tag. Raises ``NotJson`` for what JSON has no number for."""
    if not plain or plain[0] not in _FIRST:
        return _WORDS.get(plain, plain)
    if _NOT_FINITE.fullmatch(plain):
        word = "NaN" if "a" in plain.lower() else "-Infinity" if plain[0] == "-" else "Infinity"
        raise NotJson(f'`{plain}` is no JSON; write it as text: "{word}"')
    digits = plain if plain[0] == "." else plain.replace("_", "")
    if match := _INTEGER.fullmatch(digits):
        sign, *parts = match.groups()
        for part, base in zip(parts, (16, 2, 8, 10), strict=True):
            if part is not None:
                if base == 10 and len(part) > 20:
                    break
                whole = int(part, base)
                if -(2**63) <= (-whole if sign == "-" else whole) < 2**64:
                    return number(-whole if sign == "-" else whole)
    if _FLOAT.fullmatch(digits):
        value = float(digits)
        if isinf(value):
            raise NotJson(f"`{plain[:40]}` is beyond what a double can hold")
        return number(value)
    return plain


def tagged(tag: str, value: str, *, plain: bool) -> Scalar:
    """The value of a scalar with an explicit tag. Raises ``NotJson`` where the tag is unknown or does not fit."""
    name = tag.removeprefix(_SHORT) if tag.startswith(_SHORT) else tag
    if name in ("!", "str", "timestamp"):
        return value
    shown = f"!!{name}" if name != tag else tag
    if name == "binary":
        try:
            return base64.b64decode(value, validate=False).decode()
        except (binascii.Error, ValueError):
            raise NotJson("`!!binary` holds no base64 of UTF-8 text") from None
    known: dict[str, type | tuple[type, ...]] = {"null": type(None), "bool": bool, "int": int, "float": (int, float)}
    if name not in known:
        raise NotJson(f"unknown tag `{shown[:80]}`: kubectl knows none of its own")
    resolved = resolve(value.strip() if not plain else value)
    if not isinstance(resolved, known[name]) or (name in ("int", "float") and isinstance(resolved, bool)):
        raise NotJson(f"`{shown}` does not fit what follows it")
    return resolved
