"""Who contends with whom, and at which sizes. Joinery itself is in every group, so that each ratio is of one run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.contest import contest
from harness.contestants import Entry
from harness.dataset import Dataset
from harness.environments import environment
from harness.postgres import Postgres, postgres
from harness.questions import Question

OURS = Entry(name="joinery", python=sys.executable, script="joinery_store.py", reference=True)


SQL = Entry(name="sql", python=sys.executable, script="hand_sql.py", store="joinery", wide=False)


@dataclass(frozen=True, slots=True)
class Sizes:
    usual: tuple[int, ...] = (1_000, 10_000, 100_000)
    full: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    wide: tuple[str, ...] = ("engines",)


SIZES = Sizes()
CLAIMED = ("top5", "few", "three", "join", "nothing", "whole")


def engines(_: Postgres | None) -> list[Entry]:
    """What needs no server."""
    frames = environment("frames")
    return [
        OURS,
        SQL,
        Entry(
            name="sql-count", python=sys.executable, script="hand_sql.py", arguments=["--count"], store="joinery",
            wide=False,
        ),
        Entry(name="python", python=sys.executable, script="python_loop.py"),
        Entry(name="pandas", python=frames, script="pandas_frame.py"),
        Entry(name="duckdb", python=frames, script="duckdb_table.py"),
    ]  # fmt: skip


def mlflow(server: Postgres | None) -> list[Entry]:
    """A tracking server's own search, and Joinery on the same two databases."""
    python = environment("mlflow")
    more: dict[str, Any] = {"max_runs": 100_000, "why_no_more": "its answers take minutes", "wide": False}
    one = Entry(name="mlflow", python=python, script="mlflow_search.py", **more)
    found = [OURS, one]
    if server:
        found.append(_on(server, "joinery", OURS.python, OURS.script))
        found.append(_on(server, "mlflow", python, one.script, **more))
    return found


def haupt(server: Postgres | None) -> list[Entry]:
    """Polyaxon's server. The rival's own process speaks HTTP and runs under our Python; haupt is a program."""
    program = str(Path(environment("haupt")).parent / "haupt")
    more: dict[str, Any] = {"max_runs": 100_000, "why_no_more": "its answers take minutes", "wide": False}
    one = Entry(name="haupt", python=sys.executable, script="haupt_server.py", arguments=[program], **more)
    found = [OURS, SQL, one]
    if server:
        found.append(_on(server, "joinery", OURS.python, OURS.script))
        found.append(_on(server, "haupt", one.python, one.script, program, **more))
    return found


def kubectl(_: Postgres | None) -> list[Entry]:
    """No store at all."""
    why = "each question reads every Run: a minute and gigabytes at 100,000"
    jq = Entry(name="kubectl", python=sys.executable, script="kubectl_jq.py", max_runs=10_000, why_no_more=why)
    return [OURS, jq]


def _on(server: Postgres, name: str, python: str, script: str, *arguments: str, **more: Any) -> Entry:
    """An entry whose runs are in PostgreSQL. The mark of what was loaded lies beside the database."""
    marks = server.folder.with_name("marks")
    marks.mkdir(exist_ok=True)
    return Entry(
        name=f"{name}-postgresql", python=python, script=script, arguments=[*arguments, *server.arguments],
        store=str(marks / name), **more,
    )  # fmt: skip


# The entries of each group, and whether it has some that need PostgreSQL.
GROUPS: dict[str, tuple[Callable[[Postgres | None], list[Entry]], bool]] = {
    "engines": (engines, False),
    "mlflow": (mlflow, True),
    "haupt": (haupt, True),
    "kubectl": (kubectl, False),
}


def run_group(group: str, data: Dataset, asked: list[Question], *, stores: Path, rounds: int) -> dict[str, Any] | None:
    """One contest; None where none of the rivals takes so many runs."""
    entries_of, on_postgresql = GROUPS[group]
    with postgres() if on_postgresql else nullcontext() as server:
        entries = entries_of(server)
        if all(data.count > entry.max_runs for entry in entries if not entry.name.startswith(OURS.name)):
            return None
        return contest(group, entries, data, asked, stores=stores, rounds=rounds, say=partial(print, flush=True))
