"""Objects of a cluster as people name them on the command line: ``compare``, ``op/compare``, ``run/train-3``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from joinery.problems import InvalidValue, Problem, did_you_mean

_KINDS = {
    "operation": "Operation", "operations": "Operation", "op": "Operation", "ops": "Operation",
    "run": "Run", "runs": "Run",
}  # fmt: skip
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_FILES = (".yaml", ".yml", ".json", ".jsonl", ".ndjson", ".gz")
LONGEST = 253


@dataclass(frozen=True, slots=True)
class ObjectName:
    """``kind`` is ``Operation``, ``Run``, or None where the person did not say."""

    kind: str | None
    name: str


def parse_name(text: str, *, kind: str | None = None) -> ObjectName:
    """``NAME`` or ``KIND/NAME``, as kubectl takes them. ``kind`` is the only one that will do. Raises InvalidValue."""
    written, slash, name = text.rpartition("/")
    found = _KINDS.get(written.casefold().removesuffix(".joinery.dev").partition(".")[0]) if slash else None
    if slash and found is None:
        hint = did_you_mean(written, _KINDS) or "write NAME, operation/NAME or run/NAME"
        raise InvalidValue(Problem(message=f"`{text}`: there is no kind `{written}` here", rule="name", hint=hint))
    if kind is not None and found not in (None, kind):
        raise InvalidValue(Problem(message=f"`{text}` is a {found}, and this takes an {kind}", rule="name"))
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        raise InvalidValue(
            Problem(
                message=f"`{name[:LONGEST]}` is no name of an object",
                rule="name",
                hint="names are lower-case letters, digits, `-` and `.`",
            )
        )
    return ObjectName(found or kind, name)


def is_uuid(text: str) -> bool:
    """Whether it is a Run's uuid, with or without dashes."""
    return _UUID.fullmatch(text) is not None


def names_a_file(text: str) -> bool:
    """Whether a person means a file and not an object: it is there, or it looks like a path or a pattern."""
    prefix, slash, _ = text.partition("/")
    if slash and prefix.casefold().partition(".")[0] in _KINDS:
        return Path(text).exists()
    return text == "-" or bool(slash) or text.endswith(_FILES) or any(c in text for c in "*?[\\") or Path(text).exists()
