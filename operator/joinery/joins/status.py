"""A resolution as ``status`` holds it: small values whole, large ones summed up. Source: spec 4, *Large results*.

What is not inline here stands in the result ConfigMaps of the operation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from joinery.joins.canonical import canonical
from joinery.joins.limits import DEFAULT_LIMITS, Limits
from joinery.joins.resolution import JoinRecord, Resolution, ResolvedParam, TakenRun
from joinery.problems import Problem
from joinery.runs.times import format_time

FIRST_ELEMENTS = 3
FIRST_BYTES = 512
SHOWN_WARNINGS = 100
SHOWN_DROPPED = 100
MAX_MESSAGE = 2_000


def to_status(resolution: Resolution, *, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """``digest``, ``now``, ``runsVersion``, ``joined``, ``joins``, ``params`` and ``warnings``, in camelCase.

    A param's value is inline up to 16 KiB, and 256 KiB in all, in the order of the params; beyond that it has
    ``count``, ``size`` (bytes of canonical JSON), ``sha256`` of them, and its ``first`` elements.
    """
    status: dict[str, Any] = {
        "digest": resolution.digest,
        "now": format_time(resolution.now),
        "runsVersion": resolution.runs_version or None,
        "joined": resolution.joined,
        "joins": [join_status(join, shown=limits.runs_in_status) for join in resolution.joins],
        "referred": [{"param": one.param, "uuid": one.uuid, "name": one.name} for one in resolution.referred] or None,
        "params": params_status(resolution.params, limits=limits),
        "component": dict(resolution.component) if resolution.component is not None else None,
        "warnings": [_warning(warning) for warning in resolution.warnings[:SHOWN_WARNINGS]],
    }
    return {key: value for key, value in status.items() if value is not None}


def join_status(join: JoinRecord, *, shown: int = DEFAULT_LIMITS.runs_in_status) -> dict[str, Any]:
    """What one join asked and got, with its first runs."""
    status: dict[str, Any] = {
        "query": join.query,
        "sort": join.sort,
        "limit": join.limit,
        "offset": join.offset,
        "ref": join.ref,
        "candidates": join.candidates,
        "matched": join.matched,
        "taken": len(join.runs),
        "runs": [_run(run) for run in join.runs[:shown]],
        "params": list(join.params),
        "nulls": {name: count for name, count in join.nulls.items() if count} or None,
        "dropped": [{"uuid": run.uuid, "name": run.name} for run in join.dropped[:SHOWN_DROPPED]] or None,
        "droppedCount": len(join.dropped) or None,
    }
    return {key: value for key, value in status.items() if value is not None}


def params_status(params: Mapping[str, ResolvedParam], *, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Each param with its type, flags and value, or what stands for a large one."""
    room = limits.inline_total_bytes
    statuses: dict[str, Any] = {}
    for name, param in params.items():
        status = _param(param)
        packed = canonical(param.value)
        if len(packed) <= min(limits.inline_param_bytes, room):
            status["value"] = param.value
            room -= len(packed)
        else:
            status |= _summary(param.value, packed)
        statuses[name] = status
    return statuses


def _param(param: ResolvedParam) -> dict[str, Any]:
    said = {
        "type": param.type,
        "isList": param.is_list,
        "contextOnly": param.context_only,
        "toInit": param.to_init,
        "toEnv": param.to_env,
        "connection": param.connection,
        "onMissing": param.on_missing if param.to_init else None,
        "source": param.source,
        "nulls": param.nulls,
    }
    return {key: value for key, value in said.items() if value}


def _summary(value: Any, packed: bytes) -> dict[str, Any]:
    summary: dict[str, Any] = {"size": len(packed), "sha256": hashlib.sha256(packed).hexdigest()}
    match value:
        case list():
            summary |= {"count": len(value), "first": _first(value)}
        case Mapping() if value.keys() == {"files", "dirs"}:
            summary |= {
                "count": len(value["files"]) + len(value["dirs"]),
                "first": {key: _first(value[key]) for key in ("files", "dirs")},
            }
        case Mapping():
            summary |= {"count": len(value)}
        case str():
            summary |= {"count": len(value), "first": value[:FIRST_BYTES]}
    return summary


def _first(values: list[Any]) -> list[Any]:
    """The first elements; one that is large itself is cut as text."""
    return [
        value
        if len(packed := orjson.dumps(value)) <= FIRST_BYTES
        else packed[:FIRST_BYTES].decode(errors="ignore") + "…"
        for value in values[:FIRST_ELEMENTS]
    ]


def _run(run: TakenRun) -> dict[str, Any]:
    return {
        "uuid": run.uuid,
        "name": run.name,
        "resourceVersion": run.resource_version,
        "sortKeys": dict(run.sort_keys),
    }


def _warning(warning: Problem) -> dict[str, Any]:
    text = warning.message if warning.hint is None else f"{warning.message}: {warning.hint}"
    shown = {"message": text[:MAX_MESSAGE], "path": warning.path, "rule": warning.rule}
    return {key: value for key, value in shown.items() if value}
