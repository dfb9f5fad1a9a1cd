"""/livez, /readyz and /metrics over plain HTTP."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from joinery.operator.metrics import Metrics


class Probes:
    """The operator seen from outside. ``alive()`` and ``ready()`` give what is wrong; empty when all is well."""

    def __init__(self, *, metrics: Metrics, alive: Callable[[], list[str]], ready: Callable[[], list[str]]) -> None:
        self._metrics, self._alive, self._ready = metrics, alive, ready
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 picks a free one, which is then ``port``."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics_text),
            ]
        )
        # An open connection to /metrics must not hold up a stop.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close all connections."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _livez(self, _request: web.Request) -> web.Response:
        return _answer(self._alive())

    async def _readyz(self, _request: web.Request) -> web.Response:
        return _answer(self._ready())

    async def _metrics_text(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )


def _answer(problems: list[str]) -> web.Response:
    return web.Response(text="\n".join(problems) + "\n" if problems else "ok\n", status=503 if problems else 200)
