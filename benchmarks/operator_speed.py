"""How quick the operator is against a real API server. The operator's figures of docs/performance.md.

    python benchmarks/operator_speed.py [--runs 10000] [--full] [--operations 1000] [--seconds 20] [--launch]

An API server of its own (e2e/cluster) with an audit log, `joinery operator` as a process of its own, and this process
as the users. In turn: from start to ready; from apply to Resolved, one operation at a time; many operations at once,
with the requests that each took; Runs that change 500 times a second, and operations meanwhile; nothing at all. With
`--launch` Jobs are made, and measured up to the pod, beside Jobs that the users make themselves.
All share the machine's cores: each line says whose CPU it took.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
from make_runs import runs
from operator_world import CLIENTS, READS, Admin, Audit, Measured, Operator, Server, Users, connected, cpu_of, ensure

CONTAINER = {"name": "main", "image": "python:3.13-slim"}


def operation(name: str) -> dict[str, Any]:
    """One join of three params over the five best runs, and an input of its own for each."""
    params = {"losses": "metrics.loss", "rates": "inputs.lr", "models": "inputs.model"}
    types = {"losses": "float", "rates": "float", "models": "str"}
    join = {
        "query": "metrics.loss: <0.3",
        "sort": "metrics.loss",
        "limit": 5,
        "params": {key: {"value": value} for key, value in params.items()},
    }
    inputs = [{"name": key, "type": value, "isList": True} for key, value in types.items()]
    component = {"inputs": inputs, "run": {"kind": "job", "container": CONTAINER | {"args": ["{{ losses }}"]}}}
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": name},
        "spec": {"joins": [join], "component": component},
    }


def job(name: str) -> dict[str, Any]:
    """A Job, without us."""
    template = {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template}}


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(values: list[float]) -> str:
    return f"p50 {percentile(values, 0.5) * 1e3:.0f} ms, p99 {percentile(values, 0.99) * 1e3:.0f} ms"


async def one_by_one(users: Users, measured: Measured, count: int, *, what: str) -> None:
    names = [f"single-{number}" for number in range(count)]
    with measured():
        for name in names:
            await users.create("operations", operation(name))
            await users.seen(what, [name])
    print(f"apply to Resolved, {count} one by one: {spread(await users.seen('Resolved', names))}; "
          f"{measured.told(count)}")  # fmt: skip


async def pods(users: Users, count: int) -> None:
    """From apply to the pod, and from a Job of one's own to its pod: what the API server and the controller take."""
    names, own = [f"single-{number}" for number in range(count)], [f"own-{number}" for number in range(count)]
    for name in own:
        await users.create("jobs", job(name))
        await users.seen("pod", [name])
    print(f"apply to Job: {spread(await users.seen('Job', names))}; to pod: {spread(await users.seen('pod', names))}; "
          f"a Job of one's own to its pod: {spread(await users.seen('pod', own))}")  # fmt: skip


async def at_once(users: Users, measured: Measured, audit: Audit, count: int, *, what: str) -> None:
    await asyncio.sleep(2)
    audit.since_last()
    names = [f"many-{number}" for number in range(count)]
    with measured():
        await users.create_all("operations", map(operation, names))
        created = time.perf_counter()
        await users.seen(what, names)
        behind = time.perf_counter() - created
    print(f"{count} operations at once: {what} of {count / measured.seconds:.1f} a second, the last {behind:.1f} s "
          f"after the last was created; {measured.told(count)}")  # fmt: skip
    await asyncio.sleep(5)  # Events and what follows a status write
    asked = audit.since_last()
    for request, number in sorted(asked.items()):
        print(f"    {request:24} {number / count:6.2f} an operation")
    events = ("events create", "events patch")  # apart, as the bound on writes has them
    writes = sum(
        number for request, number in asked.items() if request.split()[-1] not in READS and request not in events
    )
    print(f"    writes, Events apart     {writes / count:6.2f} an operation")


async def churn(users: Users, operator: Operator, measured: Measured, names: list[str], seconds: int) -> None:
    """500 changes a second, paced by the clock; fewer where the API server does not keep up. As the client writes."""
    before, wanted = await operator.lag(users.session), 500 * seconds
    numbers, began = iter(range(wanted)), time.perf_counter()
    meanwhile: list[str] = []

    async def client() -> None:
        for number in numbers:
            await asyncio.sleep(max(0.0, began + number / 500 - time.perf_counter()))
            step = {"metadata": {"managedFields": [{}]}, "status": {"metrics": {"step": {"last": number}}}}
            await users.patch_run(names[number % len(names)], step)

    async def applying() -> None:
        while True:
            meanwhile.append(f"meanwhile-{len(meanwhile)}")
            await users.create("operations", operation(meanwhile[-1]))
            await asyncio.sleep(0.5)

    with measured():
        another = asyncio.create_task(applying())
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        another.cancel()
        await asyncio.gather(another, return_exceptions=True)
    took = await users.seen("Resolved", meanwhile[:-1])
    await asyncio.sleep(2)
    after = await operator.lag(users.session)
    counts = {bound: after[bound] - before[bound] for bound in after}
    whole = max(counts.values()) or 1
    bounds = {share: min(b for b, count in counts.items() if count >= whole * share) for share in (0.5, 0.99)}
    print(f"Runs that change: {wanted / measured.seconds:.0f} a second, in {whole} batches, searchable within "
          f"{bounds[0.5]:g} s (p50) and {bounds[0.99]:g} s (p99) of arrival; apply to Resolved meanwhile: "
          f"{spread(took)}; {measured.told(wanted)}")  # fmt: skip


async def idle(measured: Measured, audit: Audit, seconds: int) -> None:
    await asyncio.sleep(3)
    audit.since_last()
    with measured():
        await asyncio.sleep(seconds)
    writes = {request: count for request, count in audit.since_last().items() if request.split()[-1] not in READS}
    share = measured.cpu["operator"] / measured.seconds
    print(f"idle for {seconds} s: {share:.2%} of a core, writes: {writes or 'none'}")


async def measure(server: Server, folder: Path, options: argparse.Namespace) -> None:
    """Everything, one line each."""
    names: list[str] = []

    def manifests() -> Iterator[dict[str, Any]]:
        for manifest in runs(options.runs):
            names.append(manifest["metadata"]["name"])
            manifest["metadata"] = {"name": names[-1]}
            yield manifest

    async with connected(server) as users, aiohttp.ClientSession() as plain:
        began = time.perf_counter()
        await users.create_all("runs", manifests())
        print(f"{len(names)} Runs written in {time.perf_counter() - began:.0f} s; load {os.getloadavg()[0]:.1f}")
        began, api_before = time.perf_counter(), cpu_of(server.processes["kube-apiserver"].pid)
        operator = Operator(server, folder, launch=options.launch, workers=options.workers, profile=options.profile)
        try:
            await operator.ready(plain)
            api = cpu_of(server.processes["kube-apiserver"].pid) - api_before
            print(f"start to ready: {time.perf_counter() - began:.2f} s; CPU seconds: operator {operator.cpu:.2f}, "
                  f"API server {api:.2f}; {operator.memory / 1e6:.0f} MB; load {os.getloadavg()[0]:.1f}")  # fmt: skip
            measured, audit = Measured(operator, server), Audit(server.folder / "audit.log")
            what = "Job" if options.launch else "Resolved"
            # Up to its pod, as with Jobs of one's own: the Job controller takes only so many at once.
            await one_by_one(users, measured, options.singles, what="pod" if options.launch else what)
            if options.launch:
                await pods(users, options.singles)
            await at_once(users, measured, audit, options.operations, what=what)
            if options.seconds:
                await churn(users, operator, measured, names, options.seconds)
                await idle(measured, audit, options.seconds)
            print(f"memory at the end: {operator.memory / 1e6:.0f} MB")
        finally:
            operator.process.end()


def main() -> None:
    """Start what is measured, measure it, end it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--full", action="store_true", help="100,000 Runs, and a minute of changes")
    parser.add_argument("--singles", type=int, default=100, help="operations one at a time")
    parser.add_argument("--operations", type=int, default=1_000, help="operations at once")
    parser.add_argument("--seconds", type=int, default=20, help="of changing Runs, and of nothing; 0 for neither")
    parser.add_argument("--launch", action="store_true", help="make Jobs, beside a controller that makes pods")
    parser.add_argument("--workers", type=int, default=8, help="operations that the operator works on at once")
    parser.add_argument("--profile", type=Path, help="run the operator under cProfile and write this file")
    options = parser.parse_args()
    if options.full:
        options.runs, options.seconds = 100_000, 60
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    wanted = ["etcd", "kube-apiserver", *(["kube-controller-manager"] if options.launch else [])]
    with tempfile.TemporaryDirectory(prefix="operator-speed-") as name:
        server = Server(folder=Path(name) / "cluster", programs=ensure(wanted), audit=True)
        try:
            server.start()
            Admin(server).apply_crds()
            if options.launch:
                server.start_controllers("job-controller,serviceaccount-controller,garbage-collector-controller")
            asyncio.run(measure(server, Path(name), options))
        finally:
            server.stop(kill=True)


if __name__ == "__main__":
    main()
