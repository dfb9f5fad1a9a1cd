"""Values of the types without structure: numbers, booleans, texts. Each takes a value and gives the coerced one,
or raises :class:`Refused` saying what the value is not."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from joinery.templates import compact_json

_INTEGER = re.compile(r"[+-]?[0-9]{1,400}(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
_TRUE = frozenset({"true", "yes", "on", "1", "t", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "f", "n"})
_UUID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_EMAIL = re.compile(
    r"[^\s@<>()\[\]\\,;:\"]{1,64}@(?:localhost|[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)+)"
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:\S*+")
_NEEDS_HOST = ("http:", "https:", "ftp:", "ws:", "wss:")
_IMAGE = re.compile(r"\S++")


class Refused(Exception):
    """A value that a type does not take; its text goes behind the value: ``is not an integer``."""


def integer(value: Any) -> int:
    """1, 1.0, true, and the text "1" (spec 3)."""
    match value:
        case bool() | int():
            return int(value)
        case float() if value.is_integer() and abs(value) < 2**63:
            return int(value)
        case str() if _INTEGER.fullmatch(value.strip()):
            return int(value.strip().partition(".")[0])
    raise Refused("is not an integer")


def number(value: Any) -> float:
    """Integers, true, and texts of a number; NaN and infinities are refused (spec 3)."""
    found = math.nan
    match value:
        case bool() | int() | float():
            try:
                found = float(value)
            except OverflowError:
                raise Refused("is too large for a number") from None
        case str() if _NUMBER.fullmatch(value.strip()):
            found = float(value.strip())
        case _:
            raise Refused("is not a number")
    if not math.isfinite(found):
        raise Refused("is not a finite number")
    return found


def boolean(value: Any) -> bool:
    match value:
        case bool():
            return value
        case int() | float() if value in (0, 1):
            return bool(value)
        case str() if value.lower() in _TRUE:
            return True
        case str() if value.lower() in _FALSE:
            return False
    raise Refused("is not a boolean: true, false, yes, no, on, off, 1, 0, t, f, y or n")


def text(value: Any) -> str:
    """A text as it is; any other value as compact JSON."""
    try:
        return value if isinstance(value, str) else compact_json(value)
    except (RecursionError, ValueError):
        raise Refused("cannot be written as JSON") from None


def _text_of(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise Refused(f"is not {what}: it is no text")
    return value


def path(value: Any) -> str:
    if not _text_of(value, "a path"):
        raise Refused("is empty, and a path is not")
    return str(value)


def uuid(value: Any) -> str:
    """32 hex digits, dashed or not; given as 32 lower-case digits."""
    found = _text_of(value, "a uuid").lower()
    if not _UUID.fullmatch(found):
        raise Refused("is not a uuid: 32 hexadecimal digits, with dashes or without")
    return found.replace("-", "")


def email(value: Any) -> str:
    found = _text_of(value, "an email address")
    if len(found) > 254 or not _EMAIL.fullmatch(found):
        raise Refused("is not an email address")
    return found


def uri(value: Any) -> str:
    found = _text_of(value, "a URI")
    scheme, _, rest = found.partition(":")
    needs_host = f"{scheme.lower()}:" in _NEEDS_HOST
    if not _URI.fullmatch(found) or (needs_host and not rest.strip("/")):
        raise Refused("is not a URI, such as `https://host/path`")
    return found


def image(value: Any) -> str:
    """A container image's name: a text, or a mapping with its ``name``."""
    if isinstance(value, Mapping) and set(value) <= {"name", "connection"}:
        value = value.get("name")
    found = _text_of(value, "an image")
    if not _IMAGE.fullmatch(found) or found.rpartition("/")[2].partition("@")[0].count(":") > 1:
        raise Refused("is not a container image, such as `registry/name:tag`")
    return found
