"""Who is woken by what: operations that wait for runs, for other operations, or for a named object.

Waiting costs nothing while nothing changes: no polling, no writes. A change of a Run wakes the waiting operations
of its namespace, each at most once a second (spec 4), however many Runs change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]  # namespace, name
PAUSE = 1.0  # seconds between two looks of one waiting operation


class Waiters:
    """Keys by what they wait for. ``add_after(key, seconds)`` is the queue's; ``clock()`` gives seconds."""

    def __init__(self, *, add_after: Callable[[Key, float], None], clock: Callable[[], float]) -> None:
        self._add_after = add_after
        self._clock = clock
        self._by_namespace: dict[str, dict[Key, float]] = defaultdict(dict)
        self._by_reference: dict[Hashable, set[Key]] = defaultdict(set)
        self._references_of: dict[Key, set[Hashable]] = defaultdict(set)
        self._due: set[Key] = set()

    def for_runs(self, key: Key) -> None:
        """This operation looks again when a Run of its namespace changes; it has just looked."""
        self._by_namespace[key[0]][key] = self._clock()
        self._due.discard(key)

    def for_references(self, key: Key, references: Iterable[Hashable]) -> None:
        """This operation looks again when one of ``references`` (such as ``("Search", namespace, name)``) changes."""
        self._forget_references(key)
        for reference in references:
            self._by_reference[reference].add(key)
            self._references_of[key].add(reference)

    def wake(self, key: Key) -> None:
        """This operation looks again at once."""
        self._add_after(key, 0.0)

    def forget(self, key: Key) -> None:
        """This operation waits for nothing any more."""
        self._by_namespace[key[0]].pop(key, None)
        if not self._by_namespace[key[0]]:
            del self._by_namespace[key[0]]
        self._due.discard(key)
        self._forget_references(key)

    def _forget_references(self, key: Key) -> None:
        for reference in self._references_of.pop(key, ()):
            self._by_reference[reference].discard(key)
            if not self._by_reference[reference]:
                del self._by_reference[reference]

    def run_changed(self, namespace: str) -> None:
        """A Run of ``namespace`` changed: wake who waits there, each at most once a second."""
        waiting = self._by_namespace.get(namespace)
        if not waiting:
            return
        now = self._clock()
        for key, looked in waiting.items():
            if key not in self._due:
                self._due.add(key)
                self._add_after(key, max(0.0, looked + PAUSE - now))

    def all_changed(self) -> None:
        """Everything was loaded anew: wake everybody who waits for anything."""
        for namespace in list(self._by_namespace):
            self.run_changed(namespace)
        for reference in list(self._by_reference):
            self.reference_changed(reference)

    def reference_changed(self, reference: Hashable) -> None:
        """The named object changed: wake who waits for it."""
        for key in self._by_reference.get(reference, ()):
            self._add_after(key, 0.0)

    def __len__(self) -> int:
        return sum(len(keys) for keys in self._by_namespace.values())
