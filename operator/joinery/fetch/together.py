"""Many pieces of work at once, few of them waiting: memory stays flat, however many there are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def each(source: AsyncIterator[T], work: Callable[[T], Awaitable[None]], *, parallel: int) -> None:
    """``work`` on all that ``source`` gives, ``parallel`` at a time. The first error ends it all and is raised."""
    waiting: asyncio.Queue[T | None] = asyncio.Queue(maxsize=2 * parallel)

    async def feed() -> None:
        async for one in source:
            await waiting.put(one)
        for _ in range(parallel):
            await waiting.put(None)

    async def labour() -> None:
        while (one := await waiting.get()) is not None:
            await work(one)

    tasks = [asyncio.create_task(feed()), *(asyncio.create_task(labour()) for _ in range(parallel))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def beside(work: Awaitable[None]) -> AsyncIterator[None]:
    """``work`` goes on while the block does, and is cancelled after it."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
