"""What the figures were measured on. No host names and no paths: the results are published."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path
from typing import Any


def facts() -> dict[str, Any]:
    """Facts of the machine and its software."""
    memory = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")),
        0,
    )
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "")
    return {
        "cores": os.cpu_count(),
        "processor": model or platform.machine(),
        "memory_gib": round(memory / 2**20, 1),
        "system": platform.system(),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
