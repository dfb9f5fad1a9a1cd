"""Problems as the API server hands them on: one message for people, causes for programs, warnings for kubectl.

Kubernetes' rules for warnings: one line each, at most 256 characters and best under 120, 4,096 in all, else they are
cut or dropped on the way (k8s.io/api/admission/v1, *Warnings*).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from joinery.problems import Problem

MAX_MESSAGE = 32 * 1024  # characters
MAX_CAUSES = 256
MAX_CAUSE = 2_048
MAX_WARNING = 256
MAX_WARNINGS = 3_584  # characters in all, with room left for what other webhooks say

_PLAIN = {"…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "→": "->", "≤": "<=", "≥": ">="}
_TO_ASCII = str.maketrans(_PLAIN)


def message(problems: Sequence[Problem]) -> str:
    """Every problem with its path, one after the other; what is beyond the cap is counted."""
    shown: list[str] = []
    room = MAX_MESSAGE
    for number, problem in enumerate(problems):
        text = printable(str(problem))[:MAX_CAUSE]
        room -= len(text) + 1
        if room < 0 or number == MAX_CAUSES:
            shown.append(f"and {len(problems) - number} more; `joinery lint` shows all")
            break
        shown.append(text)
    return "\n".join(shown)


def causes(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """``status.details.causes``, in the order of the problems. The API knows no rule of ours for ``reason``."""
    return [
        {
            "reason": "FieldValueInvalid",
            "field": printable(problem.path)[:MAX_CAUSE] or "<root>",
            "message": printable(str(replace(problem, path="")))[:MAX_CAUSE],
        }
        for problem in problems[:MAX_CAUSES]
    ]


def warnings(problems: Sequence[Problem]) -> list[str]:
    """Each warning as one line of ASCII."""
    lines: list[str] = []
    room = MAX_WARNINGS
    for number, problem in enumerate(problems):
        line = _line(problem)
        room -= len(line)
        if room < 0:
            lines.append(f"and {len(problems) - number} more warnings; `joinery lint` shows all")
            break
        lines.append(line)
    return lines


def printable(text: str) -> str:
    """Control characters, and half surrogates that no JSON can hold, shown as spaces; line ends stay."""
    return "".join(c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs", "Cf"} else " " for c in text)


def _line(problem: Problem) -> str:
    where = f"{problem.path}: " if problem.path else ""
    whole = f"{where}{problem.message}" + (f" ({problem.hint})" if problem.hint else "")
    plain = " ".join(printable(whole[: 4 * MAX_WARNING]).translate(_TO_ASCII).split())
    ascii_only = plain.encode("ascii", errors="replace").decode()
    return ascii_only if len(ascii_only) <= MAX_WARNING else ascii_only[: MAX_WARNING - 3] + "..."
