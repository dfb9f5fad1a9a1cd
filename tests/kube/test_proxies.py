"""The proxies of these tests close every connection at their end, also one that comes in just then.

A warning that something was left open is an error of whichever test is running when it is collected.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from api_proxy import ApiProxy
from faulty_proxy import FaultyProxy

ROUNDS = 5


@contextlib.contextmanager
def clients_without_end(port: int) -> Iterator[None]:
    """Eight threads connect, say half a request or nothing, and go, until nobody listens."""

    def go() -> None:
        with contextlib.suppress(ConnectionRefusedError):
            while True:
                with (
                    contextlib.suppress(ConnectionResetError, BrokenPipeError, TimeoutError),
                    socket.create_connection(("127.0.0.1", port), timeout=1) as connection,
                ):
                    connection.sendall(b"GET /x HTT")
                    time.sleep(0.001)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


@pytest.fixture
def target() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        yield listening.getsockname()[1]


def test_one_that_looks_inside_leaves_nothing_open(target: int) -> None:
    for _ in range(ROUNDS):
        with (
            contextlib.ExitStack() as clients,
            ApiProxy(target=f"http://127.0.0.1:{target}", authority=Path(certifi.where())) as proxy,
        ):
            clients.enter_context(clients_without_end(proxy.port))
            time.sleep(0.1)
    gc.collect()


def test_one_that_does_not_leaves_nothing_open(target: int) -> None:
    async def one() -> None:
        async with FaultyProxy(port=target) as proxy:
            clients.enter_context(clients_without_end(int(proxy.url.rpartition(":")[2])))
            await asyncio.sleep(0.1)

    for _ in range(ROUNDS):
        with contextlib.ExitStack() as clients:
            asyncio.run(one())
    gc.collect()
