"""What is asked of the figures, line by line, and what of it we claim.

A line compares us with one rival over one or more questions: the worst of them counts. ``asked`` is what the line must
show; ``claimed`` is what `make bench-check` holds us to: less than was measured, by a generous margin for noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.results import ratio

AT = 100_000
SELECTIVE = ("few", "three", "or", "nothing", "prefix", "tail")
WIDE = ("join", "whole")
EVERY = ("top5", "few", "three", "or", "join", "whole", "page", "nothing", "prefix", "contains", "tail", "slash")
FROM, TO, MOST_GROWTH = 10_000, 1_000_000, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How many times as long the rival takes as we do. Below 1 it is quicker."""

    text: str
    group: str
    rival: str
    questions: tuple[str, ...]
    asked: float
    claimed: float | None = None
    ours: str = "joinery"


LINES = (
    Line(
        text="a 5,000-run join of four fields, against haupt on SQLite", group="haupt", rival="haupt",
        questions=("join",), asked=50, claimed=20,
    ),
    Line(
        text="the same, both on PostgreSQL",
        group="haupt",
        rival="haupt-postgresql",
        questions=("join",),
        asked=50, claimed=12,
        ours="joinery-postgresql",
    ),
    Line(
        text="top 5 with its counts and warnings, against haupt on SQLite", group="haupt", rival="haupt",
        questions=("top5",), asked=20, claimed=30,
    ),
    Line(
        text="the bare search (our tables, the page alone), against haupt on SQLite", group="haupt", rival="haupt",
        questions=("top5",), asked=1_000, ours="sql",
    ),
    Line(
        text="a 5,000-run join of four fields, against MLflow on SQLite", group="mlflow", rival="mlflow",
        questions=("join",), asked=100, claimed=25,
    ),
    Line(
        text="top 5 with its counts and warnings, against MLflow on SQLite", group="mlflow", rival="mlflow",
        questions=("top5",), asked=500, claimed=100,
    ),
    Line(
        text="every selective question, against DuckDB", group="engines", rival="duckdb", questions=SELECTIVE, asked=1,
    ),
    Line(
        text="every selective question, against pandas", group="engines", rival="pandas", questions=SELECTIVE, asked=1,
    ),
    Line(text="the wide questions, against DuckDB", group="engines", rival="duckdb", questions=WIDE, asked=1 / 3),
    Line(text="the wide questions, against pandas", group="engines", rival="pandas", questions=WIDE, asked=1 / 3),
    Line(
        text="every question, against SQL by hand that counts too", group="engines", rival="sql-count",
        questions=EVERY, asked=1 / 2,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a line: the ratio of each question, the worst first; empty where nothing was measured."""

    line: Line
    ratios: tuple[tuple[str, float], ...]

    @property
    def worst(self) -> float | None:
        return self.ratios[0][1] if self.ratios else None

    @property
    def met(self) -> bool:
        return self.worst is not None and self.worst >= self.line.asked


def measured(results: list[dict[str, Any]], lines: tuple[Line, ...] = LINES) -> Iterator[Measured]:
    """Every line, with what the results say of it."""
    for line in lines:
        of = next((one for one in results if _is(one, line.group, AT)), None)
        ratios = [(name, ratio(of, name, line.rival, line.ours)) for name in line.questions] if of else []
        found = sorted(((name, value) for name, value in ratios if value is not None), key=lambda pair: pair[1])
        yield Measured(line, tuple(found))


def broken(results: list[dict[str, Any]], lines: tuple[Line, ...] = LINES) -> list[str]:
    """The claims that do not hold, in sentences. A claim that was not measured does not hold."""
    told = []
    for found in measured(results, lines):
        line = found.line
        if line.claimed is None:
            continue
        if found.worst is None:
            told.append(f"{line.text}: {line.claimed:g} times is claimed, and nothing was measured")
        elif found.worst < line.claimed:
            name = found.ratios[0][0]
            told.append(f"{line.text}: {line.claimed:g} times is claimed, {found.worst:.3g} measured ({name})")
    return told


def growth(results: list[dict[str, Any]], low: int, high: int, rival: str = "joinery") -> dict[str, float]:
    """How many times as long each selective question takes with ``high`` runs as with ``low``, by CPU at the median."""
    few, many = (next((one for one in results if _is(one, "engines", count)), None) for count in (low, high))
    if few is None or many is None:
        return {}
    before = {one["name"]: one["asked"].get(rival, {}) for one in few["questions"]}
    after = {one["name"]: one["asked"].get(rival, {}) for one in many["questions"] if one["selective"]}
    return {
        name: found["cpu"]["p50"] / before[name]["cpu"]["p50"]
        for name, found in after.items()
        if "cpu" in found and before.get(name, {}).get("cpu", {}).get("p50")
    }


def _is(result: dict[str, Any], group: str, count: int) -> bool:
    return result["group"] == group and result.get("runs") == count and not result.get("wide")
