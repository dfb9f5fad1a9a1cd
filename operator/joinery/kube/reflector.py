"""Keeps a mirror of one kind of object: all there are, then every change, in order, for good.

One stream of bytes instead of lists: ``sendInitialEvents`` lets the API server send what is there and go on with
what changes. It comes back from whatever breaks the stream; where changes were lost it loads everything anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from joinery.kube.backoff import Backoff, jittered
from joinery.kube.client import KubeClient
from joinery.kube.errors import TOO_LARGE_VERSION, ApiError, Gone, Unreachable
from joinery.kube.paths import RUNS, Resource
from joinery.kube.transport import BROKEN
from joinery.kube.watching import (
    Batch,
    Bookmark,
    Cursor,
    Lines,
    Manifest,
    read_events,
    refuses_initial_events,
    watch_parameters,
)

log = logging.getLogger(__name__)

BATCH = 500
AT_ONCE = 0.001  # seconds that reading takes at most when something is there


class Sink(Protocol):
    """Where a reflector puts what it sees. ``scope`` is a namespace, or "" for all.

    Calls of one scope never overlap. An exception is logged, and what was not applied is sent again.
    """

    async def begin_load(self, scope: str) -> None:
        """Everything of the scope comes anew; a load that was under way is void. What was there stays searchable."""

    async def apply(
        self, scope: str, *, upserts: Sequence[Manifest], deletes: Sequence[Manifest], version: str
    ) -> None:
        """Changes in order: of one object only the last. After it returns they have been applied up to ``version``."""

    async def end_load(self, scope: str, *, version: str) -> None:
        """The load is complete as of ``version``: what it did not bring does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds. ``stall``: without a byte, a connection counts as dead (the server sends a bookmark a minute).

    ``renew``: at least so long lasts a watch that is well. ``longest_pause``: the cap of the pauses between tries.
    ``gather``: changes that come within so long of the last that were applied are applied together: to write ten Runs
    takes the store twice as long as to write one. A change that comes alone waits for nothing.
    """

    stall: float = 90.0
    renew: float = 300.0
    longest_pause: float = 10.0
    gather: float = 0.03


class Reflector:
    """Mirrors ``resource`` into ``sink``: of all namespaces, or of each of ``namespaces`` by a stream of its own.

    ``took`` is told the seconds from the arrival of changes, after the load, to when they had been applied.
    """

    def __init__(
        self,
        client: KubeClient,
        sink: Sink,
        *,
        resource: Resource = RUNS,
        namespaces: Sequence[str] | None = None,
        patience: Patience | None = None,
        took: Callable[[float], None] = lambda _: None,
    ) -> None:
        scopes = [""] if namespaces is None else sorted(set(namespaces))
        self._streams = [
            _Stream(client, sink, resource=resource, scope=scope, patience=patience or Patience(), took=took)
            for scope in scopes
        ]

    @property
    def synced(self) -> bool:
        """Whether everything has been loaded and is being followed: false again while a lost place is loaded anew."""
        return all(stream.synced.is_set() for stream in self._streams)

    async def wait_synced(self) -> None:
        """Until each scope has been loaded."""
        for stream in self._streams:
            await stream.synced.wait()

    @property
    def errors(self) -> list[str]:
        """What keeps streams from working right now, for a readiness answer; empty when all is well."""
        return [stream.error for stream in self._streams if stream.error]

    def reconnect(self) -> None:
        """Drop the connections and go on from where they were: for one who knows that something should have come."""
        for stream in self._streams:
            stream.reconnect()

    async def run(self) -> None:
        """Mirror until cancelled; nothing else ends it."""
        async with asyncio.TaskGroup() as group:
            for stream in self._streams:
                group.create_task(stream.run())


class _Stream:
    """The stream of one scope."""

    def __init__(
        self,
        client: KubeClient,
        sink: Sink,
        *,
        resource: Resource,
        scope: str,
        patience: Patience,
        took: Callable[[float], None],
    ) -> None:
        self._client, self._sink, self._took = client, sink, took
        self._resource, self._scope, self._patience = resource, scope, patience
        self._name = f"{resource.plural} of namespace {scope}" if scope else resource.plural
        self._backoff = Backoff(first=0.05, cap=patience.longest_pause)
        self._cursor = Cursor()
        self._by_pages = False
        self._response: aiohttp.ClientResponse | None = None
        self.synced = asyncio.Event()
        self.error = ""

    async def run(self) -> None:
        while True:
            try:
                await self._follow()
            except Gone as gone:
                await asyncio.sleep(self._lost(gone))
            except ApiError as error:
                await asyncio.sleep(self._failed(error))
            except Exception as error:
                log.exception("%s: could not be applied; trying again", self._name)
                self.error = f"{type(error).__name__}: {error}"
                await asyncio.sleep(self._backoff.next())

    def reconnect(self) -> None:
        if self._response is not None:
            self._response.close()

    async def _follow(self) -> None:
        """One connection, until it ends or breaks. The server ends one in its time: that is no failure."""
        if self._cursor.version is None and self._by_pages:
            await self._load_pages()
        path = self._resource.collection(self._scope or None)
        seconds = max(1, round(jittered(self._patience.renew, 1.0)))
        parameters = watch_parameters(self._cursor.version, seconds=seconds)
        try:
            async with self._client.transport.stream(path, params=parameters, stall=self._patience.stall) as response:
                self._response = response
                if self._cursor.version is None:
                    await self._sink.begin_load(self._scope)
                some = await self._read(response.content)
        except BROKEN as error:
            # A server that never ends a load may not know how to; pages it knows for certain.
            self._by_pages = self._cursor.version is None and isinstance(error, TimeoutError)
            raise Unreachable(f"the watch broke: {str(error) or type(error).__name__}") from error
        finally:
            self._response = None
        if self._cursor.version is None:
            self._by_pages = True
            raise Unreachable("the watch ended before everything was sent")
        if not some:
            raise Unreachable("the watch ended before it said anything")

    async def _read(self, content: aiohttp.StreamReader) -> bool:
        """Apply what comes until the stream ends; whether anything came."""
        lines, batch, some, clock = Lines(), Batch(), False, asyncio.get_running_loop().time
        began = looked = clock()
        while chunk := await content.readany():
            some = True
            # What was there already may have come just after the last look.
            arrived, looked = (looked if clock() - began < AT_ONCE else clock()), clock()
            try:
                for event in read_events(lines.feed(chunk)):
                    if isinstance(event, Bookmark):
                        batch = await self._flush(batch)
                        await self._bookmark(event)
                        continue
                    batch.add(event)
                    if len(batch) >= BATCH:
                        batch = await self._flush(batch)
            except ApiError:
                if self._cursor.version is not None:
                    await self._flush(batch)  # what came before the error counts
                raise
            # While loading, batches are filled.
            if self._cursor.version is not None and len(batch):
                batch = await self._flush(batch)
                self._took(clock() - arrived)
                await asyncio.sleep(self._patience.gather)
            began = clock()
        return some

    async def _flush(self, batch: Batch) -> Batch:
        """Apply it, and only then count it as seen. While loading, versions come in no order."""
        if len(batch):
            live = self._cursor.version is not None
            if live:
                self._cursor.check(batch.version)
            await self._sink.apply(
                self._scope, upserts=batch.upserts, deletes=batch.deletes, version=batch.version if live else ""
            )
            if live:
                self._well(batch.version)
        return Batch()

    async def _bookmark(self, bookmark: Bookmark) -> None:
        if self._cursor.version is not None:
            self._cursor.check(bookmark.version)
            self._well(bookmark.version)
        elif bookmark.ends_load:
            await self._loaded(bookmark.version)

    async def _load_pages(self) -> None:
        await self._sink.begin_load(self._scope)
        version = ""
        async for page in self._client.pages(self._resource, self._scope or None, limit=BATCH):
            await self._sink.apply(self._scope, upserts=page.items, deletes=(), version="")
            version = page.version
        await self._loaded(version)

    async def _loaded(self, version: str) -> None:
        await self._sink.end_load(self._scope, version=version)
        self._by_pages = False
        self._well(version)
        self.synced.set()

    def _well(self, version: str) -> None:
        self._cursor.version = version
        self._backoff.reset()
        self.error = ""

    def _lost(self, gone: Gone) -> float:
        """Start anew; at once, save where a fresh load was too old as well."""
        log.info("%s: loading anew: %s", self._name, gone.message)
        pause = self._backoff.next() if self._cursor.version is None else 0.0
        self._forget()
        return pause

    def _forget(self) -> None:
        self._cursor.version = None
        self.synced.clear()

    def _failed(self, error: ApiError) -> float:
        """Take note of a failure; the pause before the next try."""
        if refuses_initial_events(error):
            self._by_pages = True
        if any(cause.get("reason") == TOO_LARGE_VERSION for cause in error.causes):
            self._forget()
        if error.message != self.error:
            log.warning("%s: %s; trying again", self._name, error.message)
        self.error = error.message
        return self._backoff.next(at_least=error.retry_after)
