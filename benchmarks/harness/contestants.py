"""A rival's process, seen from the harness: requests and answers as JSON lines (`rivals/worker.py`)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RIVALS = Path(__file__).resolve().parents[1] / "rivals"


class RivalFailed(Exception):
    """It ended, or said that it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a rival is started. ``max_runs``: more than it can take, or more than is worth waiting for, and why.

    ``store``: entries of one store share what was loaded. ``reference``: the one that the others are compared with.
    """

    name: str
    python: str
    script: str
    arguments: Sequence[str] = ()
    store: str = ""
    max_runs: int = 10_000_000
    why_no_more: str = ""
    reference: bool = False
    wide: bool = True


class Contestant:
    """One rival, running."""

    def __init__(self, entry: Entry, *, rivals: Path = RIVALS) -> None:
        self.name = entry.name
        self.process = subprocess.Popen(
            [entry.python, str(rivals / entry.script), *entry.arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip

    def do(self, what: str, **more: Any) -> dict[str, Any]:
        """Send one request, wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise RivalFailed(f"{self.name} has ended") from None
        line = self.process.stdout.readline()
        if not line:
            raise RivalFailed(f"{self.name} ended before it answered")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise RivalFailed(f"{self.name}: {reply['error']}")
        return reply

    def close(self) -> None:
        """Let it end; it ends what it started."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
