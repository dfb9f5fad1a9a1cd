"""Others write at the same time, and connections break or die in silence: it goes on from a fresh read."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from functools import partial

from cluster.server import Server

from api_proxy import ApiProxy
from faulty_proxy import FaultyProxy
from joinery.operator import watches
from operator_fixtures import PATIENCE, Objects, Operator, conditions, operation, run, until

Start = Callable[..., Operator]


def test_a_conflict_is_settled_from_a_fresh_read(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    """Somebody labels the operation between its being read and its status being written."""
    objects.create("runs", run("good", loss=0.1))
    running = start_operator("--namespace", namespace, "--no-launch", kubeconfig=api_proxy.path)
    writing, changed = threading.Event(), threading.Event()

    def held(method: str, path: str) -> bool:
        if method != "PUT" or not path.endswith("/operations/busy/status"):
            return False
        writing.set()
        return not changed.is_set()

    api_proxy.held = held
    objects.create("operations", operation("busy"))
    until(writing.is_set, told=running.text)
    objects.patch("operations", "busy", {"metadata": {"labels": {"team": "vision"}}})
    changed.set()
    done = objects.wait("busy", "Resolved", "True")
    assert done["metadata"]["labels"] == {"team": "vision"}
    assert done["status"]["params"]["losses"]["value"] == [0.1]
    assert 'controller_runtime_reconcile_total{controller="operation",result="conflict"}' in running.get("/metrics")[1]
    assert "Traceback" not in running.text()


async def test_broken_connections_lose_no_operation_and_no_run(
    start_operator: Start, objects: Objects, api_server: Server, proxy: FaultyProxy, namespace: str
) -> None:
    """All that is open is broken, again and again, while Runs and operations come."""
    path = api_server.kubeconfig(namespace=namespace, url=proxy.url)
    running = await asyncio.to_thread(start_operator, "--namespace", namespace, "--no-launch", kubeconfig=path)
    names = [f"op-{number}" for number in range(12)]
    for number, name in enumerate(names):
        await asyncio.to_thread(objects.create, "runs", run(f"run-{number}", loss=number / 100))
        await asyncio.to_thread(objects.create, "operations", operation(name))
        if number % 3 == 1:
            proxy.drop()
    for number, name in enumerate(names):
        await asyncio.to_thread(until, partial(is_resolved, objects, name), told=running.text)
        done = objects.get("operations", name)
        joined = {found["name"] for found in done["status"]["joins"][0]["runs"]}
        assert joined >= {f"run-{earlier}" for earlier in range(number + 1)}
    assert running.process.poll() is None
    assert "Traceback" not in running.text()


def is_resolved(objects: Objects, name: str) -> bool:
    return bool(conditions(objects.get("operations", name)).get("Resolved", {}).get("status") == "True")


# Prints the name of each object that a stream shows. Kopf is as in the operator, but for its patience.
SHOW = """
import asyncio, sys
from joinery.kube.config import Source
from joinery.operator import watches

real = watches._settings

def impatient():
    settings = real()
    settings.watching.inactivity_timeout = 2.0
    return settings

async def main():
    watches._settings = impatient
    streams = watches.Watches(
        lambda seen: print(seen.key[1], flush=True), source=Source(kubeconfig=sys.argv[1]),
        loop=asyncio.get_running_loop(), namespaces=(sys.argv[2],),
    )
    streams.start()
    while streams.alive:
        await asyncio.sleep(0.1)

asyncio.run(main())
"""


async def test_a_stream_whose_connection_dies_in_silence_is_opened_anew(
    objects: Objects, api_server: Server, proxy: FaultyProxy, namespace: str
) -> None:
    """The server sends something each minute; here it is not waited for so long."""
    assert watches._settings().watching.inactivity_timeout <= 120, "a dead stream would stay so"
    config = str(api_server.kubeconfig(namespace=namespace, url=proxy.url))
    showing = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SHOW, config, namespace, stdout=asyncio.subprocess.PIPE
    )
    assert showing.stdout is not None

    async def until_shown(name: str) -> None:
        assert showing.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while await showing.stdout.readline() != f"{name}\n".encode():
                assert showing.returncode is None

    try:
        await asyncio.to_thread(objects.create, "operations", operation("before"))
        await until_shown("before")
        proxy.freeze()
        await asyncio.to_thread(objects.create, "operations", operation("during"))
        await until_shown("during")
    finally:
        showing.kill()
        await showing.communicate()
