"""What only the former version of an object can show. Source: spec 5, *Operation*.

CEL in the CRD says the same of immutability as far as it sees; it does not see into every value, and it is
not there where somebody took the rules out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from joinery.problems import Problem
from joinery.validation.operations import NOTHING_TO_RUN

FROZEN = ("joins", "params", "component", "componentRef")


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, types included (1 is not true); total, whatever their depth."""
    waiting = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if type(left) is not type(right):
            return False
        match left:
            case dict():
                if left.keys() != right.keys():
                    return False
                waiting += [(left[key], right[key]) for key in left]
            case list():
                if len(left) != len(right):
                    return False
                waiting += zip(left, right, strict=True)
            case _:
                if left != right:
                    return False
    return True


def is_resolved(operation: Mapping[str, Any]) -> bool:
    """Whether it has a recorded resolution, good or bad: from then on what was asked cannot change."""
    return bool(_mapping(operation.get("status")).get("resolvedAt"))


def frozen_problems(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[Problem]:
    """What was changed of an operation that is resolved, and must not be."""
    after, before = _mapping(new.get("spec")), _mapping(old.get("spec"))
    return [
        Problem(
            message="cannot be changed: the operation is resolved, and its record stays true to what was asked",
            path=f"spec.{field}",
            rule="immutable",
            hint="create a new operation, under a new name",
        )
        for field in FROZEN
        if not same(after.get(field), before.get(field))
    ]


def mendable(problems: Iterable[Problem], *, launches: bool) -> list[Problem]:
    """Of the errors of a resolved operation, those that an edit can mend: what is frozen is past judging, so that
    a newer and stricter Joinery forbids nobody to stop an operation. ``launches``: the edit asks for the Job now."""
    return [
        problem for problem in problems if (problem.rule == NOTHING_TO_RUN and launches) or not _is_frozen(problem.path)
    ]


def launches(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether this edit ends the suspension."""
    return bool(_mapping(old.get("spec")).get("suspend")) and not _mapping(new.get("spec")).get("suspend")


def edit_warnings(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Problem]:
    """Edits that are allowed and do nothing, or not what they seem to."""
    after, before = _mapping(new.get("spec")), _mapping(old.get("spec"))
    status = _mapping(old.get("status"))
    job = status.get("jobRef")
    if job and bool(after.get("suspend")) != bool(before.get("suspend")):
        yield _ignored("suspend", "the Job exists, and goes on as it is", "`stop: true` ends it, for good")
    if job and not same(after.get("termination"), before.get("termination")):
        yield _ignored("termination", "the Job exists, and keeps what it was made with", None)
    if before.get("stop") and not after.get("stop") and status.get("resolvedAt"):
        yield _ignored("stop", "what was stopped stays stopped", "create a new operation, under a new name")


def _ignored(field: str, why: str, hint: str | None) -> Problem:
    return Problem(message=f"changing it has no effect any more: {why}", path=f"spec.{field}", rule="late", hint=hint)


def _is_frozen(path: str) -> bool:
    field = path.removeprefix("spec.").partition(".")[0].partition("[")[0]
    return path.startswith("spec.") and field in FROZEN


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
