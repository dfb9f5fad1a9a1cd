"""What training code imports to record a run: ``with joinery.start_run(project="mnist") as run: …``.

Python's standard library alone; nothing else of Joinery is imported. Exported as ``joinery.tracking``.
"""

from __future__ import annotations

from joinery.client.run import Run
from joinery.client.start import start_run

__all__ = ["Run", "start_run"]
