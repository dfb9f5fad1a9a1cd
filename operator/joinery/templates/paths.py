"""Names, and keys behind dots, without Jinja2: what most expressions are. Its import takes as long as a small lint.

The steps for both are made here, so that a path means the same whichever way it was read.
"""

from __future__ import annotations

import re
from typing import Any

from joinery.templates.lookup import get_item
from joinery.templates.values import Missing, NameUse, Scope, Step, undefined

_PATH = re.compile(r"\s*(?P<name>[A-Za-z][A-Za-z0-9_]*)(?P<keys>(?:\.[A-Za-z][A-Za-z0-9_]*){0,16})\s*")
# Words of Jinja2's own: it says what is wrong with them.
_WORDS = frozenset(
    (
        *("true", "false", "none", "True", "False", "None"),
        *("not", "and", "or", "in", "is", "if", "else", "elif", "recursive"),
    )
)


def read_path(text: str) -> tuple[Step, NameUse] | None:
    """The step of an expression that is a name or a plain path (``metrics.loss``) and nothing else."""
    found = _PATH.fullmatch(text) if text.isascii() else None
    if found is None or found["name"] in _WORDS:
        return None
    position = found.start("name")
    step = name_step(found["name"], position)
    place = found.start("keys")
    for key in found["keys"].split(".")[1:]:
        step = key_step(step, key, place + 1)
        place += len(key) + 1
    return step, NameUse(found["name"], position)


def name_step(name: str, position: int) -> Step:
    """What reads a name."""

    def look(scope: Scope) -> Any:
        names = scope.names
        if name in names:
            return names[name]
        return Missing(undefined(name, names, what="the name").at(position, len(name)))

    return look


def key_step(inner: Step, key: str, position: int) -> Step:
    """What reads a key of what ``inner`` gives."""
    return lambda scope: get_item(inner(scope), key, position)
