"""How a process ends, and what open runs do then: at exit, at SIGTERM, and in a child process.

SIGTERM is taken only where nobody has taken it: what was recorded is written (at most 8 s, in a thread of its own,
while training goes on), and the signal is sent again for what it does by default.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from types import FrameType
from typing import Protocol

TERM_SECONDS = 8.0  # less than the 30 s that Kubernetes gives


class Open(Protocol):
    """A run that has not ended."""

    def at_exit(self, *, failed: bool) -> None:
        """The process ends and nobody has ended the run."""

    def at_term(self, timeout: float) -> None:
        """The process was told to end."""

    def after_fork(self) -> None:
        """This is a child process now."""


_open: list[Open] = []
_installed = False


def opened(run: Open) -> None:
    """Mind this run from now on."""
    global _installed
    if not _installed:
        _installed = True
        atexit.register(_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_after_fork)
    _open.append(run)
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _at_term)


def ended(run: Open) -> None:
    """The run has ended; with the last one, SIGTERM is given back."""
    if run in _open:
        _open.remove(run)
    if (
        not _open
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is _at_term
    ):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _at_exit() -> None:
    # Python keeps the exception that ended the program, if one did.
    failed = getattr(sys, "last_value", None) is not None
    for run in tuple(_open):
        run.at_exit(failed=failed)


def _at_term(number: int, _frame: FrameType | None) -> None:
    """A handler interrupts the main thread anywhere, locks in its hands: it only starts another thread."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one does not wait
    threading.Thread(target=_end, args=(number,), name="joinery-ending", daemon=True).start()


def _end(number: int) -> None:
    try:
        for run in tuple(_open):
            run.at_term(TERM_SECONDS / max(1, len(_open)))
    finally:
        os.kill(os.getpid(), number)


def _after_fork() -> None:
    for run in tuple(_open):
        run.after_fork()
