"""The answer of ``Runs.resolve``: the resolution, with a page for notebooks and the status a cluster would show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joinery.joins.resolution import JoinRecord, Resolution, ResolvedParam
from joinery.local import html
from joinery.problems import Problem

_RUNS_IN_HTML = 20


@dataclass(frozen=True, slots=True, repr=False)
class Resolved:
    """``resolution`` is the frozen snapshot of spec 1, *What is recorded*."""

    resolution: Resolution

    def __repr__(self) -> str:
        counts = ((len(self.joins), "joins"), (self.resolution.joined, "runs"), (len(self.params), "params"))
        noticed = f", {len(self.warnings):,} warnings" if self.warnings else ""
        return f"<{self.resolution.name}: {', '.join(f'{count:,} {what}' for count, what in counts)}{noticed}>"

    @property
    def params(self) -> Mapping[str, ResolvedParam]:
        """By name, each with ``value``, ``type`` and flags."""
        return self.resolution.params

    @property
    def joins(self) -> tuple[JoinRecord, ...]:
        """What each join asked and got: ``query``, ``candidates``, ``matched``, ``runs`` …"""
        return self.resolution.joins

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return self.resolution.warnings

    @property
    def digest(self) -> str:
        """``sha256:…``: the same inputs give the same digest, here and in a cluster."""
        return self.resolution.digest

    def to_status(self) -> dict[str, Any]:
        """The part of an Operation's status that the resolution gives, as JSON types."""
        from joinery.joins.status import to_status

        return dict(to_status(self.resolution))

    def _repr_html_(self) -> str:
        parts = [html.paragraph(self.resolution.name, strong=True)]
        for join in self.joins:
            keys = list(dict.fromkeys(key for run in join.runs for key in run.sort_keys))
            rows = ([run.name, *(str(run.sort_keys.get(key)) for key in keys)] for run in join.runs[:_RUNS_IN_HTML])
            counts = f"{len(join.runs):,} taken of {join.matched:,} matched of {join.candidates:,} candidates"
            parts += [html.paragraph(f"joins[{join.index}] {join.query}: {counts}"), html.table(["run", *keys], rows)]
        values = ([name, param.type, _short(param.value)] for name, param in self.params.items())
        parts += [html.table(["param", "type", "value"], values), html.notes(str(w) for w in self.warnings)]
        return "".join(parts)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:119] + "…"
