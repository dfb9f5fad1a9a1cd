"""Our operator and the naive one under the same load, one after the other, each on an API server of its own.

In turn: from the start until an operation that was there before is resolved; operations at once, with the requests that
each took by the API server's own audit log; memory at the end, and at its peak.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from make_runs import runs
from operator_speed import operation
from operator_world import KINDS, READS, Admin, Server, Users, connected, cpu_of, ensure

from harness.machine import facts

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))

from cluster.build import Unavailable
from cluster.process import Process, free_port, start

__all__ = ["Unavailable", "operators"]

HERE = Path(__file__).resolve().parents[1]
OURS, NAIVE = "Joinery", "naive Kopf operator"
_PATIENCE = 1_200  # seconds
_ENDLESS = aiohttp.ClientTimeout(total=None)


@dataclass(frozen=True, slots=True)
class Contender:
    """``agents``: how its requests call themselves. ``operations``: how many at once; the naive one takes long."""

    name: str
    start: Callable[[Server, Path], Process]
    agents: tuple[str, ...]
    operations: int


def _ours(server: Server, folder: Path) -> Process:
    return _start(server, folder, "joinery.cli.main", "operator", "--no-launch", f"--listen=127.0.0.1:{free_port()}")


def _naive(server: Server, folder: Path) -> Process:
    probe = f"--liveness=http://127.0.0.1:{free_port()}/healthz"
    return _start(server, folder, "kopf", "run", "--quiet", probe, str(HERE / "naive_operator.py"))


def _start(server: Server, folder: Path, module: str, verb: str, *arguments: str) -> Process:
    command = [sys.executable, "-m", module, verb, "--namespace=default", *arguments]
    environment = os.environ | {"KUBECONFIG": str(server.kubeconfig())}
    return start("operator", command, log=folder / "operator.log", with_parent=True, environment=environment)


CONTENDERS = (
    Contender(OURS, _ours, ("joinery-operator",), 500),
    Contender(NAIVE, _naive, ("kopf", "OpenAPI-Generator"), 40),
)


def operators(count: int, contenders: tuple[Contender, ...] = CONTENDERS) -> dict[str, Any]:
    """The result, as it is written to a file."""
    load = [os.getloadavg()[0]]
    found = {}
    for contender in contenders:
        print(f"  {contender.name}: {count:,} Runs, {contender.operations} operations", flush=True)
        with _server() as (server, folder):
            found[contender.name] = asyncio.run(_measure(contender, server, folder, count))
        load.append(os.getloadavg()[0])
    return {"group": "operator", "runs": count, "machine": facts(), "load": load, "operators": found}


@contextmanager
def _server() -> Iterator[tuple[Server, Path]]:
    with tempfile.TemporaryDirectory(prefix="side-by-side-") as name:
        server = Server(folder=Path(name) / "cluster", programs=ensure(["etcd", "kube-apiserver"]), audit=True)
        try:
            server.start()
            Admin(server).apply_crds()
            yield server, Path(name)
        finally:
            server.stop(kill=True)


async def _measure(contender: Contender, server: Server, folder: Path, count: int) -> dict[str, float]:
    api, log = server.processes["kube-apiserver"].pid, server.folder / "audit.log"
    async with connected(server) as users:
        await users.create_all("runs", (_plain(run) for run in runs(count)))
        await users.create("operations", operation("first"))
        await asyncio.sleep(2)
        began = time.perf_counter()
        process = contender.start(server, folder)
        try:
            await _resolved(users, ["first"])
            ready, calm = time.perf_counter() - began, _memory(process.pid, "VmRSS")
            await asyncio.sleep(3)
            offset, own, servers = log.stat().st_size, cpu_of(process.pid), cpu_of(api)
            names = [f"many-{number}" for number in range(contender.operations)]
            began = time.perf_counter()
            await users.create_all("operations", map(operation, names))
            await _resolved(users, names)
            took = time.perf_counter() - began
            own, servers = cpu_of(process.pid) - own, cpu_of(api) - servers
            await asyncio.sleep(5)  # what follows a status write
            reads, writes, events = _requests(log, offset, contender.agents)
            return {
                "start to the first operation resolved, s": ready,
                "memory then, MiB": calm / 2**20,
                "operations resolved a second": len(names) / took,
                "CPU of the operator, ms an operation": own / len(names) * 1e3,
                "CPU of the API server, ms an operation": servers / len(names) * 1e3,
                "writes an operation": writes / len(names),
                "Events an operation": events / len(names),
                "reads an operation": reads / len(names),
                "memory at its peak, MiB": _memory(process.pid, "VmHWM") / 2**20,
            }
        finally:
            process.end()


async def _resolved(users: Users, names: Iterable[str]) -> None:
    """Until all of these have been seen Resolved. A watch that the server ends (it does so with a slow reader) is begun
    anew."""
    left = set(names)
    url = f"{users.url}{KINDS}/operations?watch=1&resourceVersion=0"
    async with asyncio.timeout(_PATIENCE):
        while left:
            async with users.session.get(url, timeout=_ENDLESS, read_bufsize=1 << 22) as answer:
                async for line in answer.content:
                    manifest = orjson.loads(line)["object"]
                    conditions = manifest.get("status", {}).get("conditions", ())
                    if any(one["type"] == "Resolved" and one["status"] == "True" for one in conditions):
                        left.discard(manifest["metadata"]["name"])
                    if not left:
                        return


def _plain(run: dict[str, Any]) -> dict[str, Any]:
    return run | {"metadata": {"name": run["metadata"]["name"]}}


def _memory(pid: int, what: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{what}:"))


def _requests(log: Path, offset: int, agents: tuple[str, ...]) -> tuple[int, int, int]:
    """Reads, writes and Events that these agents asked for since then, without the watches that go on."""
    reads = writes = events = 0
    with log.open("rb") as lines:
        lines.seek(offset)
        for line in lines:
            event = orjson.loads(line)
            if not event.get("userAgent", "").startswith(agents) or "objectRef" not in event:
                continue
            if event["objectRef"].get("resource") == "events":
                events += 1
            elif event["verb"] not in READS:
                writes += 1
            elif event["verb"] != "watch":
                reads += 1
    return reads, writes, events
