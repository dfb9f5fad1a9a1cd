"""A rival as a process of its own: it reads requests as JSON lines and answers them. Standard library alone, since
each rival runs under the Python of its own virtual environment.

What is timed is the rival's own work, from the question to the answer in the form that its users get it in. Bringing
the answer into the common form (``common``) is not timed.
"""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

MOST_FAILURES, PAUSE = 20, 0.5  # of one question, and the seconds after each
TICKS = os.sysconf("SC_CLK_TCK")
Asked = dict[str, Any]  # Question.asked()
Answer = dict[str, Any]  # {"uuids": […]}, with "values": {name: […]} where values were asked for


class CannotAsk(Exception):
    """The rival has no way to ask this. The text says why."""


class Again(Exception):
    """The rival failed for a reason that has nothing to do with the question: it is asked again, and timed anew."""


class Rival:
    """What each rival says and does."""

    title = ""  # as tables call it
    setting = ""  # how it was set up, in a sentence
    loaded_by = ""  # how the runs came in
    loads_anew = False  # nothing is kept between two processes: what `open` takes is the load
    # Questions whose answer is known to differ, with the cause. An answer that differs without one is an error.
    causes: ClassVar[dict[str, str]] = {}

    data: Path  # the JSON lines
    store: Path  # the folder of what this rival made of them

    def version(self) -> str:
        """Which version."""
        raise NotImplementedError

    def fingerprint(self) -> str:
        """A store that was loaded under another fingerprint is loaded anew."""
        return self.version()

    def load(self) -> None:
        """Put the runs into a new store, in an empty folder. What was loaded before is not loaded again."""

    def open(self) -> None:
        """Be ready to be asked."""

    def ask(self, asked: Asked) -> Any:
        """The answer, in the rival's own form. ``CannotAsk`` where it cannot be asked."""
        raise NotImplementedError

    def common(self, asked: Asked, found: Any) -> Answer:
        """The answer in the common form."""
        raise NotImplementedError

    def profile(self, _: Asked) -> list[str]:
        """Where the time of a question goes, in lines."""
        return []

    def after(self) -> None:
        """Undo what an ask left behind. Not timed."""

    def pids(self) -> list[int]:
        """The processes that do the work."""
        return [os.getpid()]

    def disk(self) -> int:
        """Bytes on disk."""
        return sum(
            path.stat().st_size for path in self.store.rglob("*") if path.is_file() and path.name != "loaded.json"
        )

    def close(self) -> None:
        """End what was started."""


def option(name: str) -> int:
    """The number that ``--name=`` gives, 0 without."""
    return next((int(text.partition("=")[2]) for text in sys.argv if text.startswith(f"--{name}=")), 0)


def number(value: Any) -> Any:
    """A value in the common form: None for what is absent, "NaN" for NaN."""
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def cpu_of(pids: Iterable[int]) -> dict[int, float]:
    """Seconds of CPU that each of the processes used so far, of those that are there."""
    found = {}
    for pid in pids:
        if pid == os.getpid():
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[pid] = time.process_time() + ended.ru_utime + ended.ru_stime
            continue
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[pid] = (int(fields[11]) + int(fields[12])) / TICKS
    return found


def cpu_since(before: dict[int, float]) -> float:
    """Seconds of CPU that those used since, which are still there."""
    return sum(used - before[pid] for pid, used in cpu_of(before).items())


def children(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(text) for text in task.read_text().split()]
    return found


def memory_of(pids: Iterable[int]) -> int:
    """Bytes in memory, what is shared between the processes counted once for each (proportionally)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)
    return total


def serve(rival: Rival) -> None:
    """Answer requests until there are none."""
    # What a library prints must not come between the answers.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        for line in sys.stdin:
            try:
                reply = _reply(rival, json.loads(line))
            except CannotAsk as error:
                reply = {"refused": str(error)}
            except Exception as error:
                reply = {"error": f"{type(error).__name__}: {error}"[:2000]}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()
    finally:
        rival.close()


def _reply(rival: Rival, request: dict[str, Any]) -> dict[str, Any]:
    match request["do"]:
        case "open":
            return _open(rival, Path(request["data"]), Path(request["store"]))
        case "ask":
            return _ask(rival, request["asked"], request["times"], whole=request["answer"])
        case "profile":
            return {"profile": rival.profile(request["asked"])}
        case "memory":
            return {"memory": memory_of(rival.pids())}
    raise ValueError(request["do"])


def _open(rival: Rival, data: Path, store: Path) -> dict[str, Any]:
    rival.data, rival.store, began = data, store, time.perf_counter()
    done = store / "loaded.json"
    if not done.exists() or json.loads(done.read_text())["by"] != rival.fingerprint():
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True)
        rival.load()
        took = time.perf_counter() - began
        rival.open()
        done.write_text(json.dumps({"seconds": took, "disk": rival.disk(), "by": rival.fingerprint()}))
    else:
        rival.open()
    loaded = json.loads(done.read_text())
    if rival.loads_anew:
        loaded["seconds"] = time.perf_counter() - began
    return {
        "load": loaded["seconds"],
        "disk": loaded["disk"],
        "title": rival.title,
        "setting": rival.setting,
        "loaded_by": rival.loaded_by,
        "version": rival.version(),
        "causes": rival.causes,
    }


def _ask(rival: Rival, asked: Asked, times: int, *, whole: bool) -> dict[str, Any]:
    walls: list[float] = []
    cpus: list[float] = []
    found = None
    pids = rival.pids()
    failures = 0
    while len(walls) < times:
        found = None  # the last answer is given back before the next is timed
        used, began = cpu_of(pids), time.perf_counter()
        try:
            found = rival.ask(asked)
        except Again:
            failures += 1
            if failures > MOST_FAILURES:
                raise
            time.sleep(PAUSE)
            continue
        walls.append(time.perf_counter() - began)
        cpus.append(cpu_since(used))
        if not whole:
            rival.after()
    reply: dict[str, Any] = {"wall": walls, "cpu": cpus}
    if whole:
        reply["answer"] = rival.common(asked, found)
        rival.after()
    return reply
