"""The phases of a Run: as Kubernetes writes them, and as Polyaxon and PQL read them.

Source: spec 5, *Run* (phases read as Polyaxon writes them: ``upstream_failed``).
"""

from __future__ import annotations

PHASES = (
    *("Created", "OnSchedule", "Compiled", "Queued", "Scheduled", "Starting", "Running", "Processing", "Stopping"),
    *("Resuming", "Retrying", "Warning", "Unschedulable", "Unknown", "Succeeded", "Failed", "UpstreamFailed"),
    *("Stopped", "Skipped"),
)


def snake(name: str) -> str:
    """``UpstreamFailed`` as ``upstream_failed``."""
    return "".join(f"_{char.lower()}" if char.isupper() and index else char.lower() for index, char in enumerate(name))


def fold(text: str) -> str:
    """Lower case without ``_`` and ``-``: how status, kind and runtime are compared (spec 2, Operands)."""
    return text.casefold().replace("_", "").replace("-", "")


POLYAXON_NAMES = {phase: snake(phase) for phase in PHASES}
KUBERNETES_NAMES = {polyaxon: phase for phase, polyaxon in POLYAXON_NAMES.items()}
_BY_FOLDED = {fold(phase): polyaxon for phase, polyaxon in POLYAXON_NAMES.items()}


def read_phase(text: str) -> str | None:
    """The phase as Polyaxon writes it, whatever its case and dashes; None for a word that is no phase."""
    return POLYAXON_NAMES.get(text) or _BY_FOLDED.get(fold(text))
