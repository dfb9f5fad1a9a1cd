"""A progress bar on standard error: only on a terminal, and only once reading has taken over a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from joinery.local.loading import Progress as Callback

AFTER = 1.0  # seconds


@contextmanager
def reading() -> Iterator[Callback | None]:
    """Gives the callback for ``load_runs(progress=…)``; None where nobody would see the bar."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(time.monotonic())
    try:
        yield bar.advance
    finally:
        bar.stop()


class _Bar:
    def __init__(self, started: float) -> None:
        self._started = started
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def advance(self, done: int, total: int, runs: int) -> None:
        if self._progress is None:
            if time.monotonic() - self._started < AFTER:
                return
            self._start()
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None, runs=f"{runs:,} runs")

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("reading"),
            BarColumn(),
            TextColumn("{task.fields[runs]}"),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task("reading", total=None, runs="")

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
