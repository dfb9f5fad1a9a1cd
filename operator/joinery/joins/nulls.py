"""Runs that lack a value which a param asks for: found, named, and never passed over in silence.

Source: spec 1, ``onNull`` and *Never silently wrong*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from joinery.joins.artifacts import BoundForm
from joinery.joins.found import Found
from joinery.joins.plan import Join, JoinParam
from joinery.joins.resolution import TakenRun
from joinery.joins.values import RunPath
from joinery.problems import Problem, did_you_mean
from joinery.runs.record import RunRecord


def is_null(value: Any) -> bool:
    """Whether one run's element is no value: null, or a form with an entry left out."""
    if isinstance(value, BoundForm):
        return value.left_out > 0
    return value is None


def refuse_nulls(
    join: Join, columns: Mapping[str, Sequence[Any]], runs: Sequence[TakenRun], found: Found
) -> frozenset[str]:
    """``onNull: Fail``: a problem for each param that lacks a value, naming the runs. Gives the names of these params:
    nothing more is to be said of their nulls."""
    refused = set[str]()
    for name, values in columns.items():
        lacking = [run for run, value in zip(runs, values, strict=True) if is_null(value)]
        if lacking:
            refused.add(name)
            found.wrong(
                Problem(
                    message=f"{named_runs([f'{run.name} ({run.uuid})' for run in lacking])} without a value for param "
                    f"`{name}`, and the join says `onNull: Fail`",
                    path=join.params[name].path,
                    rule="null-value",
                    hint="`onNull: DropRun` leaves such runs out, `onNull: Keep` gives null for them",
                )
            )
    return frozenset(refused)


def warn_dropped(
    join: Join,
    columns: Mapping[str, Sequence[Any]],
    runs: Sequence[TakenRun],
    dropped: Sequence[TakenRun],
    found: Found,
) -> None:
    """``onNull: DropRun``: which runs were left out, and for want of what."""
    lacked = [name for name, values in columns.items() if any(map(is_null, values))]
    found.warn(
        Problem(
            message=f"{named_runs([run.name for run in dropped])} left out by `onNull: DropRun`, of {len(runs)} taken: "
            f"without a value for {', '.join(f'`{name}`' for name in lacked)}",
            path=join.path,
            rule="dropped-runs",
        )
    )


def warn_all_null(param: JoinParam, values: Sequence[Any], records: Sequence[RunRecord], found: Found) -> None:
    """A path that no taken run has is most often misspelt: said, with the nearest names that are there."""
    if not values or any(value is not None for value in values):
        return
    hint = None
    if isinstance(param.expression, RunPath) and param.expression.key is not None:
        hint = nearest_names(param.expression, records)
    found.warn(
        Problem(
            message=f"no taken run has a value for `{str(param.written)[:80]}`: the list holds nothing but null",
            path=f"{param.path}.value",
            rule="all-null",
            hint=hint,
        )
    )


def nearest_names(path: RunPath, records: Sequence[RunRecord]) -> str | None:
    """The nearest names that the runs (the first 200 of them) have below the root of ``path``."""
    there: dict[str, None] = {}
    for record in records[:200]:
        match path.root:
            case "inputs":
                there.update(dict.fromkeys(record.inputs))
            case "outputs" | "metrics":
                there.update(dict.fromkeys([*record.outputs, *record.metrics]))
            case "artifacts":
                there.update(dict.fromkeys(artifact.name for artifact in record.artifacts))
    if path.key in there:
        name = path.key[:80]
        match path.root, path.stat:
            case "metrics", "last":
                return f"`outputs.{name}` is there, and is no number"
            case "metrics", stat:
                return f"`metrics.{name}` is there without `[{stat}]`: a plain number has its last value alone"
        return "it is there, and is null"
    near = did_you_mean(path.key or "", there, prefix=f"{path.root}.")
    if near or not there:
        return near
    return "the runs have " + ", ".join(f"`{path.root}.{name[:80]}`" for name in sorted(there)[:8])


def named_runs(names: Sequence[str]) -> str:
    """ "3 runs (`a`, `b`, `c`)", at most five of them by name."""
    shown = ", ".join(f"`{name}`" for name in names[:5]) + (", …" if len(names) > 5 else "")
    return f"{len(names)} {'run' if len(names) == 1 else 'runs'} ({shown})"
