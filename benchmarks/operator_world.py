"""The parties of `operator_speed.py`: the users, the operator's process, and the API server's own log of requests."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from cluster import credentials
from cluster.build import ensure
from cluster.process import Process, free_port, last_lines, start
from cluster.server import Server

from cluster_fixtures import Admin

__all__ = [
    "CLIENTS",
    "READS",
    "Admin",
    "Audit",
    "Measured",
    "Operator",
    "Server",
    "Users",
    "connected",
    "cpu_of",
    "ensure",
]

KINDS = "/apis/joinery.dev/v1alpha1/namespaces/default"
READS = {"get", "list", "watch"}
CLIENTS = 32  # requests of ours under way at once
TICKS = os.sysconf("SC_CLK_TCK")


def _resolved(manifest: dict[str, Any]) -> str | None:
    conditions = manifest.get("status", {}).get("conditions", ())
    done = any(c["type"] == "Resolved" and c["status"] == "True" for c in conditions)
    return str(manifest["metadata"]["name"]) if done else None


# What is waited for: which objects are watched, and whose name is there once it has come.
AWAITED: dict[str, tuple[str, Callable[[dict[str, Any]], str | None]]] = {
    "Resolved": (f"{KINDS}/operations", _resolved),
    "Job": ("/apis/batch/v1/namespaces/default/jobs", lambda found: found["metadata"]["name"]),
    "pod": ("/api/v1/namespaces/default/pods", lambda found: found["metadata"].get("labels", {}).get("job-name")),
}


class Users:
    """What the users do: create and change objects, and see when what they wait for is there."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self.url, self.session = server.url, session
        self.sent: dict[str, float] = {}
        self.took: dict[str, dict[str, float]] = {what: {} for what in AWAITED}  # seconds since it was sent, by name
        self.some = asyncio.Event()

    async def create(self, plural: str, manifest: dict[str, Any]) -> None:
        path = AWAITED["Job"][0] if plural == "jobs" else f"{KINDS}/{plural}"
        if plural != "runs":
            self.sent[manifest["metadata"]["name"]] = time.perf_counter()
        async with self.session.post(f"{self.url}{path}", data=orjson.dumps(manifest)) as answer:
            if answer.status != 201:
                raise RuntimeError(await answer.text())

    async def patch_run(self, name: str, patch: Any) -> None:
        headers = {"Content-Type": "application/merge-patch+json"}
        url = f"{self.url}{KINDS}/runs/{name}"
        async with self.session.patch(url, data=orjson.dumps(patch), headers=headers) as answer:
            answer.raise_for_status()

    async def create_all(self, plural: str, manifests: Iterable[dict[str, Any]]) -> None:
        """All of them, ``CLIENTS`` at once."""
        left = iter(manifests)

        async def client() -> None:
            for manifest in left:
                await self.create(plural, manifest)

        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    async def watch(self, what: str) -> None:
        """Note when each has come. A watch that the server ends, under load, is taken up again."""
        version, (path, name_of) = "0", AWAITED[what]
        while True:
            url = f"{self.url}{path}?watch=1&resourceVersion={version}"
            async with self.session.get(url, timeout=aiohttp.ClientTimeout(total=None), read_bufsize=1 << 20) as answer:
                async for line in answer.content:
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        version = "0"
                        break
                    version = event["object"]["metadata"]["resourceVersion"]
                    name, took = name_of(event["object"]), self.took[what]
                    if name is not None and name not in took:
                        took[name] = time.perf_counter() - self.sent[name]
                        self.some.set()

    async def seen(self, what: str, names: Iterable[str]) -> list[float]:
        """Until all of these have come; the seconds that each took."""
        names = list(names)
        async with asyncio.timeout(600):
            while not self.took[what].keys() >= set(names):
                self.some.clear()
                await self.some.wait()
        return [self.took[what][name] for name in names]


class Operator:
    """The operator's process, and what it says of itself."""

    def __init__(
        self, server: Server, folder: Path, *, launch: bool, workers: int, profile: Path | None = None
    ) -> None:
        """``launch``: Jobs are made. ``profile``: where to write what cProfile found, at the operator's end."""
        port, self.log = free_port(), folder / "operator.log"
        self.url = f"http://127.0.0.1:{port}"
        profiled = ["-m", "cProfile", "-o", str(profile)] if profile else []
        command = [sys.executable, *profiled, "-m", "joinery.cli.main"]
        command += ["operator", "--namespace=default", "--launch" if launch else "--no-launch", f"--workers={workers}"]
        environment = os.environ | {"KUBECONFIG": str(server.kubeconfig())}
        self.process: Process = start(
            "operator", [*command, f"--listen=127.0.0.1:{port}"], log=self.log, with_parent=True,
            environment=environment,
        )  # fmt: skip

    async def ready(self, session: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(600):
            while True:
                if not self.process.alive:
                    raise RuntimeError(f"the operator ended:\n{last_lines(self.log)}")
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu_of(self.process.pid)

    @property
    def memory(self) -> int:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def lag(self, session: aiohttp.ClientSession) -> Counter[float]:
        """How many changes of Runs were searchable within so many seconds of their arrival, cumulated."""
        async with session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        start_of = 'joinery_store_lag_seconds_bucket{le="'
        found = (line.removeprefix(start_of).split('"} ') for line in lines if line.startswith(start_of))
        return Counter({float(bound): int(float(count)) for bound, count in found})


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Audit:
    """What the operator asked of the API server, by the server's own log."""

    def __init__(self, log: Path) -> None:
        self.log, self.offset = log, 0

    def since_last(self) -> Counter[str]:
        """Requests as `verb resource[/subresource]` since the last call."""
        found: Counter[str] = Counter()
        with self.log.open("rb") as lines:
            lines.seek(self.offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self.offset += len(line)
                event = orjson.loads(line)
                if event.get("userAgent", "").startswith("joinery-operator") and "objectRef" in event:
                    of = event["objectRef"]
                    resource = "/".join(filter(None, (of["resource"], of.get("subresource"))))
                    found[f"{resource} {event['verb']}"] += 1
        return found


class Measured:
    """Time by the clock, and the CPU of everybody who shares the machine's cores, over a block."""

    def __init__(self, operator: Operator, server: Server) -> None:
        self.pids: dict[str, Callable[[], float]] = {
            "operator": lambda: operator.cpu,
            "API server": lambda: cpu_of(server.processes["kube-apiserver"].pid),
            "etcd": lambda: cpu_of(server.processes["etcd"].pid),
            "controllers": lambda: sum(
                cpu_of(found.pid) for name, found in server.processes.items() if name == "kube-controller-manager"
            ),
            "users": time.process_time,
        }
        self.seconds = 0.0
        self.cpu: dict[str, float] = {}

    @contextmanager
    def __call__(self) -> Iterator[None]:
        began, before = time.perf_counter(), {name: read() for name, read in self.pids.items()}
        yield
        self.seconds = time.perf_counter() - began
        self.cpu = {name: read() - before[name] for name, read in self.pids.items()}

    def told(self, count: int) -> str:
        """How long it took, and the CPU of each of ``count`` things, by whom."""
        cpu = ", ".join(f"{name} {seconds / count * 1e3:.2f}" for name, seconds in self.cpu.items() if seconds)
        whole = sum(self.cpu.values()) / self.seconds
        return f"{self.seconds:.2f} s; CPU ms each: {cpu} ({whole:.1f} cores in all; load {os.getloadavg()[0]:.1f})"


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Users]:
    """Users of the API server, and their watches."""
    headers = {"Authorization": f"Bearer {server.users[credentials.ADMIN].token}", "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0, ssl=Admin(server).context)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        users = Users(server, session)
        watching = [asyncio.create_task(users.watch(what)) for what in AWAITED]
        try:
            yield users
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
