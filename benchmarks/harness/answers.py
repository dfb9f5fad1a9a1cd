"""Answers are compared before anything is timed. A difference is described; without a known cause it is an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one answer beside the reference. ``cause`` is "" where nothing differs, or where nobody knows why."""

    same: bool
    difference: str = ""
    cause: str = ""

    @property
    def wrong(self) -> bool:
        """Whether it differs and nobody said why."""
        return not self.same and not self.cause


def judge(reference: Answer, answer: Answer, cause: str = "") -> Verdict:
    """The ordered uuids first, then every value."""
    difference = _runs(reference["uuids"], answer["uuids"]) or _values(reference, answer)
    return Verdict(same=not difference, difference=difference, cause=cause if difference else "")


def _runs(right: list[str], found: list[str]) -> str:
    if right == found:
        return ""
    missing, extra = set(right) - set(found), set(found) - set(right)
    if missing or extra:
        return f"{len(found)} runs where {len(right)} are right: {len(missing)} missing, {len(extra)} not among them"
    if len(right) != len(found):
        return f"{len(found)} runs where {len(right)} are right, some more than once"
    place = next(index for index, (a, b) in enumerate(zip(right, found, strict=True)) if a != b)
    moved = sum(a != b for a, b in zip(right, found, strict=True))
    return f"the same {len(right)} runs in another order: {moved} places, the first is {place + 1}"


def _values(reference: Answer, answer: Answer) -> str:
    told = []
    for name, right in reference.get("values", {}).items():
        found = answer.get("values", {}).get(name)
        if found is None:
            told.append(f"no {name}")
        elif len(found) != len(right):
            told.append(f"{len(found)} of {len(right)} {name}")
        elif found != right:
            wrong = [index for index, (a, b) in enumerate(zip(right, found, strict=True)) if a != b]
            first = wrong[0]
            shown = f"{_short(found[first])}, not {_short(right[first])}"
            told.append(f"{len(wrong)} of {len(right)} {name} differ, the first: {shown}")
    return "; ".join(told)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
