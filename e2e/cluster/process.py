"""Starting programs and ending them by their id: only ever what was started here."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

# "The parent's death", to the kernel, is that of the thread which started the child: this one lives as long as we do.
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


@dataclass(frozen=True, kw_only=True)
class Process:
    """A program that runs. ``started`` tells it from a later process that got the same id."""

    name: str
    pid: int
    started: str

    @property
    def alive(self) -> bool:
        return _started(self.pid) == self.started

    def end(self, *, patience: float = 15.0, kill: bool = False) -> None:
        """SIGTERM, and SIGKILL after ``patience`` seconds (at once with ``kill``); returns when it is gone."""
        for number in (signal.SIGKILL,) if kill else (signal.SIGTERM, signal.SIGKILL):
            if not self.alive:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            deadline = time.monotonic() + patience
            while self.alive and time.monotonic() < deadline:
                self._reap()
                time.sleep(0.02)

    def _reap(self) -> None:
        """Our own child stays a zombie until it is waited for; another's is not ours to wait for."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)


def start(
    name: str, command: Sequence[str | Path], *, log: Path, with_parent: bool, environment: dict[str, str] | None = None
) -> Process:
    """Start a program whose output goes to the end of ``log``.

    ``with_parent``: it ends when the process that started it does, however that ends (Linux); otherwise it
    runs on by itself, in a session of its own.
    """
    with log.open("ab") as output:
        child = _STARTER.submit(
            subprocess.Popen,
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=environment,
            preexec_fn=_die_with_parent if with_parent else None,
        ).result()
    process = Process(name=name, pid=child.pid, started=_started(child.pid) or "")
    # Popen would warn at its end that the child still runs; it is ended, and waited for, by its id.
    child.returncode = 0
    return process


def _die_with_parent() -> None:
    death_signal = 1  # PR_SET_PDEATHSIG
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(death_signal, signal.SIGTERM)


def _started(pid: int) -> str | None:
    """When the process was started, in the kernel's ticks; None once it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _ports() -> Iterator[int]:
    """Ports below those that the kernel gives to outgoing connections, in turn, from a place of our own on."""
    lowest, highest = 10_000, 32_768
    with contextlib.suppress(OSError):
        highest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    if highest - lowest < 5_000:
        lowest, highest = 10_000, 60_000  # the kernel takes them all: there is nothing better
    begin = random.SystemRandom().randrange(highest - lowest)
    return (lowest + (begin + step) % (highest - lowest) for step in itertools.count())


_PORTS = _ports()


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now, and that is given once.

    Whoever asks starts a program there a moment later, or starts it there again: until then no outgoing connection
    must take the port, and nobody else who asks.
    """
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always one more")


def last_lines(log: Path, *, count: int = 8) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return "\n".join(f"  {line[:400]}" for line in lines[-count:])
