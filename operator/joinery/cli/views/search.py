"""The answer of ``joinery search``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from joinery.cli.blocks import Block, Line, Table
from joinery.cli.problems import as_dict, problem_lines
from joinery.cli.text import plain, short
from joinery.runs import format_time, write_run
from joinery.runs.record import RunRecord

if TYPE_CHECKING:
    from joinery.local.columns import Column
    from joinery.local.found import Found

WIDEST = 40


def search_blocks(found: Found, columns: Sequence[Column], *, wide: bool) -> list[Block]:
    """One row a run: its name and status, the keys it was sorted by, the columns asked for, and the counts."""
    keys = list(dict.fromkeys(key for run in found.runs for key in run.sort_keys))
    shown = [column for column in columns if column.name not in (*keys, "name", "status")]
    # With nothing asked for, when a run was made says most about it.
    ages = (not keys and not shown) or wide
    heads = ["NAME", "STATUS", *keys, *(column.name for column in shown), *(("CREATED",) if ages else ())]
    heads += ["NAMESPACE", "UUID", "TAGS"] if wide else []
    rows = []
    for run in found.runs:
        row = [plain(run.name), run.status or "–"]
        row += [short(run.sort_keys.get(key), width=WIDEST) for key in keys]
        row += [short(_listed(column.of(run.record)), width=WIDEST) for column in shown]
        row += [created(run.record)] if ages else []
        row += [plain(run.namespace), run.uuid, short(", ".join(run.tags) or None, width=WIDEST)] if wide else []
        rows.append(row)
    blocks: list[Block] = []
    if rows:
        blocks.append(Table([plain(head) for head in heads], rows, right=frozenset(range(2, 2 + len(keys)))))
    blocks.append(Line(counts(len(found.runs), found.matched, found.candidates, found.offset), "dim"))
    blocks += [line for warning in found.warnings for line in problem_lines(warning, "warning")]
    return blocks


def _listed(value: Any) -> Any:
    """Tags and other lists of texts read better without brackets."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or None
    return value


def created(record: RunRecord) -> str:
    return format_time(record.created_at).replace("+00:00", "Z").partition(".")[0].removesuffix("Z") + "Z"


def counts(taken: int, matched: int, candidates: int, offset: int = 0) -> str:
    """``5 taken of 7 matched of 67 candidates``."""
    after = f", after the first {offset:,}" if offset else ""
    return f"{taken:,} taken of {matched:,} matched of {candidates:,} candidates{after}"


def search_data(found: Found, columns: Sequence[Column]) -> dict[str, Any]:
    """The answer for programs: what was understood, the counts, the runs as manifests beside their keys."""
    return {
        "query": found.query,
        "sort": found.sort,
        "limit": found.limit,
        "offset": found.offset,
        "namespace": found.namespace,
        "candidates": found.candidates,
        "matched": found.matched,
        "warnings": [as_dict(warning) for warning in found.warnings],
        "runs": [
            {
                "name": run.name,
                "uuid": run.uuid,
                "sortKeys": dict(run.sort_keys),
                **({"columns": {column.name: column.of(run.record) for column in columns}} if columns else {}),
                "run": write_run(run.record),
            }
            for run in found.runs
        ],
    }


def run_name(name: str) -> str:
    """As ``kubectl -o name`` writes it."""
    return f"run.joinery.dev/{name}"
