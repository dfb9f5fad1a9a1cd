"""A proxy before the API server that looks inside: it counts writes, and can kill, delay or refuse at a chosen one.

Plain HTTP on the loopback, in a thread and event loop of its own, so that a test may use ordinary calls.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from accepting import stop_accepting

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ApiProxy:
    """Passes requests on. ``writes`` lists what was written, as ``METHOD path``; Events and Leases are not counted.

    ``before`` and ``after`` are called with each write's number (from 0) and line; ``answer`` may give a status to
    refuse a request with, before it is passed on. ``held`` is asked of each request again and again, and holds it back,
    alone, while it says so. ``watch_delay`` holds back every byte of Run watches, in seconds; ``watch_held`` all of
    them, as long as it is set.
    """

    def __init__(self, *, target: str, authority: Path) -> None:
        self.target = target
        self.writes: list[str] = []
        self.reads: list[str] = []
        self.before: Callable[[int, str], None] = lambda number, line: None
        self.after: Callable[[int, str], None] = lambda number, line: None
        self.answer: Callable[[str, str], int | None] = lambda method, path: None
        self.held: Callable[[str, str], bool] = lambda method, path: False
        self.watch_delay = 0.0
        self.watch_held = False
        self.port = 0
        self.path = Path()
        self._ssl = ssl.create_default_context(cafile=str(authority))
        self._selector = selectors.DefaultSelector()
        self._loop = asyncio.SelectorEventLoop(self._selector)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def kubeconfig(self, path: Path, *, token: str, namespace: str = "default") -> Path:
        """A kubeconfig that goes through the proxy."""
        name = "through-proxy"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
            "current-context": name,
        }
        path.write_text(json.dumps(config))
        return path

    def __enter__(self) -> ApiProxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._ssl, limit=0), auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        )  # fmt: skip
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(self._runner, self._listening).start()
        self.port = self._listening.getsockname()[1]

    async def _stop(self) -> None:
        self.answer = lambda method, path: 503  # whoever still asks is told so
        self.held, self.watch_held = lambda method, path: False, False
        await stop_accepting(self._listening)
        for connection in self._runner.server.connections if self._runner.server else ():
            if connection.transport is not None:
                connection.transport.abort()  # one that was killed reads no more: what is to be sent keeps it open
        await self._runner.cleanup()
        await self._session.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # Connections close in the background, TLS in several steps; what is left is how the loop wakes itself.
        deadline = time.monotonic() + 10
        while len(self._selector.get_map()) > 1 and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        while self.held(request.method, path):
            await asyncio.sleep(0.02)
        refused = self.answer(request.method, path)
        if refused is not None:
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": refused, "message": "made up"}
            return web.json_response(status, status=refused, headers={"Retry-After": "1"})
        counted = request.method in WRITES and "/events" not in path and "/leases" not in path
        line, number = f"{request.method} {path}", len(self.writes)
        if counted:
            self.writes.append(line)
            self.before(number, line)
        elif request.method == "GET":
            self.reads.append(f"{path}?{request.query_string}")
        body = await request.read()
        headers = {
            key: value for key, value in request.headers.items() if key.lower() not in ("host", "content-length")
        }
        url = f"{self.target}{request.raw_path}"
        async with self._session.request(
            request.method, URL(url, encoded=True), data=body or None, headers=headers
        ) as answer:
            if "watch" not in request.query:
                whole = await answer.read()
                if counted:
                    self.after(number, line)
                return web.Response(body=whole, status=answer.status, headers=_passed(answer.headers))
            response = web.StreamResponse(status=answer.status, headers=_passed(answer.headers))
            await response.prepare(request)
            await self._stream(answer, response, of_runs=path.endswith("/runs"))
            return response

    async def _stream(self, answer: aiohttp.ClientResponse, response: web.StreamResponse, *, of_runs: bool) -> None:
        delay = self.watch_delay if of_runs else 0.0
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def read() -> None:
            async for chunk in answer.content.iter_any():
                await due.put((self._loop.time() + delay, chunk))
            await due.put((0.0, b""))

        reading = asyncio.create_task(read())
        try:
            while True:
                when, chunk = await due.get()
                if not chunk:
                    return
                await asyncio.sleep(max(0.0, when - self._loop.time()))
                while of_runs and self.watch_held:
                    await asyncio.sleep(0.02)
                await response.write(chunk)
        except (ConnectionError, aiohttp.ClientError):
            return
        finally:
            reading.cancel()


def _passed(headers: Any) -> dict[str, str]:
    dropped = ("content-length", "transfer-encoding", "connection")
    return {key: value for key, value in headers.items() if key.lower() not in dropped}
