"""The *Speed* figures: load, memory, searches, joins and programs, side by side with what is asked of them.

    python benchmarks/store_speed.py [--runs 100000] [--postgresql postgresql+psycopg://…] [--plans] [--quick]

Each column is measured in a process of its own, from seeded runs (`make_runs.py`): a tenth of the runs, all of them,
and all of them on PostgreSQL (a database of its own: it is emptied). Times are the best of several, by the CPU of the
process: on a machine that does other work too that is what tells. PostgreSQL works elsewhere, so that its column and
the ratio to it are by the clock. Figures and what they rest on: docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from make_runs import runs

from joinery.api.v1alpha1 import V1Operation, parse
from joinery.joins import ResolveRequest, resolve
from joinery.pql import check_query, check_sort
from joinery.runs import read_run
from joinery.runs.search import SearchRequest
from joinery.store import SqlStore
from joinery.store.prepared import watched

_ONE = "d23f0824-128b-2f33-0c5c-7fd0a6a3a450"
_PARTS = frozenset(("inputs", "outputs"))

# name, query, sort, more of the request
SEARCHES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("top 5 by a metric, 30 % match", "metrics.loss: <0.3", "metrics.loss", {}),
    ("the same, descending", "metrics.loss: <0.3", "-metrics.loss", {}),
    ("the same, less one run", "metrics.loss: <0.3", "metrics.loss", {"exclude_uids": frozenset((_ONE,))}),
    ("top 5 of a 50,000-way tie", "metrics.stage: 1", "metrics.stage", {}),
    ("top 5 of that tie, descending", "metrics.stage: 1", "-metrics.stage", {}),
    ("top 5 where 1,000 match", "metrics.auc: <0.01", "metrics.auc", {}),
    ("the same, by another metric", "metrics.auc: <0.01", "-metrics.loss", {}),
    ("the same 1,000, all with their outputs", "metrics.auc: <0.01", "metrics.auc", {"limit": None, "parts": _PARTS}),
    ("5,000 runs, inputs and outputs", "metrics.loss: <0.3", "metrics.loss", {"limit": 5000, "parts": _PARTS}),
    ("three clauses", "metrics.loss: <0.3, inputs.batch: 32|64, status: succeeded", "-metrics.accuracy", {}),
    ("OR", "metrics.loss: <0.1 or metrics.accuracy: >0.9", "metrics.loss", {}),
    ("negation", "~(metrics.loss: <0.3)", "metrics.loss", {}),
    ("no query, newest first", "", "", {}),
    ("a pattern on names", "name: %00012%", "", {}),
    ("two sort keys", "metrics.loss: <0.3", "metrics.stage, -metrics.accuracy", {}),
    ("a date", "created_at: >2026-01-02", "created_at", {}),
)


# What is asked, in milliseconds of CPU with 100,000 runs.
ASKED = {
    "top 5 by a metric, 30 % match": 5.0,
    "the same, descending": 5.0,
    "top 5 of a 50,000-way tie": 5.0,
    "top 5 of that tie, descending": 5.0,
    "top 5 where 1,000 match": 2.0,
    "join of 5,000 runs, 4 params": 75.0,
    "three clauses": 60.0,
    "OR": 100.0,
    "negation": 20.0,
}
# At the same number of matches, how many times as long all the runs may take as a tenth of them.
SCALING = {
    "top 5 where 1,000 match": 1.5,
    "the same 1,000, all with their outputs": 1.5,
    "join of 5,000 runs, 4 params": 2.0,
}
JOIN = "join of 5,000 runs, 4 params"
_PARAMS = {"losses": "metrics.loss", "rates": "inputs.lr", "results": "outputs.result1", "uuids": "globals.uuid"}
_SWEEP = Path(__file__).parents[1] / "examples" / "sweep" / "operation.yaml"


@dataclass(slots=True)
class Figures:
    """One column: of each line (matched, ms by the clock, ms of CPU); runs a second; bytes a run."""

    lines: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    load: float = 0.0
    load_by_clock: float = 0.0
    upserts: float = 0.0
    memory: float = 0.0
    values: float = 0.0


def memory() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def load(store: SqlStore, count: int, figures: Figures, *, full: bool) -> None:
    """Load ``count`` runs from JSON lines, 2,000 at once, then replace some of them one by one."""
    lines: Iterator[bytes] = (orjson.dumps(run) for run in runs(count, full=full))
    before, wall, cpu = memory(), 0.0, 0.0
    with store.loading():
        while batch := list(islice(lines, 2_000)):
            started, used = time.perf_counter(), time.process_time()
            store.upsert([read_run(orjson.loads(line)) for line in batch])
            wall, cpu = wall + time.perf_counter() - started, cpu + time.process_time() - used
        started, used = time.perf_counter(), time.process_time()
    wall, cpu = wall + time.perf_counter() - started, cpu + time.process_time() - used
    figures.load, figures.load_by_clock = count / cpu, count / wall
    figures.memory, figures.values = (memory() - before) / count, store.counts().values / count
    changed = [read_run(run) for run in runs(min(count, 200), full=full)]
    started = time.perf_counter()
    for record in changed:
        store.upsert([record])
    figures.upserts = len(changed) / (time.perf_counter() - started)


def best(ask: Callable[[], Any], times: int = 15) -> tuple[float, float]:
    """Milliseconds of the quickest: by the clock, and of CPU."""
    walls, cpus = [], []
    for _ in range(times):
        started, used = time.perf_counter(), time.thread_time()
        ask()
        walls.append(time.perf_counter() - started)
        cpus.append(time.thread_time() - used)
    return min(walls) * 1e3, min(cpus) * 1e3


def join(count: int) -> ResolveRequest:
    """An operation whose one join takes 5,000 runs, of about as many that match, and gives four params."""
    share = min(1.0, 5_100 / count)
    inputs = [{"name": name, "type": "str" if name == "uuids" else "float", "isList": True} for name in _PARAMS]
    operation = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "join"},
        "spec": {
            "joins": [
                {
                    "query": f"metrics.loss: <{share:.4f}",
                    "sort": "metrics.loss",
                    "limit": 5000,
                    "params": {name: {"value": path} for name, path in _PARAMS.items()},
                }
            ],
            "component": {"inputs": inputs, "run": {"container": {"image": "python", "args": ["{{ losses }}"]}}},
        },
    }
    parsed = parse(operation)
    assert isinstance(parsed, V1Operation)
    return ResolveRequest(operation=parsed, namespace="default", name="join", now=0)


def measure(url: str, count: int, *, full: bool, searches: bool, print_plans: bool) -> Figures:
    """One column, in this process."""
    figures = Figures()
    store = SqlStore.open(url)
    store.clear()
    load(store, count, figures, full=full)
    if not searches:
        return figures
    for name, query, sort, more in SEARCHES:
        request = SearchRequest(
            namespace="default", query=check_query(query, now=0), sort=check_sort(sort), **{"limit": 5, **more}
        )
        figures.lines[name] = (store.search(request).matched, *best(lambda request=request: store.search(request)))  # type: ignore[misc]
        if print_plans:
            print(name, *plans(store, request), sep="\n    ", file=sys.stderr)
    asked = join(count)
    figures.lines[JOIN] = (resolve(asked, store).joins[0].matched, *best(lambda: resolve(asked, store)))
    return figures


def elsewhere(*arguments: str) -> Figures:
    """One column, measured by a process of its own."""
    command = [sys.executable, __file__, "--column", *arguments]
    return Figures(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def program(*arguments: str, times: int = 7) -> float:
    """Seconds of CPU that the command line takes, at best."""
    found = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "joinery.cli.main", *arguments], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--postgresql", metavar="URL", help="measure this database too: it is emptied first")
    parser.add_argument("--plans", action="store_true", help="print each statement's plan (SQLite)")
    parser.add_argument("--column", help=argparse.SUPPRESS)
    parser.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.column:
        found = measure(
            options.column, options.runs, full=options.full, searches=not options.load, print_plans=options.plans
        )
        print(json.dumps(asdict(found)))
        return
    count, more = options.runs, ["--plans"] if options.plans else []
    some = elsewhere("sqlite://", "--runs", str(count // 10))
    many = elsewhere("sqlite://", "--runs", str(count), *more)
    other = elsewhere(options.postgresql, "--runs", str(count)) if options.postgresql else None
    wide = elsewhere("sqlite://", "--runs", str(count), "--full", "--load")
    print_lines(some, many, other, count)
    print("\n| | asked | measured |\n|---|---|---|")
    by_clock = f"{many.load_by_clock:,.0f}"
    print(f"| load from JSON lines, runs/s by CPU (by the clock) | ≥ 7,000 | {many.load:,.0f} ({by_clock}) |")
    print(f"| memory, bytes a run ({many.values:.1f} values) | ≤ 4,096 | {many.memory:,.0f} |")
    print(f"| the same with min, max and step ({wide.values:.1f} values) | ≤ 5,120 | {wide.memory:,.0f} |")
    print(f"| a run replaced, each in a transaction, runs/s | | {many.upserts:,.0f} |")
    print(f"| `joinery --help`, s of CPU | ≤ 0.25 | {program('--help'):.2f} |")
    print(f"| `joinery lint` of one file, s of CPU | ≤ 0.4 | {program('lint', str(_SWEEP)):.2f} |")


def print_lines(some: Figures, many: Figures, other: Figures | None, count: int) -> None:
    """The searches, with the ratio to a tenth of the runs where as many match, and to PostgreSQL."""
    print(f"| search | matched | asked | ms with {count:,} | with {count // 10:,} | times | PostgreSQL | times |")
    print("|---|---|---|---|---|---|---|---|")
    for name, (matched, wall, cpu) in many.lines.items():
        _, _, few = some.lines[name]
        times = f"{cpu / few:.1f} (≤ {SCALING[name]})" if name in SCALING else ""
        theirs = other.lines[name][1] if other else 0.0
        asked = f"{ASKED[name]:g}" if name in ASKED else ""
        beside = f"{theirs:.2f} | {theirs / wall:.1f}" if other else " | "
        print(f"| {name} | {matched:,} | {asked} | {cpu:.2f} | {few:.2f} | {times} | {beside} |")


def plans(store: SqlStore, request: SearchRequest) -> list[str]:
    """What SQLite says that it does for each statement of a search."""
    with watched() as statements:
        store.search(request)
    lines = []
    with store.engine.connect() as connection:
        for one in statements:
            explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one.text}", tuple(one.parameters))
            lines += [row[3] for row in explained]
            lines.append("--")
    return lines


if __name__ == "__main__":
    main()
