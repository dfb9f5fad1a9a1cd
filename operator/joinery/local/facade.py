"""``joinery.load_runs``: Runs from files or mappings, searched, joined and explained without a cluster.

    runs = joinery.load_runs("examples/sweep/runs")
    runs.search("metrics.loss: <0.01", sort="metrics.loss", limit=5).to_pandas()
    runs.resolve("examples/sweep/operation.yaml").params["all_result1"].value

Source: spec 1, and the issue of the join engine (*From Python*).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from joinery.local.columns import sort_key
from joinery.local.found import Found
from joinery.local.language import instant
from joinery.local.loading import Given, Loaded, Progress, load
from joinery.local.requests import Asked, OperationLike, ask, recorded_runs
from joinery.local.resolved import Resolved
from joinery.local.runview import RunView
from joinery.local.searches import search_request
from joinery.problems import InvalidOperation, Problem
from joinery.runs.collector import collector_held
from joinery.runs.record import RunRecord
from joinery.runs.search import RunStore, SearchRequest

if TYPE_CHECKING:
    from joinery.joins import ChangedRun, Explanation

_BATCH = 2_000  # Runs the store takes at once
Moment = str | datetime | int | None


def load_runs(*given: Given, namespace: str = "default", progress: Progress | None = None) -> Runs:
    """Read Runs: files, folders, globs, ``-``, or mappings of Runs, as many as you like.

    ``namespace`` is that of Runs whose manifest names none, and the one that searches look into.
    ``progress(bytes_read, bytes_in_all, runs)`` is called now and then.

    Raises UnreadableFile for a path that names nothing, InvalidManifest for a file that cannot be read.
    A damaged Run is left out with a warning.
    """
    from joinery.store import SqlStore

    store = SqlStore.in_memory()

    def take(records: Iterable[RunRecord]) -> None:
        arriving = iter(records)
        with store.loading():
            while batch := _batch(arriving):
                store.upsert(batch)

    loaded = load(given, namespace=namespace, take=take, progress=progress)
    for note in loaded.notes:
        store.note_damaged(*note)
    return Runs(loaded, store)


def _batch(arriving: Iterator[RunRecord]) -> list[RunRecord]:
    with collector_held():
        return list(islice(arriving, _BATCH))


class Runs:
    """Runs in memory. ``warnings`` are what was noticed while reading them; ``len()`` counts them."""

    def __init__(self, loaded: Loaded, store: RunStore) -> None:
        self._loaded = loaded
        self._store = store
        self.namespace = loaded.namespace
        self.warnings: tuple[Problem, ...] = tuple(loaded.warnings)

    def __len__(self) -> int:
        return self._loaded.runs

    def __repr__(self) -> str:
        spaces = ", ".join(f"{name}: {count:,}" for name, count in self.namespaces.items())
        return f"<{len(self):,} runs ({spaces})>" if spaces else "<no runs>"

    def _repr_html_(self) -> str:
        return self.search(limit=20)._repr_html_() if len(self) else "<p>no runs</p>"

    @property
    def namespaces(self) -> Mapping[str, int]:
        """How many runs each namespace holds."""
        return dict(sorted(self._loaded.by_namespace.items()))

    @property
    def loaded(self) -> Loaded:
        """The other objects that were read: for the command line."""
        return self._loaded

    def search(
        self,
        query: str = "",
        *,
        sort: str = "",
        limit: int | str | None = None,
        offset: int | str = 0,
        namespace: str | None = None,
        selector: str | Mapping[str, Any] | None = None,
        now: Moment = None,
    ) -> Found:
        """The runs that ``query`` is true of, in order. An empty query is every run; ``limit`` None takes all.

        ``selector`` is a label selector as text (``team=vision``) or as a mapping; ``now`` what ``today`` counts from.
        Raises InvalidQuery with the problems of query, sort and selector together.
        """
        request = search_request(
            query,
            sort=sort,
            limit=limit,
            offset=offset,
            namespace=namespace or self.namespace,
            selector=selector,
            now=instant(now),
        )
        result = self._store.search(request)
        runs = tuple(RunView(run.record, _sort_keys(request, run.sort_keys)) for run in result.runs)
        texts = (Problem(message=text, path="query", rule="query") for text in request.query.warnings)
        return Found(
            runs=runs,
            candidates=result.candidates,
            matched=result.matched,
            warnings=(*texts, *result.warnings, *self._elsewhere(request.namespace)),
            query=request.query.text or query,
            sort=request.sort.text or sort,
            limit=request.limit,
            offset=request.offset,
            namespace=request.namespace,
        )

    def resolve(self, operation: OperationLike, *, now: Moment = None) -> Resolved:
        """Resolve an operation: a path, a mapping or a V1Operation. Nothing is recorded anywhere.

        Raises InvalidOperation with every problem (``.problems``); where joins found fewer runs than ``minRuns``
        asks for, ``.partial`` is the answer as far as it goes.
        """
        from joinery import joins

        asked = ask(operation, self._loaded, self._store, now=instant(now))
        try:
            resolution = joins.resolve(asked.request, self._store)
        except InvalidOperation as error:
            raise self._placed(error, asked) from None
        extra = self._elsewhere(asked.request.namespace) if asked.request.operation.spec.joins else ()
        return Resolved(replace(resolution, warnings=(*asked.located(resolution.warnings), *extra)))

    def explain(self, operation: OperationLike, *, run: str, now: Moment = None) -> Explanation:
        """Why each join of ``operation`` took the run, or did not. ``run`` is its name or uuid."""
        from joinery import joins

        asked = ask(operation, self._loaded, self._store, now=instant(now))
        try:
            return joins.explain(asked.request, self._store, run=run)
        except InvalidOperation as error:
            raise self._placed(error, asked) from None

    def changed_since(self, operation: OperationLike) -> tuple[ChangedRun, ...]:
        """Of the runs that an operation's recorded ``status.joins`` took, those that are gone or have changed since.

        Empty where nothing was recorded: the status of an operation comes with ``kubectl get -o yaml``.
        """
        asked = ask(operation, self._loaded, self._store, now=0)
        recorded = recorded_runs(asked.item.value if asked.item is not None else {})
        return self.changed_of(recorded, namespace=asked.request.namespace)

    def changed_of(self, recorded: Iterable[Mapping[str, Any]], *, namespace: str) -> tuple[ChangedRun, ...]:
        """The same of recorded runs themselves: each with ``uuid``, ``name`` and ``resourceVersion``."""
        from joinery.joins.changes import changed_runs

        return changed_runs(recorded, self._store, namespace=namespace)

    def explain_search(
        self,
        query: str = "",
        *,
        run: str,
        sort: str = "",
        limit: int | None = None,
        offset: int = 0,
        namespace: str | None = None,
        selector: str | Mapping[str, Any] | None = None,
        now: Moment = None,
    ) -> Explanation:
        """Why a search takes the run, or does not: as ``search``, for one run by name or uuid."""
        request = search_request(
            query,
            sort=sort,
            limit=limit,
            offset=offset,
            namespace=namespace or self.namespace,
            selector=selector,
            now=instant(now),
        )
        return self.explain_request(request, run=run)

    def explain_request(self, request: SearchRequest, *, run: str) -> Explanation:
        """The same for a request that is checked already."""
        from joinery.joins.explaining import Explanation, explain_search, find_run

        record = find_run(self._store, request.namespace, run)
        explained = explain_search(request, self._store, run=record.uid, limit=request.limit)
        return Explanation(run=record, joins=(explained,))

    def _placed(self, error: InvalidOperation, asked: Asked) -> InvalidOperation:
        return InvalidOperation(asked.located(error.problems), reason=error.reason, partial=error.partial)

    def _elsewhere(self, namespace: str) -> tuple[Problem, ...]:
        """Where the runs are, when the namespace that was asked for has none."""
        if self._loaded.by_namespace.get(namespace) or not self.namespaces:
            return ()
        spaces = ", ".join(f"`{name}` ({count:,})" for name, count in list(self.namespaces.items())[:10])
        return (
            Problem(
                message=f"namespace `{namespace}` holds no runs; these do: {spaces}",
                rule="empty-namespace",
                hint="a search never looks into another namespace: name the one you mean",
            ),
        )


def _sort_keys(request: SearchRequest, values: Sequence[Any]) -> dict[str, Any]:
    """Each key of the sort, as written, with the run's value."""
    fields = [key.field for key in request.sort.keys]
    return {str(field): sort_key(field.name, value) for field, value in zip(fields, values, strict=False)}
