"""Where ``joinery`` and ``kubectl-joinery`` start."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import PurePath


def main() -> None:
    """Run the command line and exit with its code."""
    if sys.argv[1:2] == ["collect"]:
        # SIGTERM says that the main container has ended, which may be at once. The first process of a container
        # does not hear a signal that it has no handler for yet; a blocked one waits for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    # A short-lived program: what is imported stays, so that collecting garbage among it is time lost, at exit too,
    # and no plugin of pydantic's is looked for in every installed package.
    gc.set_threshold(100_000, 20, 100)
    atexit.register(gc.freeze)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

    from joinery.cli.app import build

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show ✓ gets ?, not a fault
            stream.reconfigure(errors="backslashreplace")
    build(*sys.argv[1:2])(prog_name=program_name(sys.argv[0]))


def program_name(invoked: str) -> str:
    """What a person typed: as a kubectl plugin, ``kubectl joinery``."""
    return "kubectl joinery" if PurePath(invoked).stem == "kubectl-joinery" else "joinery"


if __name__ == "__main__":
    main()
