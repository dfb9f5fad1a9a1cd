"""The question a search asks and the answer it gives: the port between joins and any store.

``joinery.store`` implements :class:`RunStore` on SQLite and PostgreSQL; joins,
the command line and notebooks only know what stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from joinery.pql.ast import CheckedQuery, CheckedSort
from joinery.problems import Problem
from joinery.runs.record import RunRecord

# The parts of a Run that a projection can ask for; what is not asked for is not read.
PARTS = ("inputs", "outputs", "metrics", "artifacts", "globals")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequirement:
    """One requirement of a Kubernetes label selector. ``operator``: In, NotIn, Exists, DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One search. ``namespace`` is required: it is never a clause of the query.

    ``limit`` None means every match. ``exclude_uids`` are Run uids (``RunRecord.uid``) that are no candidates,
    the run that an operation itself produces. ``now`` is microseconds since 1970, UTC (queries were
    already checked against it; it is here for the record).
    """

    namespace: str
    query: CheckedQuery
    sort: CheckedSort
    limit: int | None = None
    offset: int = 0
    selector: tuple[LabelRequirement, ...] = ()
    exclude_uids: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()  # of PARTS: what `documents` of the result should hold
    min_runs: int = 0


class FoundRun(NamedTuple):
    """One taken run: who it is, the values it was sorted by, and the parts that were asked for.

    ``sort_keys`` has one JSON value (or None) for each key of the request's sort, without the tie-breakers.
    ``record`` holds at least the parts asked for; other mappings in it may be empty.
    """

    uid: str
    uuid: str
    name: str
    resource_version: str
    record: RunRecord
    sort_keys: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The answer, in order. ``candidates`` counts the runs in scope (namespace, selector, exclusions),
    ``matched`` those the query is true of, before offset and limit. ``version`` is the newest
    resource version the store has applied ("" offline). ``warnings`` are those of *Never silently wrong* that
    only the store can see: unknown field names with their nearest, values of another type, runs without a
    sort key, damaged or shadowed runs, nothing matched. (Truncation without an explicit limit is the join's to say.)
    """

    candidates: int
    matched: int
    runs: tuple[FoundRun, ...]
    warnings: tuple[Problem, ...] = ()
    version: str = ""


class RunStore(Protocol):
    """Where runs are searched. Reads are safe from any thread; writes come from one at a time."""

    def upsert(self, records: Iterable[RunRecord]) -> None:
        """Insert or replace, by ``uid``. One transaction."""

    def delete(self, uids: Iterable[str]) -> None:
        """Remove by ``uid``; one that is not there is no error."""

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one search; the counts, the order and the runs are of one instant of the store."""

    def search_many(self, requests: Sequence[SearchRequest]) -> Sequence[SearchResult]:
        """Answer several searches at the same instant of the store."""

    def get(
        self, namespace: str, *, uuid: str | None = None, name: str | None = None, uid: str | None = None
    ) -> RunRecord | None:
        """One whole Run of the namespace, by uuid, object name or uid; None if there is none."""

    def damaged(self, namespace: str) -> Mapping[str, str]:
        """Runs of the namespace that could not be read: name to what is wrong with each."""

    def note_damaged(self, namespace: str, name: str, uid: str, message: str) -> None:
        """Remember a Run that could not be read, so that searches of its namespace warn of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCounts:
    """How much a store holds."""

    runs: int = 0
    values: int = 0
    damaged: int = 0
    by_namespace: Mapping[str, int] = field(default_factory=dict)
