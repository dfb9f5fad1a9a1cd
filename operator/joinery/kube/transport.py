"""Single HTTP requests to the API server: JSON in, JSON out, errors by what a caller can do about them.

Raw requests instead of a client's models: reading one Run into generated models takes ten times as long as
everything that Joinery does with it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, MutableSequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from joinery.kube.backoff import Backoff
from joinery.kube.config import Access, Source
from joinery.kube.errors import ApiError, TooManyRequests, Unauthorized, Unreachable, error_from

# Tells whoever counts requests: method, path, status (0: no answer), seconds.
Observer = Callable[[str, str, int, float], None]

READ_BUFFER = 1 << 20  # bytes read from a watch at once
# What a connection that broke or stalled raises, while sending and while reading.
BROKEN = (aiohttp.ClientError, OSError, TimeoutError)

_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


class Transport:
    """One API server over pooled connections. Make it with :meth:`open`; belongs to the event loop that made it."""

    def __init__(
        self,
        access: Access,
        *,
        source: Source | None = None,
        timeout: float = 30.0,
        tries: int = 4,
        user_agent: str = "joinery",
        observe: Observer | None = None,
    ) -> None:
        """``timeout``: seconds for a request with all its tries. ``tries``: of a request that the server sheds."""
        self.access = access
        self._source = source
        self._timeout = timeout
        self._tries = tries
        self._observe = observe
        # Compressing costs the API server more than a cluster's network does.
        self._headers = {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "identity"}
        self._session = self._new_session()
        self._reloading = asyncio.Lock()

    @classmethod
    async def open(cls, source: Source | None = None, **options: Any) -> Transport:
        """Read the configuration (raises NoCluster) and be ready; nothing is connected yet."""
        source = source or Source()
        return cls(await source.load(), source=source, **options)

    def _new_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=64, ssl=self.access.ssl or True, enable_cleanup_closed=False)
        return aiohttp.ClientSession(connector=connector, headers=self._headers)

    async def close(self) -> None:
        await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content_type: str = "application/json",
        params: Mapping[str, str] | None = None,
        timeout: float | None = None,
        warnings: MutableSequence[str] | None = None,
    ) -> Any:
        """One request; the JSON answer. Raises ApiError. What the server warns of is added to ``warnings``.

        What the server refused before doing anything (429, or 5xx with Retry-After) is tried again within the
        timeout, as client-go does; nothing else is.
        """
        data = None if body is None else encode(body)
        backoff = Backoff(first=0.1, cap=5.0)
        try:
            async with asyncio.timeout(timeout or self._timeout):
                while True:
                    try:
                        return await self._once(
                            method, path, data=data, content_type=content_type, params=params, warnings=warnings
                        )
                    except ApiError as error:
                        shed = isinstance(error, TooManyRequests) or (error.code >= 500 and error.retry_after)
                        if not shed or backoff.failures + 1 >= self._tries:
                            raise
                        await asyncio.sleep(backoff.next(at_least=error.retry_after))
        except TimeoutError as error:
            raise Unreachable(f"{method} {path}: no answer within {timeout or self._timeout:g} s") from error

    async def _once(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None,
        content_type: str,
        params: Mapping[str, str] | None,
        warnings: MutableSequence[str] | None,
    ) -> Any:
        headers = {"Content-Type": content_type} if data is not None else {}
        async with self._send(method, path, data=data, headers=headers, params=params) as response:
            try:
                answer = await response.read()
            except BROKEN as error:
                raise _unreachable(method, path, error) from error
            if warnings is not None:
                warnings.extend(warnings_in(response.headers.getall("Warning", [])))
        try:
            return orjson.loads(answer) if answer else None
        except orjson.JSONDecodeError as error:
            raise error_from(502, b"the answer is not JSON: is this an API server?") from error

    @asynccontextmanager
    async def stream(
        self, path: str, *, params: Mapping[str, str], stall: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A watch, whose ``content`` gives its bytes as they come. Raises ApiError.

        ``stall``: seconds without a single byte after which reading raises TimeoutError.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=stall)
        async with self._send("GET", path, params=params, timeout=timeout, read_bufsize=READ_BUFFER) as response:
            yield response

    @asynccontextmanager
    async def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send with our credentials (read anew once when they are refused) and raise what is no success."""
        for again in (False, True):
            access, session = self.access, self._session
            authorization = await access.authorization()
            whole = dict(headers or {}) | ({"Authorization": authorization} if authorization else {})
            started = asyncio.get_running_loop().time()
            status = 0
            try:
                response = await session.request(
                    method,
                    f"{access.server}{path}",
                    headers=whole,
                    proxy=access.proxy,
                    server_hostname=access.server_name,
                    allow_redirects=False,
                    **options,
                )
                status = response.status
            except BROKEN as error:
                raise _unreachable(method, path, error) from error
            finally:
                if self._observe:
                    self._observe(method, path, status, asyncio.get_running_loop().time() - started)
            async with response:
                if status < 300:
                    yield response
                    return
                refusal = await _refusal(response, method, path)
            if again or not isinstance(refusal, Unauthorized) or not await self._reload(access):
                raise refusal

    async def _reload(self, refused: Access) -> bool:
        """Read the configuration anew, once for all requests that its old credentials were refused."""
        if self._source is None:
            return False
        async with self._reloading:
            if self.access is refused:
                self.access = await self._source.load()
                old, self._session = self._session, self._new_session()
                await old.close()
        return True


async def _refusal(response: aiohttp.ClientResponse, method: str, path: str) -> ApiError:
    try:
        body = await response.read()
    except BROKEN as error:
        return _unreachable(method, path, error)
    return error_from(response.status, body, retry_after=response.headers.get("Retry-After"))


def _unreachable(method: str, path: str, error: BaseException) -> Unreachable:
    said = " ".join(str(error).split()) or type(error).__name__
    return Unreachable(f"{method} {path}: {said}")


def warnings_in(headers: Iterable[str]) -> list[str]:
    """The texts of ``Warning`` headers as API servers write them: ``299 - "text"``, with quotes escaped."""
    return [re.sub(r"\\(.)", r"\1", text) for header in headers for text in _WARNING.findall(header)]


def encode(body: Any) -> bytes:
    """A body as JSON. Integers over 64 bits, which orjson refuses, are written whole by the standard library."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
