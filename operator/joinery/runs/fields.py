"""Readers of single fields of a Run's manifest. Each notes what is wrong and goes on: all is reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from joinery.problems import Problem
from joinery.runs.plain import plain_mapping, plain_text
from joinery.runs.times import parse_time

Problems = list[Problem]
_UUID = re.compile(r"[0-9a-f]{32}")
_NOTHING: Mapping[str, Any] = {}
_NAMES: dict[type, str] = {
    bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a mapping",
}  # fmt: skip


def shape(value: Any) -> str:
    """What ``value`` is, in words: ``a list``."""
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)


def shown(value: Any) -> str:
    """``value`` as an error shows it: quoted, and cut at 80 characters."""
    text = repr(value) if not isinstance(value, str) else repr(value[:81])
    return text if len(text) <= 82 else f"{text[:80]}…"


def note(problems: Problems, path: str, message: str, hint: str | None = None) -> None:
    """Add one problem of a damaged Run."""
    problems.append(Problem(path=path, message=message, rule="damaged-run", hint=hint))


def mapping(parent: Mapping[str, Any], key: str, path: str, problems: Problems) -> Mapping[str, Any]:
    """A mapping, or an empty one where it is absent, null or something else."""
    value = parent.get(key)
    if value is None:
        return _NOTHING
    if type(value) is dict or isinstance(value, Mapping):
        return value
    note(problems, f"{path}{key}", f"must be a mapping, and is {shape(value)}")
    return _NOTHING


def values(parent: Mapping[str, Any], key: str, path: str, problems: Problems) -> Mapping[str, Any]:
    """A mapping of any JSON, normalised as the API server stores it."""
    value = mapping(parent, key, path, problems)
    if not value:
        return _NOTHING
    try:
        return plain_mapping(value)
    except ValueError as error:
        note(problems, f"{path}{key}", str(error))
        return _NOTHING


def text(parent: Mapping[str, Any], key: str, path: str, problems: Problems) -> str | None:
    """A text, or None where it is absent, null, empty or something else."""
    value = parent.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value if value.isascii() else plain_text(value)
    note(problems, f"{path}{key}", f"must be a text, and is {shape(value)}", "put it in quotes")
    return None


def texts(parent: Mapping[str, Any], key: str, path: str, problems: Problems) -> Mapping[str, str]:
    """A mapping of texts to texts: labels and annotations."""
    value = mapping(parent, key, path, problems)
    if not value:
        return value
    for name, item in value.items():
        if type(name) is not str or type(item) is not str:
            note(problems, f"{path}{key}", f"{shown(name)} must be a text, and is {shape(item)}", "put it in quotes")
            return _NOTHING
    return {plain_text(name): plain_text(item) for name, item in value.items()}


def time(parent: Mapping[str, Any], key: str, path: str, problems: Problems) -> int | None:
    """A time in microseconds, or None."""
    value = parent.get(key)
    if value is None:
        return None
    try:
        return parse_time(value)
    except (TypeError, ValueError):
        note(problems, f"{path}{key}", f"{shown(value)} is no time", "write it as 2026-01-31T12:00:00Z")
        return None


def is_uuid(text: str) -> bool:
    """Whether a text is 32 lower-case hex digits."""
    return len(text) == 32 and _UUID.fullmatch(text) is not None


def uuid(value: Any, path: str, problems: Problems) -> str | None:
    """A uuid as 32 lower-case hex digits; dashes and capitals are taken too."""
    if isinstance(value, str):
        if is_uuid(value):
            return value
        bare = value.replace("-", "").lower() if len(value) <= 64 else ""
        if _UUID.fullmatch(bare):
            return bare
    note(problems, path, f"{shown(value)} is no uuid", "a uuid is 32 hex digits, with dashes or without")
    return None


def entries(parent: Mapping[str, Any], key: str, path: str, problems: Problems) -> list[tuple[str, Mapping[str, Any]]]:
    """The mappings of a list, each with its path."""
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        note(problems, f"{path}{key}", f"must be a list, and is {shape(value)}")
        return []
    found = []
    for index, item in enumerate(value):
        place = f"{path}{key}[{index}]"
        if type(item) is dict or isinstance(item, Mapping):
            found.append((f"{place}.", item))
        else:
            note(problems, place, f"must be a mapping, and is {shape(item)}")
    return found
