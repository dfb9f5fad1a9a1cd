"""What is said to the person who trains: each thing once, through ``logging``, and never as an exception.

Not through ``warnings``: where those are turned into errors, logging a metric would end the training.
"""

from __future__ import annotations

import logging

LOG = logging.getLogger("joinery.tracking")
MOST = 100  # different notes of one run

_TEXT = 300  # characters of somebody else's text


class Notes:
    """Says each note once, known by its ``about``."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def warn(self, about: str, message: str, *values: object) -> None:
        """Say ``message % values``, unless something about this was said before."""
        if about in self._said or len(self._said) >= MOST:
            return
        self._said.add(about)
        LOG.warning(message, *values)

    def forget(self, about: str) -> None:
        """What was said no longer holds: the next time it is said again."""
        self._said.discard(about)


def short(text: object) -> str:
    """One line of a text that is not ours: no control characters, cut."""
    line = "".join(char if char.isprintable() else " " for char in str(text)[: 4 * _TEXT])
    line = " ".join(line.split())
    return line if len(line) <= _TEXT else f"{line[:_TEXT]}…"
