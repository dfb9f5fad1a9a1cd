"""A store that takes only so many values of one namespace, so that its Runs leave the other namespaces room.

Beyond the bound a Run is left out: who it is, its labels and its phase stay, its values do not. A search that needs
values is refused while its namespace has such a Run, since an answer without it could be wrong and look right.
Source: spec 5, *Run* (what one Run indexes is bounded there); docs/operating.md says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from joinery.kube.mirror_store import LoadableStore
from joinery.kube.watching import older
from joinery.problems import JoineryError, Problem
from joinery.runs.limits import MAX_VALUES, count_values
from joinery.runs.paths import PLAIN
from joinery.runs.record import RunRecord
from joinery.runs.search import SearchRequest, SearchResult, StoreCounts

MAX_NAMESPACE_VALUES = 2_000_000
_KEPT_PARTS = frozenset({"globals"})
_KEPT_FIELDS = frozenset({"created_at"})
_LEFT_OUT_AT, _NUMBER_AT, _VALUES = 32, 33, 0xFFFFFFFF  # places in one number


class NamespaceFull(JoineryError):
    """Runs of the namespace are left out, and the answer would need them."""


class LeftOut(NamedTuple):
    """A Run that is left out: how many values it holds, and as of which resource version."""

    values: int
    version: str


@dataclass(slots=True)
class _Space:
    """One namespace: values that are searched, and what is left out, by uid."""

    used: int = 0
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    left_values: int = 0


class BoundedStore:
    """A :class:`LoadableStore` around another. Written from one thread, read from any."""

    def __init__(self, store: LoadableStore, *, cap: int = MAX_NAMESPACE_VALUES) -> None:
        """``cap``: values of one namespace, as :func:`values_of` counts them."""
        self._store, self._cap = store, cap
        self._clear()

    def _clear(self) -> None:
        self._spaces: dict[str, _Space] = {}
        self._numbered: list[_Space] = []
        self._numbers: dict[str, int] = {}
        # By the hash of its uid, a Run's namespace, whether it is left out, and its values, in one number: there may
        # be 100,000s of them.
        self._held: dict[int, int] = {}

    def upsert(self, records: Iterable[RunRecord]) -> None:
        """Insert or replace; of what does not fit only who it is."""
        self._store.upsert([self._admit(record) for record in records])

    def _admit(self, record: RunRecord) -> RunRecord:
        self._forget(record.uid)
        number = self._number(record.namespace)
        space, values = self._numbered[number], values_of(record)
        fits = space.used + values <= self._cap
        self._held[hash(record.uid)] = number << _NUMBER_AT | (not fits) << _LEFT_OUT_AT | values
        if fits:
            space.used += values
            return record
        space.left_out[record.uid] = LeftOut(values, record.resource_version)
        space.left_values += values
        return replace(
            record, inputs={}, outputs={}, metrics={}, meta={}, annotations={}, tags=(), artifacts=(), upstream=()
        )

    def _number(self, namespace: str) -> int:
        if namespace not in self._numbers:
            self._numbers[namespace] = len(self._numbered)
            self._numbered.append(_Space())
            self._spaces[namespace] = self._numbered[-1]
        return self._numbers[namespace]

    def _forget(self, uid: str) -> None:
        held = self._held.pop(hash(uid), None)
        if held is None:
            return
        space, values = self._numbered[held >> _NUMBER_AT], held & _VALUES
        if held >> _LEFT_OUT_AT & 1:
            space.left_out.pop(uid, None)
            space.left_values -= values
        else:
            space.used -= values

    def delete(self, uids: Iterable[str]) -> None:
        """Remove by uid."""
        listed = list(uids)
        for uid in listed:
            self._forget(uid)
        self._store.delete(listed)

    def note_damaged(self, namespace: str, name: str, uid: str, message: str) -> None:
        """Remember a Run that could not be read."""
        self._forget(uid)
        self._store.note_damaged(namespace, name, uid, message)

    def clear(self) -> None:
        """Forget everything."""
        self._clear()
        self._store.clear()

    def is_left_out(self, namespace: str, uid: str, *, version: str = "") -> bool:
        """Whether the values of the Run did not fit; with a ``version``, of one that came no later than that."""
        space = self._spaces.get(namespace)
        entry = space.left_out.get(uid) if space is not None else None
        return entry is not None and not older(version, entry.version)

    def left_out(self) -> dict[str, int]:
        """How many Runs are left out, of each namespace that has any."""
        spaces = list(self._spaces.items())
        return {namespace: len(space.left_out) for namespace, space in spaces if space.left_out}

    def roomy(self) -> list[str]:
        """The namespaces that have room by now for all that was left out of them."""
        spaces = list(self._spaces.items())
        return [
            namespace for namespace, space in spaces if space.left_out and space.used + space.left_values <= self._cap
        ]

    def search(self, request: SearchRequest) -> SearchResult:
        """As :class:`RunStore` says. Raises NamespaceFull where Runs are left out whose values it would need."""
        self._check(request)
        return self._store.search(request)

    def search_many(self, requests: Sequence[SearchRequest]) -> Sequence[SearchResult]:
        """The same for several."""
        for request in requests:
            self._check(request)
        return self._store.search_many(requests)

    def _check(self, request: SearchRequest) -> None:
        space = self._spaces.get(request.namespace)
        if space is not None and space.left_out and _needs_values(request):
            raise NamespaceFull(self._problem(request.namespace))

    def get(
        self, namespace: str, *, uuid: str | None = None, name: str | None = None, uid: str | None = None
    ) -> RunRecord | None:
        """As :class:`RunStore` says. Asked by uid alone, it also gives a Run that is left out: that it is there."""
        found = self._store.get(namespace, uuid=uuid, name=name, uid=uid)
        asked = uuid is not None or name is not None
        if found is not None and asked and self.is_left_out(namespace, found.uid):
            raise NamespaceFull(self._problem(namespace))
        return found

    def _problem(self, namespace: str) -> Problem:
        count = len(self._spaces[namespace].left_out)
        runs = f"{count:,} of its Runs are" if count != 1 else "one of its Runs is"
        return Problem(
            message=f"namespace {namespace} holds more than the {self._cap:,} values that are searched: {runs} left"
            " out, and without them the answer could be wrong",
            rule="namespace-full",
            hint="delete Runs that nobody joins any more, or have --max-values-per-namespace raised",
        )

    def damaged(self, namespace: str) -> Mapping[str, str]:
        return self._store.damaged(namespace)

    def counts(self) -> StoreCounts:
        return self._store.counts()

    def loading(self) -> AbstractContextManager[None]:
        return self._store.loading()

    def set_version(self, version: str) -> None:
        self._store.set_version(version)

    def close(self) -> None:
        self._store.close()


def values_of(record: RunRecord) -> int:
    """How many values of a Run can be searched, about: those it indexes, and the labels and lists that it has."""
    written = len(record.metrics) + _count(record.inputs) + _count(record.outputs)
    meta = _count(record.meta)
    lists = len(record.tags) + 3 * len(record.artifacts) + 2 * len(record.upstream)
    return min(written, MAX_VALUES) + min(meta, MAX_VALUES) + len(record.labels) + len(record.annotations) + lists


def _count(part: Mapping[str, Any]) -> int:
    """As :func:`count_values`, quickly where all values are plain."""
    if not part:
        return 0
    return len(part) if PLAIN.issuperset(map(type, part.values())) else count_values(part)


def _needs_values(request: SearchRequest) -> bool:
    """Whether more is asked than who the Runs are, their labels, and when they were made."""
    sorts = {key.field.name for key in request.sort.keys}
    return request.query.root is not None or bool(request.parts - _KEPT_PARTS) or not sorts <= _KEPT_FIELDS
