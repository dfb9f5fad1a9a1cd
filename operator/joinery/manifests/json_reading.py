"""Reading JSON: strictly, as the API server stores it, and quickly where there are 100,000 lines of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from joinery.manifests.json_scan import scan
from joinery.manifests.normal import NotJson, normalise, settle
from joinery.problems import InvalidManifest, Problem

_KEYS = re.compile(rb'"[ \t\r\n]*:')
_SPACE = re.compile(r"[ \t\r\n]*")


class _Suspicious(Exception):
    """Something that the scanner should name, with its place."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Suspicious
    return found


def _refused(_: str) -> Any:
    raise _Suspicious


def _float(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise _Suspicious
    return value


def _int(text: str) -> int | float:
    return int(text) if len(text) < 4000 else _float(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refused, parse_float=_float, parse_int=_int)


def read_json_line(line: bytes, *, file: str = "", number: int = 1) -> Any:
    """One line of JSON lines, normalised. Raises ``InvalidManifest`` with the line and column of each problem."""
    try:
        value = orjson.loads(line)
        if settle(value) == len(_KEYS.findall(line)):
            return value
    except (orjson.JSONDecodeError, NotJson):
        pass
    # Either something is wrong, or a text holds what looks like a key: the strict reader tells which.
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        at = len(line[: error.start].decode(errors="replace")) + 1
        problem = Problem(message=_NO_UTF8, rule="encoding", file=file or None, line=number, column=at)
        raise InvalidManifest(problem) from None
    try:
        return read_json(text.rstrip("\r\n"))
    except InvalidManifest as error:
        raise InvalidManifest(
            replace(problem, file=file or None, line=number + (problem.line or 1) - 1) for problem in error.problems
        ) from None


_NO_UTF8 = "is not UTF-8 text"


def read_json(text: str) -> Any:
    """One JSON value, normalised. Raises ``InvalidManifest`` with line and column from 1."""
    values = list(read_json_values(text))
    if len(values) != 1:
        raise InvalidManifest(
            Problem(message=f"holds {len(values)} JSON values, not one", rule="json", line=1, column=1)
        )
    return values[0][0]


def read_json_values(text: str) -> Iterator[tuple[Any, int, int]]:
    """JSON values one after another, each with where it starts and ends in ``text``. Raises as ``read_json``."""
    position = _end_of_space(text, 0)
    while position < len(text):
        start = position
        try:
            value, position = _DECODER.raw_decode(text, start)
            yield normalise(value), start, position
        except json.JSONDecodeError as error:
            raise InvalidManifest(_syntax(text, error)) from None
        except (_Suspicious, RecursionError, InvalidManifest):
            lead = text.count("\n", 0, start)
            column = start - (text.rfind("\n", 0, start) + 1)
            found = scan(text[start:])[1] or [Problem(message="is nested too deep", rule="too-deep", line=1, column=1)]
            raise InvalidManifest(
                replace(
                    problem,
                    line=(problem.line or 1) + lead,
                    column=(problem.column or 1) + (column if problem.line == 1 else 0),
                )
                for problem in found
            ) from None
        position = _end_of_space(text, position)


def _end_of_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _syntax(text: str, error: json.JSONDecodeError) -> Problem:
    what = error.msg[:1].lower() + error.msg[1:]
    hint = None
    if error.pos >= len(text.rstrip()):
        hint = "it ends too early"
    elif text[error.pos : error.pos + 1] in "}]" or error.msg.startswith("Illegal trailing comma"):
        hint = "a comma before a closing bracket is no JSON"
    return Problem(message=f"is not JSON: {what}", rule="json", hint=hint, line=error.lineno, column=error.colno)
