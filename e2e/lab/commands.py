"""Running other programs: their output in a log, its last lines in the error, and ended when we end."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from cluster.process import last_lines

_started = time.monotonic()
_running: set[subprocess.Popen[bytes]] = set()
_guard = threading.Lock()


class Failed(RuntimeError):
    """A program that we need ended badly; the text holds its last lines."""


def tell(line: str) -> None:
    """Progress, on standard error, with the time since we began."""
    print(f"[{time.monotonic() - _started:4.0f} s] {line}", file=sys.stderr, flush=True)


def run(
    *command: str | Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: bytes | None = None,
) -> None:
    """Run to the end, output appended to ``log``; raises Failed with the last lines."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"$ {' '.join(str(part) for part in command)}\n".encode())
        output.flush()
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=None if environment is None else dict(environment),
            cwd=folder,
        )
        with _guard:
            _running.add(child)
        try:
            child.communicate(stdin)
        finally:
            with _guard:
                _running.discard(child)
    if child.returncode != 0:
        raise Failed(f"{command[0]} ended with code {child.returncode}; {log} ends so:\n{last_lines(log, count=15)}")


def output(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What a short command prints; raises Failed with what it said."""
    said = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=None if environment is None else dict(environment),
        check=False,
    )
    if said.returncode != 0:
        raise Failed(f"{' '.join(str(part) for part in command)}: {(said.stderr or said.stdout).strip()[-1500:]}")
    return said.stdout


def end_all() -> None:
    """End what `run` still has running, each by its own id."""
    with _guard:
        children = list(_running)
    for child in children:
        child.terminate()
