"""From what was seen to the keys that want work: no decisions, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from joinery.control.names import OPERATION_LABEL, OPERATION_UID_LABEL, RESULT_LABEL
from joinery.control.ports import Key
from joinery.control.queue import WorkQueue
from joinery.control.room import Room
from joinery.control.searches import SearchKeeper
from joinery.control.sightings import Sightings
from joinery.control.snapshot import size_of
from joinery.control.waiting import Waiters
from joinery.operator.watches import Seen

NAMED = frozenset({"Search", "Component", "Connection"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Where each change goes. Its methods are called in the control loop's event loop."""

    operations: WorkQueue[Key]
    searches: WorkQueue[Key]
    gone: Callable[[Key, str], None]
    waiters: Waiters
    keeper: SearchKeeper
    room: Room
    sightings: Sightings

    def seen(self, seen: Seen) -> None:
        """A change from one of the watch streams."""
        match seen.kind:
            case "Operation" if seen.deleted:
                self.sightings.gone(seen.key)
                self.gone(seen.key, seen.manifest["metadata"]["uid"])
            case "Operation":
                self.sightings.show(seen.key, seen.manifest)
            case kind if kind in NAMED:
                if kind == "Search":
                    self.searches.add(seen.key)
                if kind == "Connection":
                    self.waiters.reference_changed(("Connections", seen.key[0]))
                self.waiters.reference_changed((kind, *seen.key))
            case _:
                self._owned(seen)

    def _owned(self, seen: Seen) -> None:
        metadata = seen.manifest["metadata"]
        labels = metadata.get("labels") or {}
        if RESULT_LABEL in labels:
            if seen.deleted:
                self.room.gone(metadata["uid"])
            else:
                self.room.seen(
                    metadata["uid"],
                    namespace=metadata["namespace"],
                    operation=labels[OPERATION_UID_LABEL],
                    size=size_of([seen.manifest]),
                )
            if not seen.deleted:
                return
        if not self.sightings.is_own(seen.manifest) and (operation := labels.get(OPERATION_LABEL)):
            self.operations.add((metadata["namespace"], operation))

    def run_changed(self, namespace: str, name: str) -> None:
        """The store has applied a change of this Run."""
        self.waiters.run_changed(namespace)
        self.waiters.reference_changed(("Run", namespace, name))
        self.keeper.run_changed(namespace)

    def runs_loaded(self) -> None:
        """All Runs have been loaded anew: any of them may have changed."""
        self.waiters.all_changed()
        self.keeper.all_changed()
