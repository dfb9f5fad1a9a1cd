"""Where the time of a question goes: the files and builtins that take most, and the SQL statements with their plans."""

from __future__ import annotations

import cProfile
import pstats
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from joinery.store.prepared import watched

TIMES = 5
SHOWN = 0.03  # of the whole: what takes less is not shown


def profile(engine: Engine, ask: Callable[[], Any]) -> list[str]:
    """Lines for a reader. Milliseconds of one asking; cProfile makes Python's part look longer than it is."""
    statements = _statements(engine, ask)
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(TIMES):
        ask()
    profiler.disable()
    found: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    whole = sum(own for _, _, own, _, _ in found.values()) / TIMES
    lines = [f"{whole * 1e3:.1f} ms under the profiler, of which"]
    owns: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, own, _, _) in found.items():
        owns[name if file == "~" else f"{Path(file).parent.name}/{Path(file).name}"] += own / TIMES
    for place, own in sorted(owns.items(), key=lambda item: -item[1])[:10]:
        if own > whole * SHOWN:
            lines.append(f"{own * 1e3:8.1f} ms  {place}")
    for (statement, plan), seconds in sorted(statements.items(), key=lambda item: -item[1])[:3]:
        if seconds > whole * SHOWN:
            lines.append(f"{seconds * 1e3:8.1f} ms  {' '.join(statement.split())[:150]}…")
            lines += [f"              {step}" for step in plan]
    return lines


def _statements(engine: Engine, ask: Callable[[], Any]) -> dict[tuple[str, tuple[str, ...]], float]:
    """Of each statement, with its plan: the seconds until its first row. Rows are read by Python, above."""
    with watched() as executed:
        ask()
    plans: dict[tuple[str, tuple[str, ...]], float] = defaultdict(float)
    with engine.connect() as connection:
        for one in executed:
            plan: tuple[str, ...] = ()
            if engine.dialect.name == "sqlite":
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one.text}", tuple(one.parameters))
                plan = tuple(row[3] for row in rows)
            plans[one.text, plan] += one.seconds
    return plans
