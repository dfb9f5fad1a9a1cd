"""What searches see of the mirror: only whole loads, one store for each stream, swapped under their feet."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from joinery.problems import JoineryError, Problem
from joinery.runs.record import RunRecord
from joinery.runs.search import RunStore, SearchRequest, SearchResult, StoreCounts

ALL = ""  # the scope of a stream over all namespaces


class StoreNotReady(JoineryError):
    """The Runs of a namespace have not been loaded, or are being loaded anew: try again a little later."""


class LoadableStore(RunStore, Protocol):
    """A store that can be filled in bulk, as :class:`joinery.store.SqlStore` can."""

    def loading(self) -> AbstractContextManager[None]: ...

    def set_version(self, version: str) -> None: ...

    def clear(self) -> None: ...

    def counts(self) -> StoreCounts: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Shown:
    """A store that is shown, and how many searches are in it now."""

    store: LoadableStore
    readers: int = 0
    retired: bool = False


class MirrorStore:
    """A ``RunStore`` for readers. Every method raises StoreNotReady where the namespace is not loaded.

    A search sees one store from beginning to end.
    """

    def __init__(self, scopes: Collection[str], *, closing: bool) -> None:
        """``scopes``: the namespaces that are watched, or only :data:`ALL`.

        ``closing``: a store that is no longer shown is closed, once nobody is in it.
        """
        self._scopes, self._closing = frozenset(scopes), closing
        self._shown: dict[str, _Shown] = {}
        self._lock = threading.Lock()

    def show(self, scope: str, store: LoadableStore | None) -> None:
        """From now on, searches of the scope see this store, or none."""
        with self._lock:
            before = self._shown.pop(scope, None)
            if store is not None:
                self._shown[scope] = _Shown(store)
            if before is None or before.store is store:
                return
            before.retired = True
            idle = not before.readers
        if idle and self._closing:
            before.store.close()

    @contextmanager
    def _reading(self, namespace: str) -> Iterator[LoadableStore]:
        scope = ALL if ALL in self._scopes else namespace
        with self._lock:
            shown = self._shown.get(scope)
            if shown is None:
                raise StoreNotReady(self._not_ready(namespace, scope))
            shown.readers += 1
        try:
            yield shown.store
        finally:
            with self._lock:
                shown.readers -= 1
                last = shown.retired and not shown.readers
            if last and self._closing:
                shown.store.close()

    def _not_ready(self, namespace: str, scope: str) -> Problem:
        if scope in self._scopes:
            return Problem(message=f"the Runs of namespace {namespace} are still being loaded", rule="store-not-ready")
        return Problem(
            message=f"namespace {namespace} is not watched",
            rule="store-not-ready",
            hint=f"watched are {', '.join(sorted(self._scopes))}",
        )

    def search(self, request: SearchRequest) -> SearchResult:
        """As :class:`RunStore` says."""
        with self._reading(request.namespace) as store:
            return store.search(request)

    def search_many(self, requests: Sequence[SearchRequest]) -> Sequence[SearchResult]:
        """As :class:`RunStore` says, for requests of one namespace (those of one operation are)."""
        if len({request.namespace for request in requests}) > 1:
            raise ValueError("searches of one instant are of one namespace")
        if not requests:
            return []
        with self._reading(requests[0].namespace) as store:
            return store.search_many(requests)

    def get(
        self, namespace: str, *, uuid: str | None = None, name: str | None = None, uid: str | None = None
    ) -> RunRecord | None:
        """As :class:`RunStore` says."""
        with self._reading(namespace) as store:
            return store.get(namespace, uuid=uuid, name=name, uid=uid)

    def damaged(self, namespace: str) -> Mapping[str, str]:
        """As :class:`RunStore` says."""
        with self._reading(namespace) as store:
            return store.damaged(namespace)

    def counts(self) -> StoreCounts:
        """How much is loaded, all scopes together."""
        with self._lock:
            stores = {id(shown.store): shown.store for shown in self._shown.values()}
        found = [store.counts() for store in stores.values()]
        return StoreCounts(
            runs=sum(one.runs for one in found),
            values=sum(one.values for one in found),
            damaged=sum(one.damaged for one in found),
            by_namespace={name: count for one in found for name, count in one.by_namespace.items()},
        )

    def upsert(self, *_: Any, **__: Any) -> NoReturn:
        self._refuse()

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        self._refuse()

    def note_damaged(self, *_: Any, **__: Any) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError("a mirror is written by its reflector alone")
