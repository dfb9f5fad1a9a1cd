"""The answer of ``joinery resolve``: what each join took, what every param became, and the digest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from joinery.cli.blocks import Block, Line, Table, heading
from joinery.cli.problems import as_dict, problem_lines
from joinery.cli.text import cut, plain, short
from joinery.cli.views.search import counts, created
from joinery.joins.resolution import JoinRecord, Resolution, ResolvedParam, TakenRun
from joinery.local.columns import sort_key
from joinery.problems import Problem
from joinery.runs import format_time

ROWS = 20  # of a join's runs in `-o table`; `-o wide` has all of them
VALUE = 60


def resolve_blocks(resolution: Resolution, *, wide: bool) -> list[Block]:
    head = f"{plain(resolution.name or 'operation')} in namespace {plain(resolution.namespace)}"
    blocks: list[Block] = [heading(f"{head}, as of {format_time(resolution.now)}")]
    for join in resolution.joins:
        blocks += _join_blocks(join, wide=wide)
    if resolution.params:
        blocks.append(heading(f"params ({len(resolution.params)})"))
        blocks.append(_params(resolution.params.values(), wide=wide))
    blocks += _warning_lines(_other_warnings(resolution))
    if resolution.digest:
        blocks += [Line(""), Line(f"digest {resolution.digest}", "dim")]
    return blocks


def _join_blocks(join: JoinRecord, *, wide: bool) -> list[Block]:
    query = cut(plain(join.query), 300) or "every run"
    blocks: list[Block] = [heading(f"joins[{join.index}]  {query}")]
    asked = [f"sort {plain(join.sort)}" if join.sort else "newest first"]
    asked += [f"limit {join.limit}"] if join.limit is not None else []
    asked += [f"offset {join.offset}"] if join.offset else []
    asked += [f"from Search {plain(join.ref)}"] if join.ref else []
    blocks.append(Line(f"  {', '.join(asked)}: {counts(len(join.runs), join.matched, join.candidates)}", "dim"))
    shown = join.runs if wide else join.runs[:ROWS]
    if shown:
        blocks.append(_runs(shown, wide=wide))
    if len(shown) < len(join.runs):
        blocks.append(Line(f"  and {len(join.runs) - len(shown):,} more (`-o wide` shows all)", "dim"))
    if join.dropped:
        names = ", ".join(plain(run.name) for run in join.dropped[:10])
        more = f" and {len(join.dropped) - 10:,} more" if len(join.dropped) > 10 else ""
        blocks.append(Line(f"  dropped for a missing value: {names}{more}", "warning"))
    return blocks + _warning_lines(join.warnings)


def _runs(runs: Iterable[TakenRun], *, wide: bool) -> Table:
    listed = list(runs)
    keys = list(dict.fromkeys(key for run in listed for key in run.sort_keys))
    # The store gives what the params ask for: where none needs the phase, it is not known here, and not shown as none.
    phases = wide and any(run.record.phase for run in listed)
    heads = ["NAME", *(plain(key) for key in keys), *(("STATUS",) if phases else ())]
    heads += ["CREATED", "UUID"] if wide else []
    rows = []
    for run in listed:
        row = [plain(run.name), *(short(sort_key(key, run.sort_keys.get(key)), width=VALUE) for key in keys)]
        row += [run.record.phase or "–"] if phases else []
        rows.append(row + ([created(run.record), run.uuid] if wide else []))
    return Table(heads, rows, right=frozenset(range(1, 1 + len(keys))), indent=2)


def _params(params: Iterable[ResolvedParam], *, wide: bool) -> Table:
    heads = ["NAME", "TYPE", "FROM", *(("FLAGS",) if wide else ()), "VALUE"]
    rows = []
    for param in params:
        size = f" ({len(param.value):,})" if isinstance(param.value, list) and len(param.value) > 3 else ""
        row = [plain(param.name), type_text(param), param.source, *((_flags(param),) if wide else ())]
        rows.append([*row, short(param.value, width=200 if wide else VALUE) + size])
    return Table(heads, rows, indent=2)


def type_text(param: ResolvedParam) -> str:
    """``List[float]`` where a list of floats is declared, however it is written."""
    declared = plain(cut(param.type, 60))
    return f"List[{declared}]" if param.is_list and not declared.startswith("List[") else declared


def _flags(param: ResolvedParam) -> str:
    flags = [name for name, on in (("contextOnly", param.context_only), ("toInit", param.to_init)) if on]
    flags += [f"toEnv={plain(param.to_env)}"] if param.to_env else []
    flags += [f"connection={plain(param.connection)}"] if param.connection else []
    flags += [f"nulls={param.nulls}"] if param.nulls else []
    return " ".join(flags) or "–"


def _other_warnings(resolution: Resolution) -> list[Problem]:
    """Those that no join has shown already."""
    shown = {warning.message for join in resolution.joins for warning in join.warnings}
    return [warning for warning in resolution.warnings if warning.message not in shown]


def _warning_lines(warnings: Iterable[Problem]) -> list[Block]:
    return [Line(f"  {line.text}", line.style) for warning in warnings for line in problem_lines(warning, "warning")]


def resolve_data(resolution: Resolution) -> dict[str, Any]:
    """The whole resolution for programs: every taken run and every value in full."""
    return {
        "name": resolution.name,
        "namespace": resolution.namespace,
        "now": format_time(resolution.now),
        "digest": resolution.digest,
        "joins": [_join_data(join) for join in resolution.joins],
        "params": {name: _param_data(param) for name, param in resolution.params.items()},
        "warnings": [as_dict(warning) for warning in resolution.warnings],
    }


def _join_data(join: JoinRecord) -> dict[str, Any]:
    return {
        "index": join.index,
        **({"ref": join.ref} if join.ref else {}),
        "query": join.query,
        "sort": join.sort,
        "limit": join.limit,
        "offset": join.offset,
        "candidates": join.candidates,
        "matched": join.matched,
        "taken": len(join.runs),
        "runs": [_taken_data(run) for run in join.runs],
        "dropped": [_taken_data(run) for run in join.dropped],
        "params": list(join.params),
        "nulls": dict(join.nulls),
        "warnings": [as_dict(warning) for warning in join.warnings],
    }


def _taken_data(run: TakenRun) -> dict[str, Any]:
    version = {"resourceVersion": run.resource_version} if run.resource_version else {}
    keys = {key: sort_key(key, value) for key, value in run.sort_keys.items()}
    return {"name": run.name, "uuid": run.uuid, **version, "sortKeys": keys}


def _param_data(param: ResolvedParam) -> dict[str, Any]:
    flags = {
        "isList": param.is_list,
        "contextOnly": param.context_only,
        "toInit": param.to_init,
        "toEnv": param.to_env,
        "connection": param.connection,
        "nulls": param.nulls,
    }
    given = {name: flag for name, flag in flags.items() if flag}
    return {"value": param.value, "type": param.type, "from": param.source, **given}
