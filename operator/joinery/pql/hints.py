"""What was meant by a clause that other languages write so, and this one does not."""

from __future__ import annotations

import re

from joinery.pql.operand import COMPARISONS

_SIGNS = tuple(sign for sign, _ in COMPARISONS)
_KEYWORD = re.compile(r"\s(?:and|or|\|)(?:\s|$)", re.IGNORECASE)


def without_colon(word: str, rest: str) -> str:
    """What to write for ``word rest``, where a colon is missing between the two (``loss <0.1``, ``kind = job``)."""
    if word.casefold() == "not":
        return "`~` negates: `field: ~value`, or `~( … )`"
    rest = _KEYWORD.split(rest, maxsplit=1)[0].strip()
    if rest.startswith(_SIGNS) and rest.strip("<>= "):
        return f"write `{word}: {rest}`"
    if rest.startswith("!=") and rest.strip("!= "):
        return f"write `{word}: ~{rest[2:].strip('= ')}`"
    if rest.startswith("=") and rest.strip("= "):
        return f"write `{word}: {rest.strip('= ')}`"
    if rest.casefold() == "in":
        return f"write `{word}: a|b`"
    return f"a clause is `field: value`, for example `{word}: …`"
