"""The answer of ``Runs.search``: ordered runs, the counts, the warnings; as a data frame and as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from joinery.local import html
from joinery.local.runview import RunView
from joinery.problems import Problem
from joinery.runs import flatten
from joinery.runs.record import RunRecord

if TYPE_CHECKING:
    import pandas as pd

_ROWS_IN_HTML = 50
_NAMES_IN_REPR = 5
_INPUTS_IN_HTML = 6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Found:
    """``candidates`` counts the runs in scope, ``matched`` those the query is true of, before offset and limit;
    ``runs`` are the taken ones, in order. ``query`` and ``sort`` read as they were understood."""

    runs: tuple[RunView, ...]
    candidates: int
    matched: int
    warnings: tuple[Problem, ...]
    query: str
    sort: str
    limit: int | None
    offset: int
    namespace: str

    def __repr__(self) -> str:
        names = [run.name for run in self.runs[:_NAMES_IN_REPR]]
        listed = ", ".join([*names, "…"] if len(self.runs) > len(names) else names)
        counts = f"{len(self.runs):,} taken of {self.matched:,} matched of {self.candidates:,} candidates"
        return f"<{counts}{f': {listed}' if listed else ''}>"

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[RunView]:
        return iter(self.runs)

    @overload
    def __getitem__(self, index: int) -> RunView: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RunView]: ...
    def __getitem__(self, index: int | slice) -> RunView | Sequence[RunView]:
        return self.runs[index]

    def to_pandas(self) -> pd.DataFrame:
        """One row a run: name, uuid, namespace, status, times, then ``inputs.K``, ``outputs.K`` and ``metrics.K``.

        Raises ImportError that says what to install where pandas is absent.
        """
        return frame(run.record for run in self.runs)

    def _repr_html_(self) -> str:
        names = _common_columns(self.runs)
        rows = (
            [run.name, run.status or "", *(_cell(run, name) for name in names)] for run in self.runs[:_ROWS_IN_HTML]
        )
        more = len(self.runs) - _ROWS_IN_HTML
        return "".join(
            (
                html.paragraph(f"{len(self.runs)} taken of {self.matched:,} matched of {self.candidates:,} candidates"),
                html.table(["name", "status", *names], rows),
                html.paragraph(f"and {more:,} more") if more > 0 else "",
                html.notes(str(warning) for warning in self.warnings),
            )
        )


def frame(records: Any) -> pd.DataFrame:
    """Run records as a data frame, one row each, in order."""
    try:
        import pandas
    except ImportError:
        raise ImportError(
            "to_pandas needs pandas: pip install 'joinery-operator[pandas]', or pip install pandas"
        ) from None
    rows = [_row(record) for record in records]
    # Known columns stand first and in one order, whatever the first run happens to have.
    order = sorted({name for row in rows for name in row}, key=_column_rank)
    table = pandas.DataFrame(rows, columns=order or list(_FIXED))
    for name in ("created_at", "started_at", "finished_at"):
        table[name] = pandas.to_datetime(table[name], unit="us", utc=True)
    return table


_FIXED = ("name", "uuid", "namespace", "status", "created_at", "started_at", "finished_at", "duration")
_GROUPS = ("inputs", "outputs", "metrics")


def _row(record: RunRecord) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": record.name,
        "uuid": record.uuid,
        "namespace": record.namespace,
        "status": record.phase,
        "created_at": record.created_at,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "duration": record.duration,
    }
    for group, mapping in (("inputs", record.inputs), ("outputs", record.outputs)):
        leaves = {key: value for key, value in flatten(mapping).items() if not isinstance(value, Mapping) or not value}
        row |= {f"{group}.{key}": value for key, value in leaves.items()}
    return row | {f"metrics.{name}": metric.last for name, metric in record.metrics.items()}


def _column_rank(name: str) -> tuple[int, int, str]:
    if name in _FIXED:
        return (0, _FIXED.index(name), name)
    group, _, _ = name.partition(".")
    return (1, _GROUPS.index(group), name)


def _common_columns(runs: Sequence[RunView]) -> list[str]:
    """The sort keys, then the metrics and inputs that most runs have: a notebook shows few columns well."""
    counts: dict[str, int] = {}
    for run in runs[:_ROWS_IN_HTML]:
        for name in [
            *run.sort_keys,
            *(f"metrics.{key}" for key in run.metrics),
            *(f"inputs.{key}" for key in run.inputs),
        ]:
            counts[name] = counts.get(name, 0) + (1_000 if name in run.sort_keys else 1)
    best = sorted(counts, key=lambda name: -counts[name])
    return best[:_INPUTS_IN_HTML]


def _cell(run: RunView, name: str) -> str:
    if name in run.sort_keys:
        value = run.sort_keys[name]
    else:
        group, _, key = name.partition(".")
        value = (run.metrics if group == "metrics" else run.inputs).get(key)
    text = "" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
