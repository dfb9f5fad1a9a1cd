"""The HTTPS server: reviews on ``/validate``, and nothing else.

What a review costs is bounded: 1 MiB of body, a few seconds, a few threads. Large objects have a thread of their own,
so that they keep nobody else waiting.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import orjson
from aiohttp import web

from joinery.admission.metrics import Metrics
from joinery.admission.request import MAX_BODY
from joinery.admission.review import Judged, judge, refusal
from joinery.admission.tls import ServerTls

logger = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

PATH = "/validate"
LARGE = 64 * 1024  # bytes of a body; above, it waits for other large ones
LARGE_THREADS = 1
MOST_AT_ONCE = 64  # reviews whose bodies are held in memory
# The beginning of a review as API servers write it.
_UID = re.compile(rb'\s*\{[^{}]{0,200}"request"\s*:\s*\{\s*"uid"\s*:\s*"([0-9A-Za-z-]{1,128})"')
# Longer than the API server keeps an idle connection (90 s): who closes is the side that knows that it sends nothing.
KEEP_ALIVE = 120.0


class Server:
    """Answers AdmissionReviews. ``timeout``: seconds for one review, less than the API server waits."""

    def __init__(self, *, tls: ServerTls, metrics: Metrics, threads: int = 4, timeout: float = 4.0) -> None:
        self._tls, self._metrics, self._timeout = tls, metrics, timeout
        self._small = ThreadPoolExecutor(threads, thread_name_prefix="review")
        self._large = ThreadPoolExecutor(LARGE_THREADS, thread_name_prefix="review-large")
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._runner: web.AppRunner | None = None
        self.draining = False
        self.busy = 0
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 picks a free one, which is then ``port``."""
        app = web.Application(middlewares=[self._measured])
        app.add_routes([web.post(PATH, self._validate)])
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=2.5, keepalive_timeout=KEEP_ALIVE, handler_cancellation=False
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, ssl_context=self._tls.context).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """No new connections; what is under way is answered."""
        if self._runner is not None:
            await self._runner.cleanup()
        for pool in (self._small, self._large):
            pool.shutdown(wait=False, cancel_futures=True)

    @web.middleware
    async def _measured(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Counts, and makes every refusal a text that the API server hands on."""
        began = time.perf_counter()
        self.busy += 1
        in_flight = self._metrics.in_flight.labels(PATH)
        in_flight.inc()
        try:
            answer = await handler(request)
        except web.HTTPException as refusal:
            answer = web.Response(status=refusal.status, text=f"{refusal.reason}\n", headers=_allowed(refusal))
        except Exception:
            logger.exception("a review failed")
            answer = web.Response(status=500, text="the review failed inside Joinery; its log says more\n")
        finally:
            in_flight.dec()
            self.busy -= 1
        if self.draining or not request.content.is_eof():
            answer.force_close()
        path = PATH if request.path == PATH else "other"
        self._metrics.answered(path, answer.status, time.perf_counter() - began)
        return answer

    async def _validate(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json" or request.headers.get("Content-Encoding"):
            return web.Response(status=415, text="a review is application/json, and not compressed\n")
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout), self._slots:
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > MAX_BODY:
                        text = f"the object is too large to be judged: its review has more than {MAX_BODY} bytes"
                        return _refused(body, text, code=413, reason="RequestEntityTooLarge")
                pool = self._large if len(body) > LARGE else self._small
                judged, answer = await asyncio.get_running_loop().run_in_executor(pool, _judge, bytes(body))
        except TimeoutError:
            text = f"the review was not done within {self._timeout:g} s: try again, or make the object smaller"
            return _refused(body, text, code=504, reason="Timeout")
        if not judged.is_review:
            message = judged.answer["response"]["status"]["message"]
            return web.Response(status=400, text=f"{message}\n")
        self._metrics.judged(judged)
        if not judged.allowed:
            logger.info("refused to %s a %s: %s problems", judged.operation.lower(), judged.kind, len(judged.problems))
        return web.Response(body=answer, content_type="application/json")


def _judge(body: bytes) -> tuple[Judged, bytes]:
    """In a thread: the judgement, and its answer as JSON."""
    judged = judge(body)
    return judged, orjson.dumps(judged.answer)


def _refused(head: bytes | bytearray, text: str, *, code: int, reason: str) -> web.Response:
    """No to a request that was not judged. As a review where its uid is known: of a mere HTTP status the API server
    hands the number on, and not the text."""
    if found := _UID.match(head):
        answer = orjson.dumps(refusal(found[1].decode(), text, code=code, reason=reason))
        return web.Response(body=answer, content_type="application/json")
    return web.Response(status=code, text=f"{text}\n")


def _allowed(refusal: web.HTTPException) -> dict[str, str]:
    return {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else {}
