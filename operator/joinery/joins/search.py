"""The searches of an operation, in order: as many at one instant of the store as their templates allow.

A join that uses what an earlier one gives is searched after it; the others are asked together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from joinery.joins.declared import coerce_join, unsafe_paths
from joinery.joins.found import Found
from joinery.joins.gather import Gathered, gather
from joinery.joins.plan import Join, Plan
from joinery.joins.queries import Asked, ask, names_used
from joinery.joins.request import ResolveRequest
from joinery.joins.resolution import JoinRecord
from joinery.joins.scope import Scope
from joinery.problems import JoineryError, Problem
from joinery.runs.record import RunRecord
from joinery.runs.search import RunStore, SearchResult


@dataclass(slots=True)
class Searches:
    """The joins of one operation while they are resolved. ``broken`` are the places of joins that a check has found
    wrong already: they are passed over, and so is what uses their params."""

    plan: Plan
    request: ResolveRequest
    store: RunStore
    scope: Scope
    found: Found
    broken: frozenset[int] = frozenset()
    records: list[JoinRecord] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    version: str = ""
    _raw: dict[str, Any] = field(default_factory=dict)
    _sources: dict[str, list[RunRecord]] = field(default_factory=dict)

    def run(self) -> None:
        """Resolves every join, in order."""
        known = {*self.plan.params, *self.plan.declared, *self.plan.given_by_joins()}
        waiting: list[Asked] = []
        for join in self.plan.joins:
            used = names_used(join, known)
            if used & {name for asked in waiting for name in asked.join.params} or ("params" in used and waiting):
                self._flush(waiting)
            asked = None
            if join.index not in self.broken and not self.scope.blocked(used):
                asked = ask(join, self.plan, self.request, self.scope, self.found)
            if asked is None:
                self.scope.failed |= join.params.keys()
            else:
                waiting.append(asked)
                self.asked.append(asked)
        self._flush(waiting)

    def _flush(self, waiting: list[Asked]) -> None:
        if waiting:
            for asked, result in zip(waiting, self.store.search_many([a.search for a in waiting]), strict=True):
                self._take(asked, result)
            waiting.clear()

    def _take(self, asked: Asked, result: SearchResult) -> None:
        join, mine = asked.join, Found()
        short = result.matched < join.min_runs
        if short:
            mine.wrong(too_few(join, result.matched, self.request))
        for warning in result.warnings:
            mine.warn(warning, at=join.path)
        if asked.limit is None and result.matched - asked.search.offset > len(result.runs):
            mine.warn(truncated(asked, result), at=join.path)
        waits = short and mine.reason == "WaitingForRuns"
        # While runs are awaited, the values of those that are there say nothing: they are judged with the others.
        about_values = Found()
        gathered = gather(join, result.runs, asked.sort_names, plan=self.plan, scope=self.scope, found=about_values)
        for name in join.params:
            self._give(name, join, gathered, about_values)
        if not waits:
            mine.problems += about_values.problems
        mine.warnings += about_values.warnings
        self.records.append(_record(asked, result, gathered, mine.warnings))
        self.version = result.version or self.version
        self.found.all_of(mine.problems)
        for warning in mine.warnings:
            self.found.warn(warning)

    def _give(self, name: str, join: Join, gathered: Gathered, found: Found) -> None:
        """Adds what a join gives under a name to what earlier ones gave; the last one's list is held against the
        declaration, whole."""
        if name not in gathered.values or name in self.scope.failed:
            self.scope.failed.add(name)
            return
        params = self.plan.given_by_joins()[name]
        value = joined(self._raw.get(name), gathered.values[name])
        self._raw[name] = value
        sources = self._sources.setdefault(name, [])
        sources += [run.record for run in gathered.runs]
        param = join.params[name]
        is_last = params[-1] is param
        declared = self.plan.declared.get(name) if is_last else None
        try:
            resolved = coerce_join(name, value, declared, param.flags, sources=lambda: source_texts(sources))
        except JoineryError as error:
            found.all_of(error, at=f"{param.path}.value")
            self.scope.failed.add(name)
            return
        found.all_of(
            unsafe_paths(resolved, source_texts(sources) if resolved.to_init else ()), at=f"{param.path}.value"
        )
        self.scope.add(resolved, foreign=True)


def joined(before: Any, value: Any) -> Any:
    """What two joins give under one name: lists end to end, forms key by key."""
    if before is None:
        return value
    if isinstance(value, dict):
        return {key: [*before[key], *value[key]] for key in ("files", "dirs")}
    return [*before, *value]


def source_texts(records: Sequence[RunRecord]) -> list[str]:
    """How a problem names the run that an element came from."""
    return [f"run `{record.name}` ({record.uuid})" for record in records]


def too_few(join: Join, matched: int, request: ResolveRequest) -> Problem:
    """Fewer runs match than ``minRuns`` asks for: waited for in a cluster while ``waitFor`` lasts, else a problem."""
    until = request.created + round(join.wait_for * 1_000_000)
    waits = request.may_wait and request.now < until
    return Problem(
        message=f"{matched} {'run matches' if matched == 1 else 'runs match'}, and the join asks for at least "
        f"{join.min_runs} (`minRuns`)",
        path=f"{join.path}.minRuns",
        rule="waiting-for-runs" if waits else "too-few-runs",
        hint=None if waits else "`kubectl joinery explain` and `joinery explain` say of any run which clause it fails",
    )


def truncated(asked: Asked, result: SearchResult) -> Problem:
    """The cap cut the result, and nobody asked for that."""
    return Problem(
        message=f"{result.matched} runs match and {len(result.runs)} were taken: the join has no `limit`, so the cap "
        f"of {asked.search.limit} cut it",
        path="limit",
        rule="truncated",
        hint="write a `limit`, or narrow the query",
    )


def _record(asked: Asked, result: SearchResult, gathered: Gathered, warnings: Sequence[Problem]) -> JoinRecord:
    join = asked.join
    return JoinRecord(
        index=join.index,
        query=asked.search.query.text,
        sort=asked.search.sort.text,
        limit=asked.limit,
        offset=asked.search.offset,
        candidates=result.candidates,
        matched=result.matched,
        runs=gathered.runs,
        dropped=gathered.dropped,
        ref=join.ref,
        params=tuple(join.params),
        nulls=gathered.nulls,
        warnings=tuple(warnings),
    )
