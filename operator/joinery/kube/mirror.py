"""The Runs of the cluster in a store: what the reflector sees, read once and kept searchable.

A load goes into a fresh store, which then takes the old one's place; where the database is one for good
(PostgreSQL) it goes into that, and nothing is searched until it is complete.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from joinery.kube.bounded_store import MAX_NAMESPACE_VALUES, BoundedStore
from joinery.kube.mirror_store import ALL, LoadableStore, MirrorStore
from joinery.kube.watching import Manifest, metadata
from joinery.runs import DamagedRun, RunRecord, read_run

T = TypeVar("T")
MESSAGE_LIMIT = 500  # characters that are kept of what is wrong with a damaged Run


class RunKey(NamedTuple):
    """Which Run."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What the store holds now that it did not before: everything written up to ``version`` has been applied.

    ``whole``: a load of the scope is complete, so any Run of it may have changed or gone; none is listed.
    """

    scope: str
    version: str
    whole: bool = False
    upserted: tuple[RunKey, ...] = ()
    deleted: tuple[RunKey, ...] = ()


@dataclass(slots=True)
class _Load:
    store: BoundedStore
    bulk: ExitStack
    uids: set[str] = field(default_factory=set)


class Mirror:
    """A sink of :class:`joinery.kube.reflector.Reflector`; ``store`` is what searches use.

    ``make`` gives a new, empty store for each load. With ``lasting`` it is called once: its store is a database
    that outlives us and is the only one. ``applied`` is called in the event loop after each change that searches
    see. ``max_values``: of one namespace.
    """

    def __init__(
        self,
        make: Callable[[], LoadableStore],
        *,
        lasting: bool = False,
        namespaces: Collection[str] | None = None,
        max_values: int = MAX_NAMESPACE_VALUES,
        applied: Callable[[Applied], None] = lambda _: None,
    ) -> None:
        self.store = MirrorStore([ALL] if namespaces is None else namespaces, closing=not lasting)
        self._make, self._lasting, self._applied = make, lasting, applied
        self._max_values = max_values
        self._database: BoundedStore | None = None  # the lasting one
        self._loads: dict[str, _Load] = {}
        self._live: dict[str, BoundedStore] = {}
        self._uids: dict[str, set[str]] = {}  # of a lasting store: what the last load or change left in each scope
        # One thread: writes are in order, and the event loop is free while they go on.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mirror")

    async def begin_load(self, scope: str) -> None:
        """Everything of the scope comes anew."""
        if self._lasting:
            self.store.show(scope, None)
        await self._do(self._begin, scope)

    async def apply(
        self, scope: str, *, upserts: Sequence[Manifest], deletes: Sequence[Manifest], version: str
    ) -> None:
        """Put a batch into the store, in one go for each kind of change."""
        if load := self._loads.get(scope):
            await self._do(self._write, load.store, load.uids, upserts, deletes, "")
            return
        uids = self._uids.get(scope, set())
        await self._do(self._write, self._live[scope], uids, upserts, deletes, version)
        changed = Applied(
            scope=scope,
            version=version,
            upserted=tuple(key_of(manifest) for manifest in upserts),
            deleted=tuple(key_of(manifest) for manifest in deletes),
        )
        self._applied(changed)

    async def end_load(self, scope: str, *, version: str) -> None:
        """Show what was loaded, and drop what was there before."""
        store = await self._do(self._end, scope, version)
        self._live[scope] = store
        self.store.show(scope, store)
        self._applied(Applied(scope=scope, version=version, whole=True))

    def left_out(self) -> dict[str, int]:
        """How many Runs are not searched, of each namespace that has more values than one may have."""
        return {namespace: count for store in self._live.values() for namespace, count in store.left_out().items()}

    def roomy(self) -> list[str]:
        """The namespaces that have room by now for the Runs that were left out of them."""
        return [namespace for store in self._live.values() for namespace in store.roomy()]

    async def readmit(self, namespace: str, manifests: Sequence[Manifest]) -> None:
        """Of Runs as they are now, put those into the store that were left out of it, unless it knows newer ones."""
        scope = ALL if ALL in self._live else namespace
        if (store := self._live.get(scope)) is None:
            return
        taken = await self._do(self._readmit, store, manifests)
        self._applied(Applied(scope=scope, version="", upserted=tuple(map(key_of, taken))))

    def _readmit(self, store: BoundedStore, manifests: Sequence[Manifest]) -> list[Manifest]:
        keys = [(manifest, key_of(manifest), str(metadata(manifest).get("resourceVersion"))) for manifest in manifests]
        taken = [one for one, key, version in keys if store.is_left_out(key.namespace, key.uid, version=version)]
        store.upsert(read_all(taken)[0])
        return taken

    async def close(self) -> None:
        """Let go of everything; for after the reflector has been cancelled."""
        for scope in list(self._live):
            self.store.show(scope, None)
        await self._do(self._abandon)
        self._thread.shutdown(wait=True)

    def _begin(self, scope: str) -> None:
        self._drop(scope)
        bulk = ExitStack()
        store = self._store_for_load()
        if not self._lasting:
            bulk.enter_context(store.loading())
        self._loads[scope] = _Load(store, bulk)

    def _store_for_load(self) -> BoundedStore:
        if not self._lasting:
            return BoundedStore(self._make(), cap=self._max_values)
        if self._database is None:
            self._database = BoundedStore(self._make(), cap=self._max_values)
            self._database.clear()  # what an earlier process left may be long gone
        return self._database

    def _end(self, scope: str, version: str) -> BoundedStore:
        load = self._loads.pop(scope)
        if self._lasting:
            load.store.delete(self._uids.get(scope, set()) - load.uids)
            self._uids[scope] = load.uids
        load.bulk.close()
        load.store.set_version(version)
        return load.store

    def _drop(self, scope: str) -> None:
        """Forget a load that did not come to its end; what it put into a lasting store is remembered."""
        load = self._loads.pop(scope, None)
        if load is None:
            return
        load.bulk.close()
        if not self._lasting:
            load.store.close()
        else:
            self._uids.setdefault(scope, set()).update(load.uids)

    def _abandon(self) -> None:
        for scope in list(self._loads):
            self._drop(scope)
        if self._database is not None:
            self._database.close()

    def _write(
        self,
        store: LoadableStore,
        uids: set[str],
        upserts: Sequence[Manifest],
        deletes: Sequence[Manifest],
        version: str,
    ) -> None:
        records, damaged = read_all(upserts)
        if deletes:
            store.delete([key_of(manifest).uid for manifest in deletes])
        if records:
            store.upsert(records)
        for key, message in damaged:
            store.note_damaged(key.namespace, key.name, key.uid, message)
        if version:
            store.set_version(version)
        if self._lasting:
            uids.difference_update(key_of(manifest).uid for manifest in deletes)
            uids.update(key_of(manifest).uid for manifest in upserts)

    async def _do(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


def read_all(manifests: Iterable[Mapping[str, Any]]) -> tuple[list[RunRecord], list[tuple[RunKey, str]]]:
    """The records of these Runs, and of those that cannot be read what is wrong."""
    records: list[RunRecord] = []
    damaged: list[tuple[RunKey, str]] = []
    for manifest in manifests:
        try:
            records.append(read_run(manifest))
        except DamagedRun as error:
            damaged.append((key_of(manifest), "; ".join(one.in_one_line() for one in error.problems)[:MESSAGE_LIMIT]))
    return records, damaged


def key_of(manifest: Mapping[str, Any]) -> RunKey:
    meta = metadata(manifest)
    return RunKey(str(meta.get("namespace") or ""), str(meta.get("name") or ""), str(meta.get("uid") or ""))
