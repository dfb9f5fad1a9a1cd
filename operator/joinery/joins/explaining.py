"""Why a join took a run, or did not: each clause with the run's value, its rank, and what cut it.

Source: spec 1, *Explain*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias

from joinery.joins.check import check_plan
from joinery.joins.found import Found
from joinery.joins.globals import operation_globals
from joinery.joins.params import resolve_params
from joinery.joins.planning import make_plan, parts_of_operation
from joinery.joins.queries import Asked
from joinery.joins.request import ResolveRequest
from joinery.joins.scope import Scope
from joinery.joins.search import Searches
from joinery.pql import Explained, explain_query
from joinery.pql.ast import NEWEST_FIRST, CheckedQuery, FieldPath, OneOf, Predicate
from joinery.problems import InvalidOperation, Problem
from joinery.runs.lookup import ABSENT, value_of
from joinery.runs.record import RunRecord
from joinery.runs.search import LabelRequirement, RunStore, SearchRequest, SearchResult

Verdict: TypeAlias = Literal["taken", "cut", "skipped", "dropped", "no-match", "no-candidate", "not-asked"]
_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinExplanation:
    """One search and one run.

    * ``clauses``: the query's tree with the run's values; None for the query that matches every run.
    * ``rank``: its place among the matches in the order of the sort, from 1, before offset and limit; None if it
      does not match. ``sort_keys`` are the values it was placed by.
    * ``verdict``: ``taken``; ``skipped`` by offset; ``cut`` by limit (or the cap); ``dropped`` by onNull;
      ``no-match``; ``no-candidate`` (``why`` says for which reason); ``not-asked`` (the join could not be rendered).
    """

    index: int
    verdict: Verdict
    why: str
    query: str = ""
    sort: str = ""
    limit: int | None = None
    offset: int = 0
    clauses: Explained | None = None
    rank: int | None = None
    sort_keys: Mapping[str, Any] = field(default_factory=dict)
    candidates: int = 0
    matched: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation:
    """One run, and every join of an operation. ``problems`` are what kept joins from being asked."""

    run: RunRecord
    joins: tuple[JoinExplanation, ...]
    problems: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        said = (f"joins[{join.index}] {join.verdict}{f' ({join.why})' if join.why else ''}" for join in self.joins)
        return f"<{self.run.name}: {', '.join(said) or 'nothing was asked'}>"


def explain(request: ResolveRequest, store: RunStore, *, run: str) -> Explanation:
    """Explains one run (by name, uuid or uid) to each join of an operation. Raises InvalidOperation when the
    namespace has no such run, or when nothing of the operation can be asked."""
    record = find_run(store, request.namespace, run)
    found = Found()
    plan = make_plan(
        parts_of_operation(request.operation, request.component),
        searches=request.searches,
        limits=request.limits,
        found=found,
    )
    found.all_of(check_plan(plan, limits=request.limits, now=request.now))
    broken = frozenset(
        join.index
        for join in plan.joins
        if not join.found or any(problem.path.startswith(f"{join.path}.") for problem in found.problems)
    )
    scope = Scope(operation_globals(request), request.connections)
    resolve_params(plan, request, store, scope, found)
    searches = Searches(plan=plan, request=request, store=store, scope=scope, found=found, broken=broken)
    searches.run()
    asked = {one.join.index: one for one in searches.asked}
    dropped = {one.index: {run.uid for run in one.dropped} for one in searches.records}
    joins = tuple(
        _explained(asked[join.index], record, store, dropped=dropped.get(join.index, set()))
        if join.index in asked
        else JoinExplanation(index=join.index, verdict="not-asked", why="the join has problems: it was not searched")
        for join in plan.joins
    )
    return Explanation(run=record, joins=joins, problems=tuple(found.problems))


def explain_search(search: SearchRequest, store: RunStore, *, run: str, limit: int | None = None) -> JoinExplanation:
    """Explains one run to a search alone. ``limit`` is the one that was given, None where the cap holds."""
    record = find_run(store, search.namespace, run)
    return _explain(search, record, store, index=0, limit=limit, dropped=frozenset())


def find_run(store: RunStore, namespace: str, run: str) -> RunRecord:
    """The run of that name, uuid or uid. Raises InvalidOperation, naming the namespace."""
    record = store.get(namespace, name=run)
    if record is None and _UUID.fullmatch(run):
        record = store.get(namespace, uuid=run.replace("-", "").lower())
    record = record or store.get(namespace, uid=run)
    if record is None:
        damaged = store.damaged(namespace).get(run)
        hint = f"there is one that cannot be read: {damaged}" if damaged else "give the name or the uuid of a Run"
        message = f"there is no run `{run[:80]}` in namespace `{namespace}`"
        raise InvalidOperation(Problem(message=message, rule="run-not-found", hint=hint))
    return record


def _explained(asked: Asked, record: RunRecord, store: RunStore, *, dropped: set[str]) -> JoinExplanation:
    return _explain(asked.search, record, store, index=asked.join.index, limit=asked.limit, dropped=frozenset(dropped))


def _explain(
    search: SearchRequest, record: RunRecord, store: RunStore, *, index: int, limit: int | None, dropped: frozenset[str]
) -> JoinExplanation:
    everything = store.search(replace(search, limit=None, offset=0, parts=frozenset()))
    rank = next((place for place, run in enumerate(everything.runs, start=1) if run.uid == record.uid), None)
    keys: Sequence[Any] = everything.runs[rank - 1].sort_keys if rank else ()
    clauses = None
    if search.query.root is not None:
        clauses = explain_query(search.query, partial(_value, record, store), absent=ABSENT)
    matches = clauses is None or clauses.matches
    verdict, why = _verdict(search, record, everything, rank=rank, matches=matches, limit=limit, dropped=dropped)
    return JoinExplanation(
        index=index,
        verdict=verdict,
        why=why,
        query=search.query.text,
        sort=search.sort.text,
        limit=limit,
        offset=search.offset,
        clauses=clauses,
        rank=rank,
        sort_keys=dict(zip([str(key.field) for key in search.sort.keys], keys, strict=False)),
        candidates=everything.candidates,
        matched=everything.matched,
    )


def _value(record: RunRecord, store: RunStore, path: FieldPath) -> Any:
    """The run's value of a field, those that other runs know included."""
    match path.name:
        case "pipeline.name" | "original.name" | "controller.name":
            uuid = getattr(record, path.name.removesuffix(".name"))
            names = _names_of(store, record.namespace, [uuid] if uuid else [])
            return names[0] if names else value_of(record, path)
        case "upstream.name":
            names = _names_of(store, record.namespace, [upstream.uuid for upstream in record.upstream])
            return tuple(dict.fromkeys((*value_of(record, path), *names)))
        case "downstream" | "downstream.name":
            query = CheckedQuery(Predicate(FieldPath("upstream"), OneOf((record.uuid,))))
            wanted = SearchRequest(
                namespace=record.namespace, query=query, sort=NEWEST_FIRST, parts=frozenset({"globals"})
            )
            after = store.search(wanted).runs
            return tuple(run.uuid if path.name == "downstream" else run.record.display_name for run in after)
        case _:
            return value_of(record, path)


def _names_of(store: RunStore, namespace: str, uuids: Iterable[str]) -> list[str]:
    """The names of those runs of the namespace that have one of ``uuids``."""
    found = (store.get(namespace, uuid=uuid) for uuid in dict.fromkeys(uuids))
    return [run.display_name for run in found if run is not None]


def _verdict(
    search: SearchRequest,
    record: RunRecord,
    result: SearchResult,
    *,
    rank: int | None,
    matches: bool,
    limit: int | None,
    dropped: frozenset[str],
) -> tuple[Verdict, str]:
    if record.uid in search.exclude_uids:
        return "no-candidate", "it is the operation's own run"
    if failed := [one for one in search.selector if not label_matches(one, record.labels)]:
        wanted = ", ".join(f"{one.key} {one.operator} {', '.join(one.values)}".strip() for one in failed)
        return "no-candidate", f"its labels do not fit the selector: {wanted}"
    if rank is None and matches:
        return "no-candidate", "it is not searched: an older run has the same uuid"
    if rank is None:
        return "no-match", "the query is false of it"
    end = search.offset + (search.limit if search.limit is not None else result.matched)
    of = f"rank {rank} of {result.matched}"
    if rank <= search.offset:
        return "skipped", f"{of}: the offset {search.offset} skips it"
    if rank > end:
        what = f"the limit {limit}" if limit is not None else f"the cap of {search.limit}, for want of a limit,"
        return "cut", f"{of}: {what} cuts it" + (f" (after the offset {search.offset})" if search.offset else "")
    if record.uid in dropped:
        return "dropped", f"{of}: `onNull: DropRun` left it out, since it lacks a value"
    return "taken", of


def label_matches(requirement: LabelRequirement, labels: Mapping[str, str]) -> bool:
    """One requirement of a label selector, as Kubernetes reads it: NotIn holds where the label is absent."""
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value is not None and value in requirement.values
        case "NotIn":
            return value is None or value not in requirement.values
        case "Exists":
            return value is not None
        case _:
            return value is None
