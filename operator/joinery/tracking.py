"""Record runs from training code: ``from joinery.tracking import start_run``."""

from __future__ import annotations

from joinery.client import Run, start_run

__all__ = ["Run", "start_run"]
