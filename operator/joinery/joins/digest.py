"""The digest of a resolution: one sha256 that the same inputs always give. Source: spec 1, *What is recorded*.

It covers, per join, the rendered query, sort, limit, offset and the taken uuids; the params with type and flags;
the component. What it leaves out is what may differ though the result does not: counts, warnings, versions, times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from joinery.joins.canonical import canonical
from joinery.joins.resolution import JoinRecord, ResolvedParam


def digest_of(
    joins: Iterable[JoinRecord], params: Mapping[str, ResolvedParam], component: Mapping[str, Any] | None
) -> str:
    """``sha256:HEX`` of the canonical JSON of the snapshot."""
    return _digest(
        [_join(join) for join in joins], {name: param.with_flags() for name, param in params.items()}, component
    )


def digest_of_record(
    asked: Sequence[Mapping[str, Any]],
    taken: Sequence[Mapping[str, Any]],
    params: Mapping[str, Mapping[str, Any]],
    component: Mapping[str, Any] | None,
) -> str:
    """The same of a resolution that was written down: ``asked`` are the joins of a status, ``taken`` those of its
    snapshot, with all their runs, and ``params`` its params, of which flags that are not set may be left out."""
    joins = [
        {key: join.get(key) for key in _ASKED} | {"runs": [run["uuid"] for run in whole.get("runs") or ()]}
        for join, whole in zip(asked, taken, strict=True)
    ]
    given = {name: {key: param.get(key, unset) for key, unset in _UNSET.items()} for name, param in params.items()}
    return _digest(joins, given, component)


_ASKED = ("query", "sort", "limit", "offset")
_UNSET = ResolvedParam(name="", value=None, type="any").with_flags()


def _digest(joins: list[Any], params: dict[str, Any], component: Mapping[str, Any] | None) -> str:
    document = {"joins": joins, "params": params, "component": component}
    return f"sha256:{hashlib.sha256(canonical(document)).hexdigest()}"


def _join(join: JoinRecord) -> dict[str, Any]:
    return {
        "query": join.query,
        "sort": join.sort,
        "limit": join.limit,
        "offset": join.offset,
        "runs": [run.uuid for run in join.runs],
    }
