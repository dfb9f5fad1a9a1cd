"""Search objects: how many runs match now, and the first few, kept up to date with few writes.

At most one write every ten seconds an object, and none when nothing changed, however many Runs do (spec 5,
*Search*).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.api.v1alpha1 import V1Search
from joinery.control.ports import Api, Key
from joinery.control.typed import parsed
from joinery.joins import DEFAULT_LIMITS, Limits
from joinery.kube.paths import SEARCHES
from joinery.pql import check_query, check_sort
from joinery.problems import JoineryError
from joinery.runs import format_time
from joinery.runs.search import RunStore, SearchRequest

FIRST_RUNS = 5
PAUSE = 10.0  # seconds between two writes of one object


@dataclass(slots=True, kw_only=True)
class SearchKeeper:
    """Keeps the status of Searches. ``add_after`` is the queue's; ``clock()`` seconds, ``now()`` microseconds UTC."""

    api: Api
    store: RunStore
    add_after: Callable[[Key, float], None]
    clock: Callable[[], float]
    now: Callable[[], int]
    limits: Limits = DEFAULT_LIMITS
    _written: dict[Key, float] = field(default_factory=dict)
    _known: defaultdict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))
    _due: set[Key] = field(default_factory=set)

    async def __call__(self, key: Key) -> float | None:
        """One pass over one Search."""
        self._due.discard(key)
        search = await self.api.get(SEARCHES, *key)
        if search is None or search["metadata"].get("deletionTimestamp"):
            self._known[key[0]].discard(key)
            self._written.pop(key, None)
            return None
        self._known[key[0]].add(key)
        status = await asyncio.to_thread(self._status, search)
        before: Mapping[str, Any] = search.get("status") or {}
        if {k: v for k, v in before.items() if k != "observedAt"} == status:
            return None
        wait = self._written.get(key, -PAUSE) + PAUSE - self.clock()
        generation = search["metadata"].get("generation")
        if wait > 0 and before.get("observedGeneration") == generation:
            return wait
        await self.api.replace_status(SEARCHES, {**search, "status": {**status, "observedAt": format_time(self.now())}})
        self._written[key] = self.clock()
        return None

    def run_changed(self, namespace: str) -> None:
        """A Run of ``namespace`` changed: its Searches look again, each at most once in ten seconds."""
        for key in self._known.get(namespace, ()):
            if key not in self._due:
                self._due.add(key)
                self.add_after(key, max(1.0, self._written.get(key, 0.0) + PAUSE - self.clock()))

    def all_changed(self) -> None:
        """Everything was loaded anew: all Searches look again."""
        for namespace in list(self._known):
            self.run_changed(namespace)

    def _status(self, search: Mapping[str, Any]) -> dict[str, Any]:
        metadata = search["metadata"]
        status: dict[str, Any] = {"observedGeneration": metadata.get("generation", 0)}
        try:
            spec = parsed(search, V1Search).spec
            result = self.store.search(
                SearchRequest(
                    namespace=metadata["namespace"],
                    query=check_query(spec.query or "", now=self.now()),
                    sort=check_sort(spec.sort or ""),
                    limit=FIRST_RUNS,
                )
            )
        except JoineryError as error:
            message = "\n".join(str(problem) for problem in error.problems)
            return status | {"message": message[:4096]}
        return status | {
            "candidates": result.candidates,
            "matched": result.matched,
            "runs": [{"uuid": run.uuid, "name": run.name} for run in result.runs],
        }
