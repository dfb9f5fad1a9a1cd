"""The answer of ``joinery params``: what each param of a resolved operation came to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joinery.cli.blocks import Block, Line, Table, heading
from joinery.cli.text import cut, plain, short

if TYPE_CHECKING:
    from joinery.cli.live.recorded import Recorded

VALUE = 60
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would evaluate


def param_blocks(recorded: Recorded) -> list[Block]:
    """One row a param, and where it all was recorded."""
    head = f"{plain(recorded.name)} in namespace {plain(recorded.namespace)}, resolved at {plain(recorded.resolved_at)}"
    rows = []
    for name, param in recorded.params.items():
        value = param.get("value")
        size = f" ({len(value):,})" if isinstance(value, list) and len(value) > 3 else ""
        source = plain(str(param.get("source") or "–"))
        rows.append([plain(name), _type(param), source, short(value, width=VALUE) + size])
    table: list[Block] = [Table(["NAME", "TYPE", "FROM", "VALUE"], rows)] if rows else [Line("no params")]
    return [heading(head), *table, Line(f"digest {plain(recorded.digest)}", "dim")]


def _type(param: Mapping[str, Any]) -> str:
    declared = plain(cut(str(param.get("type") or "any"), 60))
    return f"List[{declared}]" if param.get("isList") and not declared.startswith("List[") else declared


def param_values(recorded: Recorded) -> dict[str, Any]:
    """Name to value: what the container reads from ``params.json``."""
    return {name: param.get("value") for name, param in recorded.params.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One row a joined run. ``left_out`` are the params that are not one value a run."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...]

    def text(self) -> str:
        """CSV as RFC 4180 has it, in lines that end with a newline alone."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return written.getvalue()


def sheet(recorded: Recorded) -> Sheet:
    """The params that joins gave, as columns beside the run that each value came from.

    A param that several joins give is in the rows of each. Texts have control characters as escapes, and a `'`
    before what a spreadsheet would take for a formula; lists and mappings are compact JSON, null is empty.
    """
    aligned = [name for name, param in recorded.params.items() if _is_aligned(name, param, recorded.joins)]
    rows: list[tuple[str, ...]] = []
    before = dict.fromkeys(aligned, 0)
    for index, join in enumerate(recorded.joins):
        runs, given = join.get("runs") or (), set(join.get("params") or ())
        columns = [_column(recorded, name, before[name], len(runs), given=name in given) for name in aligned]
        rows += [
            (str(index), _text(str(run.get("name"))), _text(str(run.get("uuid"))), *cells)
            for run, *cells in zip(runs, *columns, strict=True)
        ]
        for name in given & before.keys():
            before[name] += len(runs)
    return Sheet(
        columns=("join", "run", "uuid", *aligned),
        rows=tuple(rows),
        left_out=tuple(name for name in recorded.params if name not in before),
    )


def _is_aligned(name: str, param: Mapping[str, Any], joins: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it is a list with one element a run; the artifacts form, and what no join gave, is not."""
    counts = [len(join.get("runs") or ()) for join in joins if name in (join.get("params") or ())]
    value = param.get("value")
    return bool(counts) and isinstance(value, list) and len(value) == sum(counts)


def _column(recorded: Recorded, name: str, start: int, count: int, *, given: bool) -> list[str]:
    if not given:
        return [""] * count
    return [_cell(value) for value in recorded.params[name]["value"][start : start + count]]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return _text(value)
    return plain(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _text(value: str) -> str:
    safe = plain(value)
    return f"'{safe}" if value.startswith(_FORMULA) and not _is_number(value) else safe


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
