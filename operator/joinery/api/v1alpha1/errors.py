"""From what pydantic reports to what a person needs: one ``Problem`` each, with path, meaning and hint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from joinery.api.v1alpha1.limits import MAX_SHOWN_VALUE
from joinery.problems import Problem, did_you_mean

_CARRIER = "joinery"
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def refuse(*problems: Problem) -> PydanticCustomError:
    """An error for validators to raise that carries whole problems through pydantic."""
    text = "; ".join(problem.message for problem in problems)
    return PydanticCustomError(_CARRIER, "{text}", {"text": text, "problems": problems})


def problems_of(error: ValidationError) -> list[Problem]:
    """Every problem of a pydantic error, in its order, with paths from the model that was validated."""
    found: list[Problem] = []
    for detail in error.errors(include_url=False):
        prefix = path_of(part for part in detail["loc"] if part != "[key]")
        if detail["type"] == _CARRIER:
            found += [problem.at(prefix) for problem in detail.get("ctx", {})["problems"]]
        else:
            found.append(_translate(detail, prefix))
    return found


def path_of(location: Iterable[str | int]) -> str:
    """A path as kubectl writes it: ``spec.joins[0].params.x``; keys that are no plain words in brackets."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            path += f".{part}" if path else part
        else:
            path += f"[{part if len(part) <= MAX_SHOWN_VALUE else part[:MAX_SHOWN_VALUE] + '…'}]"
    return path


def describe(value: Any) -> str:
    """What a value is, for "must be X, and is Y": cut, and on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {_number(value)}"
        case str():
            shown = value if len(value) <= MAX_SHOWN_VALUE else value[:MAX_SHOWN_VALUE] + "…"
            return 'the text "' + "".join(c if c.isprintable() else " " for c in shown) + '"'
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a mapping"
        case _:
            return f"a Python {type(value).__name__}"


def _number(value: float) -> str:
    if isinstance(value, int) and value.bit_length() > 256:
        return "of more than 70 digits"
    return str(value)


def _translate(detail: ErrorDetails, path: str) -> Problem:
    given, context = detail.get("input"), detail.get("ctx", {})
    wrong = {
        "string_type": "text",
        "bool_type": "true or false",
        "int_type": "a whole number",
        "float_type": "a number",
        "list_type": "a list",
        "dict_type": "a mapping",
        "model_type": "a mapping",
    }
    match detail["type"]:
        case "missing":
            return Problem(message="is required", path=path, rule="required")
        case kind if kind in wrong:
            hint = None
            if kind == "string_type" and isinstance(given, int | float):
                hint = "write it in quotes to make it text"
            return Problem(
                message=f"must be {wrong[kind]}, and is {describe(given)}", path=path, rule="wrong-type", hint=hint
            )
        case "string_too_long":
            return Problem(
                message=f"is longer than the {context['max_length']} characters it may have", path=path, rule="too-long"
            )
        case "string_too_short":
            return Problem(message="is empty", path=path, rule="empty")
        case "too_long":
            length = context.get("actual_length") or "more"
            return Problem(
                message=f"has {length} entries, and may have {context['max_length']}", path=path, rule="too-many"
            )
        case "too_short":
            return Problem(message=f"needs at least {context['min_length']}", path=path, rule="too-few")
        case "literal_error":
            known = re.findall(r"'([^']*)'", str(context.get("expected", "")))
            return Problem(
                message=f"must be one of {', '.join(f'`{name}`' for name in known)}, and is {describe(given)}",
                path=path,
                rule="not-one-of",
                hint=did_you_mean(given, known) if isinstance(given, str) else None,
            )
        case "greater_than_equal":
            return Problem(
                message=f"must be at least {context['ge']}, and is {describe(given)}", path=path, rule="range"
            )
        case "less_than_equal":
            return Problem(
                message=f"must be at most {context['le']}, and is {describe(given)}", path=path, rule="range"
            )
        case kind:
            return Problem(message=f"{detail['msg']}, and is {describe(given)}", path=path, rule=kind.replace("_", "-"))
