"""The process itself: stops, restarts, the API server going away, leadership, metrics."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import socket
import threading
from collections.abc import Callable

from cluster.server import Server

from api_proxy import ApiProxy
from cluster_fixtures import Admin
from joinery.operator.metrics import Metrics
from joinery.operator.probes import Probes
from operator_fixtures import PATIENCE, Objects, Operator, operation, run, until

Start = Callable[..., Operator]


def test_a_stop_is_clean_with_an_open_connection_and_a_busy_queue(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    """One that has begun to send a request and one that has read its answer; a queue of 40 operations."""
    count = 40
    for number in range(count):
        objects.create("operations", operation(f"busy-{number}"))
    arguments = ("--namespace", namespace, "--workers", "1")
    holding, told = threading.Event(), threading.Event()

    def held(method: str, path: str) -> bool:
        if method != "POST" or not path.endswith("/jobs") or len(_made(api_proxy, "jobs")) < 5 or told.is_set():
            return False
        holding.set()
        return True

    api_proxy.held = held
    running = start_operator(*arguments, kubeconfig=api_proxy.path)
    # One is under way, at its Job; the others have not begun. (Five are looked at again, as their Jobs have no pod.)
    until(lambda: holding.is_set() and running.counts()["queued"] >= count - 6, told=running.text)
    host, port = "127.0.0.1", int(running.url.rpartition(":")[2])
    with socket.create_connection((host, port)) as begun, socket.create_connection((host, port)) as kept:
        begun.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        kept.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(16) == b"HTTP/1.1 200 OK\r"
        running.process.send_signal(signal.SIGTERM)
        told.set()
        assert running.stop() == 0, running.text()
    left = re.search(r"stopping; (\d+) keys are left", running.text())
    assert left is not None, running.text()
    assert int(left[1]) >= count - 6
    assert "Traceback" not in running.text()
    assert len(_made(api_proxy, "jobs")) == 6, "the one under way was finished, and none was begun"
    start_operator(*arguments, kubeconfig=api_proxy.path)
    for number in range(count):
        objects.wait(f"busy-{number}", "Launched", "True")
    # What was done before the stop has not been done again, and nothing was lost.
    assert len(_made(api_proxy, "runs")) == len(_made(api_proxy, "jobs")) == count
    assert len(objects.list("jobs")) == count


def test_a_stop_waits_for_no_answer_that_never_comes(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    running = start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    stalled = threading.Event()

    def held(method: str, _path: str) -> bool:
        if method != "GET":
            stalled.set()
        return method != "GET"

    api_proxy.held = held
    objects.create("operations", operation("hanging"))
    until(stalled.is_set, told=running.text)
    assert running.stop(signal.SIGTERM) == 0, running.text()
    assert "Traceback" not in running.text()


async def test_the_end_of_the_probes_waits_for_nobody() -> None:
    """One connection that has begun to ask, one that was answered and stays open."""
    probes = Probes(metrics=Metrics(), alive=list, ready=list)
    await probes.start("127.0.0.1", 0)
    _, begun = await asyncio.open_connection("127.0.0.1", probes.port)
    answer, kept = await asyncio.open_connection("127.0.0.1", probes.port)
    begun.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
    kept.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await answer.readline() == b"HTTP/1.1 200 OK\r\n"
    await asyncio.wait_for(probes.stop(), PATIENCE)
    await answer.read()  # until the end: it was closed
    for writer in (begun, kept):
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _made(proxy: ApiProxy, plural: str) -> list[str]:
    return [line for line in proxy.writes if line.startswith("POST") and line.endswith(f"/{plural}")]


def test_it_is_ready_only_once_all_runs_are_there(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    objects.create("runs", run("good", loss=0.1))
    objects.create("operations", operation("early"))
    api_proxy.watch_held = True
    running = start_operator("--namespace", namespace, kubeconfig=api_proxy.path, wait=False)
    until(lambda: running.get("/readyz") == (503, "the Runs are being loaded\n"), told=running.text)
    assert running.get("/livez")[0] == 200
    assert "conditions" not in objects.get("operations", "early")["status"]
    api_proxy.watch_held = False
    running.wait_ready()
    done = objects.wait("early", "Resolved", "True")
    assert done["status"]["params"]["losses"]["value"] == [0.1]


def test_metrics_and_probes_tell_how_it_goes(start_operator: Start, objects: Objects) -> None:
    objects.create("runs", run("good", loss=0.1))
    running = start_operator()
    objects.create("operations", operation("seen"))
    objects.wait("seen", "Resolved", "True")
    assert running.get("/livez")[0] == running.get("/readyz")[0] == 200
    until(lambda: running.counts()["passes"])
    text = running.get("/metrics")[1]
    for name in (
        "controller_runtime_reconcile_total", "controller_runtime_reconcile_time_seconds_count", "workqueue_depth",
        "workqueue_queue_duration_seconds_count", "joinery_resolve_seconds_count", "joinery_join_matched_runs_count",
        "joinery_store_runs", "joinery_store_lag_seconds_count", "joinery_result_bytes", "rest_client_requests_total",
    ):  # fmt: skip
        assert re.search(rf"^{name}(\{{[^}}]*\}})? [0-9.e+-]+$", text, re.MULTILINE), name
    assert re.search(r"^joinery_store_runs 2\.0$", text, re.MULTILINE)


def test_one_of_two_leads_and_the_other_takes_over(
    start_operator: Start, objects: Objects, api_server: Server, namespace: str
) -> None:
    arguments = ("--namespace", namespace, "--leader-elect", "--lease-namespace", namespace)
    leader = start_operator(*arguments)
    # A stand-by is ready, too: who leads is written in the Lease.
    until(lambda: "joinery_store_runs" in leader.get("/metrics")[1], told=leader.text)
    standby = start_operator(*arguments)
    objects.create("operations", operation("first"))
    objects.wait("first", "Resolved", "True")
    assert "joinery_store_runs" not in standby.get("/metrics")[1]
    leader.stop(signal.SIGKILL)
    objects.create("operations", operation("second"))
    objects.wait("second", "Resolved", "True")
    assert standby.process.poll() is None


def test_it_recovers_when_the_api_server_and_etcd_restart(
    make_server: Callable[..., Server], start_operator: Start
) -> None:
    server = make_server()
    admin = Admin(server)
    admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": "lab"}})
    objects = Objects(admin, "lab")
    objects.create("runs", run("before", loss=0.3))
    running = start_operator("--namespace", "lab", kubeconfig=server.kubeconfig(namespace="lab"))
    objects.create("operations", operation("one"))
    objects.wait("one", "Resolved", "True")
    under_way = [f"under-way-{number}" for number in range(20)]
    for name in under_way:
        objects.create("operations", operation(name))
    server.stop(kill=True)
    until(lambda: running.get("/readyz")[0] != 200 or "trying again" in running.text(), told=running.text)
    server.start_etcd()
    server.start_api()
    objects.until_writable()
    objects.create("runs", run("after", loss=0.1))
    objects.create("operations", operation("two"))
    done = objects.wait("two", "Resolved", "True")
    assert [found["name"] for found in done["status"]["joins"][0]["runs"]] == ["after", "before"]
    for name in under_way:
        assert objects.wait(name, "Launched", "True")["status"]["digest"]
    assert sorted(job["metadata"]["name"] for job in objects.list("jobs")) == sorted(["one", "two", *under_way])
    assert len([found for found in objects.list("runs") if found["spec"].get("managedBy")]) == len(under_way) + 2
    assert running.process.poll() is None
    running.stop(signal.SIGKILL)
