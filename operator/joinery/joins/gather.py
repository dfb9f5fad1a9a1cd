"""From the runs a join found to the values of its params, and to its record.

Source: spec 1, *Value expressions* (Lists, The artifacts form), ``onNull``, *What is recorded*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from joinery.joins.artifacts import BoundForm, bind_form, literal_form
from joinery.joins.declared import base_type
from joinery.joins.entries import ArtifactsForm
from joinery.joins.found import Found
from joinery.joins.nulls import is_null, named_runs, refuse_nulls, warn_all_null, warn_dropped
from joinery.joins.plan import Join, JoinParam, Plan
from joinery.joins.projection import column, parts_of
from joinery.joins.resolution import TakenRun
from joinery.joins.scope import Scope
from joinery.joins.values import PerRun, RunPath
from joinery.problems import JoineryError, Problem
from joinery.runs.record import RunRecord
from joinery.runs.search import FoundRun

_make_taken = partial(tuple.__new__, TakenRun)  # TakenRun._make at half its cost: a join takes thousands


@dataclass(slots=True)
class Gathered:
    """What one join gives: ``values`` by param (a list, or the artifacts form), and the runs they are of."""

    runs: tuple[TakenRun, ...]
    dropped: tuple[TakenRun, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    nulls: dict[str, int] = field(default_factory=dict)


def parts_needed(join: Join) -> frozenset[str]:
    """Which parts of the runs the params of a join read."""
    return frozenset[str]().union(*(parts_of(p.expression) for p in join.params.values() if p.expression is not None))


def gather(
    join: Join, taken: Sequence[FoundRun], keys: Sequence[str], *, plan: Plan, scope: Scope, found: Found
) -> Gathered:
    """Evaluates every param of the join for every taken run, and applies ``onNull``. ``keys`` are the sort keys as
    written. Problems and warnings go to ``found``; a param that has one is not among the values."""
    records = [run.record for run in taken]
    runs = _taken(taken, keys)
    columns: dict[str, list[Any]] = {}
    for name, param in join.params.items():
        try:
            columns[name] = _column(param, records, plan=plan, scope=scope)
        except JoineryError as error:
            found.all_of(error, at=f"{param.path}.value")
    lacking = _lacking(columns)
    refused = refuse_nulls(join, columns, runs, found) if lacking and join.on_null == "Fail" else frozenset()
    dropped: tuple[TakenRun, ...] = ()
    if lacking and join.on_null == "DropRun":
        kept = [index for index in range(len(runs)) if index not in lacking]
        dropped = tuple(runs[index] for index in sorted(lacking))
        warn_dropped(join, columns, runs, dropped, found)
        columns = {name: [values[index] for index in kept] for name, values in columns.items()}
        runs = tuple(runs[index] for index in kept)
        records = [run.record for run in runs]
    gathered = Gathered(runs, dropped)
    for name, values in columns.items():
        param = join.params[name]
        if isinstance(param.expression, ArtifactsForm):
            gathered.nulls[name] = sum(map(is_null, values))
            if name in refused:
                continue
            gathered.values[name] = _whole_form(param, param.expression, values, records, found)
        else:
            gathered.nulls[name] = values.count(None)
            warn_all_null(param, values, records, found)
            if name not in refused:
                gathered.values[name] = values
    return gathered


def _taken(found: Sequence[FoundRun], keys: Sequence[str]) -> tuple[TakenRun, ...]:
    if not found:
        return ()
    # By columns: a join takes thousands.
    uids, uuids, names, versions, records, sort_keys = zip(*found, strict=True)
    if len(keys) == 1:
        key = keys[0]
        shown = [{key: values[0]} for values in sort_keys]
    else:
        shown = [dict(zip(keys, values, strict=False)) for values in sort_keys]
    return tuple(map(_make_taken, zip(uids, uuids, names, versions, shown, records, strict=True)))


def _column(param: JoinParam, records: Sequence[RunRecord], *, plan: Plan, scope: Scope) -> list[Any]:
    """One element per run: a value, or for the artifacts form that run's share of it."""
    match param.expression:
        case RunPath():
            values = column(param.expression, records, {})
        case PerRun(names=names):
            values = column(param.expression, records, scope.names(names))
        case ArtifactsForm() as form if form.is_literal:
            return [None if record is None else _LITERAL for record in records]
        case ArtifactsForm() as form:
            return _bind_all(form, records, scope)
        case _:
            return []
    declared = plan.declared.get(param.name)
    if declared is not None and base_type(declared.spec) == "float" and "NaN" in values:
        return [None if value == "NaN" else value for value in values]
    return values


def _bind_all(form: ArtifactsForm, records: Sequence[RunRecord], scope: Scope) -> list[Any]:
    computed = [entry for entry in form.entries if not isinstance(entry, str)]
    needed = frozenset[str]().union(*(entry.names for entry in computed if isinstance(entry, PerRun)))
    names = scope.names(needed)

    def evaluate(entry: Any, record: RunRecord) -> Any:
        return column(entry, [record], names)[0]

    return [bind_form(form, record, evaluate) for record in records]


_LITERAL = object()  # a run's share of a form that is the same for every run but for the run's path


def _lacking(columns: Mapping[str, Sequence[Any]]) -> set[int]:
    """The places of the runs that lack a value which some param asks for."""
    return {
        index
        for values in columns.values()
        if None in values or any(isinstance(value, BoundForm) for value in values[:1])
        for index, value in enumerate(values)
        if is_null(value)
    }


def _whole_form(
    param: JoinParam, form: ArtifactsForm, values: Sequence[Any], records: Sequence[RunRecord], found: Found
) -> dict[str, list[Any]]:
    if form.is_literal:
        return literal_form(form, records)
    files: list[Any] = []
    dirs: list[Any] = []
    left_out: list[str] = []
    for record, bound in zip(records, values, strict=True):
        files += bound.files
        dirs += bound.dirs
        found.all_of(bound.problems, at=f"{param.path}.value")
        if bound.left_out:
            left_out.append(record.name)
    if left_out:
        found.warn(
            Problem(
                message=f"{named_runs(left_out)} without a value for an entry: left out of the files and dirs",
                path=f"{param.path}.value",
                rule="null-artifact",
            )
        )
    return {"files": files, "dirs": dirs}
