"""Runs that went a moment ago: one that goes between a search that took it and the commit is named in a warning.

Its values are in the snapshot all the same. What goes while all Runs are loaded anew is not told one by one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]  # namespace, name
KEPT = 10_000  # Runs; far more than go while one operation is resolved
NAMED = 5


@dataclass(slots=True)
class Departed:
    """For one event loop; not thread-safe."""

    _went: OrderedDict[Key, int] = field(default_factory=OrderedDict)
    _count: int = 0

    def note(self, namespace: str, name: str) -> None:
        """The store has applied the deletion of this Run."""
        self._count += 1
        self._went[namespace, name] = self._count
        self._went.move_to_end((namespace, name))
        while len(self._went) > KEPT:
            self._went.popitem(last=False)

    def mark(self) -> int:
        """Now: to ask later what has gone since."""
        return self._count

    def warnings(self, mark: int, namespace: str, taken: Iterable[str]) -> list[dict[str, str]]:
        """Warnings for `status.warnings` about those of the ``taken`` Runs (names) that have gone since ``mark``."""
        if mark == self._count:
            return []
        gone = [name for name in dict.fromkeys(taken) if self._went.get((namespace, name), 0) > mark]
        said = [
            f"the run {name!r} was deleted while it was joined: its values are recorded as they were"
            for name in gone[:NAMED]
        ]
        if len(gone) > NAMED:
            said.append(f"{len(gone):,} joined runs in all were deleted meanwhile")
        return [{"rule": "deleted-run", "message": message} for message in said]
