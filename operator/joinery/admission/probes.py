"""/livez, /readyz and /metrics over plain HTTP, on a port of their own: the kubelet and Prometheus need no TLS."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from joinery.admission.metrics import Metrics


class Probes:
    """Admission seen from outside. ``unready()`` says what is wrong; empty when all is well."""

    def __init__(self, *, metrics: Metrics, unready: Callable[[], str]) -> None:
        self._metrics, self._unready = metrics, unready
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 picks a free one, which is then ``port``."""
        app = web.Application(client_max_size=1)
        app.add_routes(
            [web.get("/livez", self._livez), web.get("/readyz", self._readyz), web.get("/metrics", self._text)]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close all connections; an open one does not hold up the stop."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _livez(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        problem = self._unready()
        return web.Response(text=f"{problem or 'ok'}\n", status=503 if problem else 200)

    async def _text(self, _request: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=self._metrics.text(), headers=headers)
