"""From value expressions to values: one list per param, one element per run, in order.

Plain paths are compiled once into a small function and rendered by nothing; templates run only where one
was written. Source: spec 1, *Value expressions*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from joinery.joins.artifacts import lineage_path, lineage_paths
from joinery.joins.entries import ArtifactsForm
from joinery.joins.normal import normalise, number_of
from joinery.joins.values import ROOTS, PerRun, RunPath, ValueExpression
from joinery.problems import InvalidTemplate, Problem
from joinery.runs import lookup, run_globals
from joinery.runs.record import Metric, RunRecord
from joinery.runs.written import WrittenMetrics
from joinery.templates import Expression
from joinery.templates.values import Fault, Scope, written

Getter = Callable[[RunRecord], Any]
_CHEAP_GLOBALS = {"uuid", "namespace", "owner_name"}  # known without the rest of the document


def parts_of(expression: ValueExpression) -> frozenset[str]:
    """Which parts of a Run it reads, of ``joinery.runs.search.PARTS``: a projection fetches no more."""
    match expression:
        case RunPath(root="globals", key=key):
            return frozenset() if key in _CHEAP_GLOBALS else frozenset({"globals"})
        case RunPath(root="artifacts", key="base" | "outputs"):
            return frozenset()
        case RunPath(root="outputs" | "metrics"):
            return frozenset({"outputs", "metrics"})
        case RunPath(root="io"):
            return frozenset({"inputs", "outputs", "metrics", "artifacts"})
        case RunPath(root=root):
            return frozenset({root})
        case PerRun(names=names):
            return frozenset[str]().union(*(parts_of(RunPath(root)) for root in ROOTS if root in names))
        case ArtifactsForm():
            return frozenset[str]().union(
                *(parts_of(entry) for entry in expression.entries if not isinstance(entry, str))
            )


def column(expression: RunPath | PerRun, records: Sequence[RunRecord], names: Mapping[str, Any]) -> list[Any]:
    """One value per run, as JSON types. ``names`` are the operation's params, for expressions that use them.

    Raises InvalidTemplate, naming the runs (the first three of them) whose values an expression cannot work with.
    """
    if isinstance(expression, RunPath):
        return list(map(getter(expression), records))
    values: list[Any] = []
    failed: list[tuple[RunRecord, InvalidTemplate]] = []
    for record in records:
        try:
            values.append(normalise(per_run(expression, record, names)))
        except InvalidTemplate as error:
            failed.append((record, error))
    if failed:
        raise InvalidTemplate(list(_failures(failed)))
    return values


def per_run(expression: PerRun, record: RunRecord, names: Mapping[str, Any]) -> Any:
    """The value of a template for one run; null when a path in it, or what an expression reads, is not there."""
    bound: Mapping[str, Any] | None = None
    values: list[Any] = []
    for part in expression.parts:
        match part:
            case str():
                values.append(part)
            case RunPath():
                values.append(getter(part)(record))
            case Expression():
                bound = {**names, **run_names(record, expression.names)} if bound is None else bound
                try:
                    whole, offset = expression.place_of(part)
                    values.append(part.run(Scope(bound), whole=whole, offset=offset))
                except InvalidTemplate as error:
                    if not _lacks(error, part, bound):
                        raise
                    values.append(None)
    if len(values) == 1:
        return values[0]
    return None if None in values else "".join(map(_written, values))


def _written(value: Any) -> str:
    try:
        return written(value, Scope({}))
    except Fault as fault:
        raise InvalidTemplate(Problem(message=fault.message, rule=fault.rule, hint=fault.hint)) from None


def run_names(record: RunRecord, needed: frozenset[str]) -> dict[str, Any]:
    """The names that bind to a matched run, those ``needed`` alone."""
    return {root: _WHOLE[root](record) for root in ROOTS if root in needed}


def getter(path: RunPath) -> Getter:
    """The function that reads ``path`` from a run. Metrics that are no numbers come as texts (``"NaN"``)."""
    key = path.key
    if key is None:
        return _WHOLE[path.root]
    match path.root:
        case "inputs":
            return _input_getter(key)
        case "outputs":
            return lambda record: _output(record, key)
        case "metrics":
            return _metric_getter(key, path.stat or "last")
        case "artifacts":
            return lambda record: lineage_path(record, key)
        case "globals" if key == "uuid":
            return lambda record: record.uuid
        case _:
            return lambda record: run_globals(record)[key]


def _input_getter(key: str) -> Getter:
    def read(record: RunRecord) -> Any:
        value = record.inputs.get(key)
        return _find(record.inputs, key) if value is None else value

    return read


def _find(mapping: Mapping[str, Any], key: str) -> Any:
    value = mapping.get(key)
    if value is not None or key in mapping:
        return value
    found = lookup.find(mapping, key)
    return None if found is lookup.ABSENT else found


def _output(record: RunRecord, key: str) -> Any:
    value = record.outputs.get(key)
    if value is not None:
        return value
    if not record.metrics:
        return _find(record.outputs, key)
    return _plain(_find(lookup.query_outputs(record), key))


def _metric_getter(key: str, stat: str) -> Getter:
    place = Metric._fields.index(stat)

    def read(record: RunRecord) -> Any:
        metrics = record.metrics
        if type(metrics) is WrittenMetrics and (value := metrics.number(key, place)) is not None:
            return value
        metric = metrics.get(key)
        if metric is None or metric.last is None:
            metric = lookup.query_metrics(record).get(key)
            if metric is None:
                return None
        return _plain(metric[place])

    return read


def _plain(value: Any) -> Any:
    if type(value) is not float or (value - value == 0 and not value.is_integer()):
        return value
    return number_of(value)


def _outputs(record: RunRecord) -> dict[str, Any]:
    if isinstance(record.metrics, WrittenMetrics):  # of runs that are JSON values already
        return lookup.overlay(record.metrics.last_values(), record.outputs)
    return {key: _plain(value) for key, value in lookup.query_outputs(record).items()}


def _metrics(record: RunRecord) -> dict[str, Any]:
    metrics: Mapping[str, Metric] = lookup.query_metrics(record)
    return {key: _plain(metric.last) for key, metric in metrics.items()}


def _io(record: RunRecord) -> dict[str, Any]:
    return {"inputs": dict(record.inputs), "outputs": _outputs(record), "artifacts": lineage_paths(record)}


_WHOLE: dict[str, Getter] = {
    "inputs": lambda record: dict(record.inputs),
    "outputs": _outputs,
    "metrics": _metrics,
    "artifacts": lineage_paths,
    "io": _io,
    "globals": run_globals,
}


def _lacks(error: InvalidTemplate, expression: Expression, bound: Mapping[str, Any]) -> bool:
    """Whether an expression failed for a key that this run does not have, and for nothing else: it reads the run, and
    all the names that it begins with are there."""
    reads_run = not expression.names.isdisjoint(ROOTS)
    return (
        reads_run
        and expression.names <= bound.keys()
        and all(problem.rule == "undefined-name" for problem in error.problems)
    )


def _failures(failed: Sequence[tuple[RunRecord, InvalidTemplate]]) -> Iterator[Problem]:
    for record, error in failed[:3]:
        for problem in error.problems:
            yield replace(problem, message=f"{problem.message} (run `{record.name}`, {record.uuid})")
    if len(failed) > 3:
        yield Problem(message=f"and so for {len(failed) - 3} more runs", rule=failed[0][1].problems[0].rule)
