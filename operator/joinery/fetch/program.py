"""What the programs have in common: an event loop, SIGTERM, and an end that people and the operator can read."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from joinery.fetch.errors import FAILED, FetchError
from joinery.fetch.progress import Say, say
from joinery.fetch.retry import reason
from joinery.fetch.summary import Summary, leave
from joinery.problems import JoineryError

STOPPED = 128 + signal.SIGTERM


def end_well(
    work: Callable[[], Coroutine[Any, Any, Summary]], *, what: str, message: Path | None, tell: Say = say
) -> int:
    """Run it; the exit code. What came of it is logged and left as the termination message, never a traceback."""
    try:
        summary = asyncio.run(work())
    except JoineryError as error:
        code = error.code if isinstance(error, FetchError) else FAILED
        return _failed(f"{what} failed: {error}", code, message, tell)
    except (asyncio.CancelledError, KeyboardInterrupt):
        return _failed(f"{what} was stopped before it was done", STOPPED, message, tell)
    except Exception as error:  # the last line of defence: a fault of ours is one line
        if os.environ.get("JOINERY_DEBUG"):
            raise
        return _failed(f"{what} failed: {type(error).__name__}: {reason(error)}", FAILED, message, tell)
    leave(summary.text(), message)
    return 0


def stop_on_signals(stop: Callable[[], object]) -> None:
    """SIGTERM and SIGINT call ``stop``. The first process of a container would else not hear them at all."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    # `joinery collect` blocks it at its very start, so that none is lost before there is a handler.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _failed(text: str, code: int, message: Path | None, tell: Say) -> int:
    tell(text)
    leave(text, message)
    return code
