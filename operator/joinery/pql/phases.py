"""How status, kind and runtime are compared, and the phases that ``status`` can be.

Source: spec 2, *Operands*; spec 5, *Run* (phases as Polyaxon writes them).
"""

from __future__ import annotations

from joinery.problems import nearest

PHASES = (
    *("created", "on_schedule", "compiled", "queued", "scheduled", "starting", "running", "processing", "stopping"),
    *("resuming", "retrying", "warning", "unschedulable", "unknown", "succeeded", "failed", "upstream_failed"),
    *("stopped", "skipped"),
)

# What people write for them elsewhere.
_MEANT = {
    **dict.fromkeys(("success", "successful", "done", "complete", "completed", "finished"), "succeeded"),
    **dict.fromkeys(("error", "failure", "crashed"), "failed"),
    **dict.fromkeys(("cancelled", "canceled", "aborted", "killed", "terminated"), "stopped"),
    **dict.fromkeys(("pending", "waiting"), "queued"),
}


def fold(text: str) -> str:
    """Case-folded, without ``_`` and ``-``."""
    return text.casefold().replace("_", "").replace("-", "")


FOLDED_PHASES = frozenset(map(fold, PHASES))


def nearest_phases(word: str) -> list[str]:
    """The phases that ``word`` most likely means, best first; empty when it looks like none."""
    found = nearest(word, (*PHASES, *_MEANT))
    return list(dict.fromkeys(_MEANT.get(name, name) for name in found))
