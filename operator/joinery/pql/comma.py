"""A bare value that looks like a forgotten comma: ``status: succeeded kind: job``.

Source: spec 1, *Never silently wrong*.
"""

from __future__ import annotations

import re

from joinery.pql.ast import Operand
from joinery.pql.fields import BY_NAME, LIVE_STATE, REFUSED
from joinery.pql.templates import raws_of

_CLAUSE = re.compile(r"\s(([A-Za-z_][A-Za-z0-9_]*+)(?:\.[^\s:]*+)?)\s*+:")
_ROOTS = frozenset(name.split(".")[0] for name in (*BY_NAME, *REFUSED, LIVE_STATE))


def forgotten_comma(operand: Operand) -> str | None:
    """The field that stands inside a bare value, with its colon; None when there is none."""
    for raw in raws_of(operand):
        if raw.quoted:
            continue
        for part in raw.parts:
            if not isinstance(part, str):
                continue
            for found in _CLAUSE.finditer(part):
                if found[2] in _ROOTS:
                    return found[1]
    return None
