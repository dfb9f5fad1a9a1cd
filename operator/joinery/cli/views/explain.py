"""The answer of ``joinery explain``: each clause with the run's value, the rank, and what cut the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from joinery.cli.blocks import Block, Line, Style, Table, heading
from joinery.cli.text import cut, plain, short
from joinery.joins import ChangedRun, Explanation, JoinExplanation
from joinery.local.columns import json_value, sort_key

if TYPE_CHECKING:
    from joinery.pql import Explained

MARKS = {"true": "✓", "false": "✗", "absent": "–"}
GROUPS = {"and": "all of", "or": "any of", "not": "not"}
VALUE = 60


def explain_blocks(found: Explanation, changed: Sequence[ChangedRun] = ()) -> list[Block]:
    run = found.run
    blocks: list[Block] = [heading(f"{plain(run.name)} in namespace {plain(run.namespace)}, uuid {run.uuid}")]
    for join in found.joins:
        several = len(found.joins) > 1 or join.index
        place = f"joins[{join.index}]  " if several else ""
        blocks.append(heading(f"{place}{cut(plain(join.query), 300) or 'every run'}"))
        blocks.append(Line(f"  {'✓' if join.verdict == 'taken' else '✗'} {sentence(join)}", _style(join)))
        if join.clauses is not None:
            rows = list(_rows(join.clauses, 0))
            if rows:
                blocks.append(Table(["", "CLAUSE", "VALUE", "IS"], rows, indent=2))
        if join.sort_keys:
            keys = ", ".join(
                f"{plain(key)} = {short(sort_key(key, value), width=VALUE)}" for key, value in join.sort_keys.items()
            )
            blocks.append(Line(f"  sorted by {keys}", "dim"))
    if changed:
        blocks.append(
            heading(f"since the resolution was recorded, {len(changed):,} of its runs are not what they were")
        )
        rows = [[plain(one.name), one.change, plain(one.uuid)] for one in changed]
        blocks.append(Table(["NAME", "IS", "UUID"], rows, indent=2))
    return blocks


def _style(join: JoinExplanation) -> Style:
    return "good" if join.verdict == "taken" else "warning"


def sentence(join: JoinExplanation) -> str:
    """What happened to the run, in words."""
    order = f"by {plain(join.sort)}" if join.sort else "newest first"
    rank = f"rank {join.rank} of {join.matched:,} {order}"
    match join.verdict:
        case "taken":
            return f"taken: {rank}"
        case "cut" if join.limit is not None:
            last = join.offset + join.limit
            return f"not taken: it matches, at {rank}, and the limit of {join.limit} ends at rank {last}"
        case "cut":
            return f"not taken: it matches, at {rank}, and no join takes that many runs"
        case "skipped":
            return f"not taken: it matches, at {rank}, and the offset of {join.offset} skips it"
        case "dropped":
            return f"not taken: it matches, at {rank}, and lacks a value (`onNull: DropRun`)"
        case "no-match":
            return f"not taken: the query is false of it ({join.matched:,} of {join.candidates:,} runs match)"
    return f"not taken: {plain(join.why)}"


def _rows(clause: Explained, depth: int) -> Iterator[list[str]]:
    lead = "  " * depth
    if clause.kind == "clause":
        value = short(_value(clause), width=VALUE)
        yield [MARKS[clause.verdict], lead + plain(cut(clause.source, 200)), value, clause.verdict]
        return
    if not clause.items:
        return
    # The clauses of a plain query need no word for that they are joined.
    if depth or clause.kind != "and":
        yield [MARKS[clause.verdict], f"{lead}{GROUPS[clause.kind]}", "", clause.verdict]
        depth += 1
    for item in clause.items:
        yield from _rows(item, depth)


def _value(clause: Explained) -> Any:
    if clause.value is None or clause.field is None:
        return None
    value = json_value(clause.field, clause.value)
    return ", ".join(str(item) for item in value) or None if isinstance(clause.value, tuple) else value


def explain_data(found: Explanation, changed: Sequence[ChangedRun] = ()) -> dict[str, Any]:
    return {
        "run": {"name": found.run.name, "uuid": found.run.uuid, "namespace": found.run.namespace},
        "joins": [_join_data(join) for join in found.joins],
        "changedSince": [{"name": one.name, "uuid": one.uuid, "change": one.change} for one in changed],
    }


def _join_data(join: JoinExplanation) -> dict[str, Any]:
    return {
        "index": join.index,
        "verdict": join.verdict,
        "why": sentence(join),
        "query": join.query,
        "sort": join.sort,
        "limit": join.limit,
        "offset": join.offset,
        "rank": join.rank,
        "sortKeys": {key: sort_key(key, value) for key, value in join.sort_keys.items()},
        "candidates": join.candidates,
        "matched": join.matched,
        "clauses": None if join.clauses is None else _clause_data(join.clauses),
    }


def _clause_data(clause: Explained) -> dict[str, Any]:
    if clause.kind != "clause":
        return {
            "kind": clause.kind,
            "verdict": clause.verdict,
            "items": [_clause_data(item) for item in clause.items],
        }
    value = None if clause.value is None or clause.field is None else json_value(clause.field, clause.value)
    return {"kind": "clause", "clause": clause.source, "value": value, "verdict": clause.verdict}
