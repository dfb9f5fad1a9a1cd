"""Runs whose operation is gone: they say how they ended, also where nobody was there to see it.

Deleting an operation stops its Job (the garbage collector does) and keeps its Run. With `--cascade=orphan` the Job
goes on, and so does its Run, found by label. Source: spec 4, *The order of things*, Deletion.
"""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from joinery.api.v1alpha1 import reasons
from joinery.control import names, own_run, progress, recording
from joinery.control.ports import Api, Key, Manifest
from joinery.kube.errors import NotFound
from joinery.kube.paths import JOBS, OPERATIONS, PODS, RUNS
from joinery.pql.ast import EVERY_RUN, NEWEST_FIRST
from joinery.runs.search import FoundRun, LabelRequirement, RunStore, SearchRequest

logger = logging.getLogger(__name__)

LOOK_AGAIN = 5.0  # seconds, while the Job of a deleted operation is still there
_FINAL = frozenset({"succeeded", "failed", "upstream_failed", "stopped", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphans:
    """Ends the Runs of deleted operations. ``add`` queues a key; ``now()`` is ISO text in whole seconds."""

    api: Api
    store: RunStore
    add: Callable[[Key], None]
    now: Callable[[], str]
    _gone: defaultdict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))

    def gone(self, key: Key, uid: str) -> None:
        """The operation of that uid was deleted. Its Run may be so new that the store does not have it yet."""
        self._gone[key].add(names.run_name(key[1], uid))
        self.add(key)

    async def __call__(self, key: Key) -> float | None:
        """Every unfinished Run of operations of that name, but of the one that exists. Seconds to the next look."""
        waiting = False
        told = set(self._gone.get(key, ()))
        unfinished = told.union(self._unfinished(key[0], operation=key[1]))
        operation = await self.api.get(OPERATIONS, *key) if unfinished else None
        exists = operation["metadata"]["uid"] if operation is not None else None
        for name in sorted(unfinished):
            run = await self.api.get(RUNS, key[0], name)
            if run is None or own_run.has_ended(run) or not _is_an_operations(run):
                continue
            if exists is None or (run["metadata"].get("labels") or {}).get(names.OPERATION_UID_LABEL) != exists:
                waiting = await self._end(run) or waiting
        self._forget(key, told)
        return LOOK_AGAIN if waiting else None

    def _forget(self, key: Key, told: set[str]) -> None:
        """They have been looked at; whoever still makes one of them says so again."""
        self._gone[key] -= told
        if not self._gone[key]:
            del self._gone[key]

    def left_over(self, namespaces: Iterable[str]) -> list[Key]:
        """The operations that unfinished Runs name, to be looked at once at the start."""
        return sorted({(namespace, label) for namespace in namespaces for label in self._labels(namespace)})

    def _labels(self, namespace: str) -> set[str]:
        wanted = LabelRequirement(key=names.OPERATION_LABEL, operator="Exists")
        return {
            found.record.labels[names.OPERATION_LABEL]
            for found in self._search(namespace, wanted)
            if found.record.phase not in _FINAL
        }

    def _unfinished(self, namespace: str, *, operation: str) -> list[str]:
        wanted = LabelRequirement(key=names.OPERATION_LABEL, operator="In", values=(operation,))
        return [found.name for found in self._search(namespace, wanted) if found.record.phase not in _FINAL]

    def _search(self, namespace: str, wanted: LabelRequirement) -> tuple[FoundRun, ...]:
        request = SearchRequest(
            namespace=namespace, query=EVERY_RUN, sort=NEWEST_FIRST, selector=(wanted,), parts=frozenset({"globals"})
        )
        return self.store.search(request).runs

    async def _end(self, run: Manifest) -> bool:
        """Bring one Run to its end; True while its Job is still there and goes on."""
        metadata = run["metadata"]
        uid = (metadata.get("labels") or {}).get(names.OPERATION_UID_LABEL, "")
        jobs = await self.api.list(JOBS, metadata["namespace"], labels={names.OPERATION_UID_LABEL: uid})
        job = next(iter(jobs), None)
        if job is None or progress.failed_by_deletion(job):
            await self._patch(run, own_run.end(
                "Stopped", reason=reasons.OPERATION_DELETED, message="the operation was deleted", now=self.now()
            ))  # fmt: skip
            return False
        labels = {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}
        found = progress.read(job, await self.api.list(PODS, metadata["namespace"], labels=labels))
        await recording.record(self.api, run, found, now=self.now())
        return not found.ended

    async def _patch(self, run: Manifest, patch: Manifest) -> None:
        with contextlib.suppress(NotFound):
            await self.api.merge_patch(RUNS, run["metadata"]["namespace"], run["metadata"]["name"], patch)


def _is_an_operations(run: Manifest) -> bool:
    """Whether an operation made the Run: a name alone could be a stranger's."""
    labels = run["metadata"].get("labels") or {}
    return bool(labels.get(names.OPERATION_UID_LABEL)) and (run.get("spec") or {}).get("managedBy") == names.MANAGED_BY
