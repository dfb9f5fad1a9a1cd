"""Lines in the log: how far it is, every few seconds, and what is tried again."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

EVERY = 5.0  # seconds between lines of progress
Say = Callable[[str], None]


def say(line: str) -> None:
    """One line, at once."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Progress:
    """Counts files and bytes, and says so now and then."""

    def __init__(self, what: str, *, tell: Say = say) -> None:
        self.what, self.tell = what, tell
        self.files = self.bytes = self.expected = 0
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def add(self, size: int) -> None:
        self.files += 1
        self.bytes += size

    def line(self) -> str:
        return f"{self.what}: {self.files:,} of {self.expected:,} files, {amount(self.bytes)}, {self.seconds:.1f} s"

    async def report(self) -> None:
        """Says how far it is, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            self.tell(self.line())


def amount(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("the last unit takes any count")
