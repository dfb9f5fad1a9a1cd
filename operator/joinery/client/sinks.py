"""Where changes go: a folder, the cluster, or the termination message. What they have in common."""

from __future__ import annotations

from typing import Protocol

from joinery.client.record import Address, Changes


class Away(Exception):
    """It cannot be written now; later it may be. ``wait``: seconds that the other side asked for.

    ``overtaken``: somebody else wrote in between, which is how several writers of one Run get along: not worth a word.
    """

    def __init__(self, reason: str, *, wait: float = 0.0, overtaken: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.overtaken = wait, overtaken


class Refused(Exception):
    """It can never be written here: no right, or no such object. Something else must take it."""


class Sink(Protocol):
    """Takes changes. Used by one thread at a time."""

    @property
    def where(self) -> str:
        """For people: ``the Run ns/name``, or a path."""

    def write(self, changes: Changes) -> dict[Address, str]:
        """Write them; what was not taken, with the reasons. Raises Away and Refused. Writing twice does no harm."""

    def withdraw(self) -> None:
        """What was left here is written elsewhere by now: take it away."""

    def close(self) -> None:
        """Nothing more comes: hold nothing open."""

    def after_fork(self) -> None:
        """In a child process: share no connection with the parent."""
