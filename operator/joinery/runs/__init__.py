"""A Run as the engine sees it: read once, normalised, looked up by dotted keys. Pure.

Source: spec 5 (*Run*), spec 1 (*Value expressions*) and spec 2 (*Fields*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from joinery.lazy import lazy_names

if TYPE_CHECKING:
    from joinery.runs.globals import run_globals
    from joinery.runs.paths import ABSENT, find, flatten
    from joinery.runs.read import DamagedRun, read_run
    from joinery.runs.record import Artifact, Metric, RunRecord, Upstream
    from joinery.runs.times import format_time, parse_time
    from joinery.runs.write import write_run

__all__ = [
    "ABSENT",
    "Artifact",
    "DamagedRun",
    "Metric",
    "RunRecord",
    "Upstream",
    "find",
    "flatten",
    "format_time",
    "parse_time",
    "read_run",
    "run_globals",
    "write_run",
]

__getattr__ = lazy_names(
    __name__,
    {
        "globals": ("run_globals",),
        "paths": ("ABSENT", "find", "flatten"),
        "read": ("DamagedRun", "read_run"),
        "record": ("Artifact", "Metric", "RunRecord", "Upstream"),
        "times": ("format_time", "parse_time"),
        "write": ("write_run",),
    },
)
