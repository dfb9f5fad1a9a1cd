"""A sink that keeps what it is given in dictionaries, and lets a test wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from joinery.kube.reflector import Reflector

Manifest = dict[str, Any]


class RecordingSink:
    """What a store would hold: a load fills a fresh side that replaces the old one at its end."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Manifest]] = {}
        self.versions: dict[str, str] = {}
        self.loads = 0
        self.batches: list[int] = []
        self.applied: list[str] = []  # names in the order they came, after the load
        self._loading: dict[str, dict[str, Manifest]] = {}
        self._changed = asyncio.Condition()

    @property
    def names(self) -> set[str]:
        return {m["metadata"]["name"] for scope in self.objects.values() for m in scope.values()}

    async def begin_load(self, scope: str) -> None:
        self._loading[scope] = {}

    async def apply(
        self, scope: str, *, upserts: Sequence[Manifest], deletes: Sequence[Manifest], version: str
    ) -> None:
        held = self._loading.get(scope, self.objects.get(scope))
        assert held is not None, "changes before a load"
        self.batches.append(len(upserts) + len(deletes))
        for manifest in deletes:
            held.pop(manifest["metadata"]["uid"], None)
        for manifest in upserts:
            held[manifest["metadata"]["uid"]] = manifest
        if scope not in self._loading:
            self.versions[scope] = version
            self.applied += [manifest["metadata"]["name"] for manifest in upserts]
        await self._tell()

    async def end_load(self, scope: str, *, version: str) -> None:
        self.objects[scope] = self._loading.pop(scope)
        self.versions[scope] = version
        self.loads += 1
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, true: Callable[[], Any], *, seconds: float = 180) -> None:
        """Wait until a change makes it true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(true)


@asynccontextmanager
async def running(reflector: Reflector) -> AsyncIterator[Reflector]:
    """The reflector at work; what it raises fails the test."""
    task = asyncio.create_task(reflector.run())
    try:
        yield reflector
    finally:
        assert not task.done(), "a reflector ends only when it is cancelled"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
