"""A TCP proxy on the loopback that a test can make misbehave: drop, stall, delay. It never looks inside."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Any

from accepting import let_loop_settle, stop_accepting


class FaultyProxy:
    """Passes connections on to ``port``. Use it as an async context manager; ``url`` is where it listens."""

    def __init__(self, *, port: int) -> None:
        self.target = port
        self.connections = 0
        self.delay = 0.0  # seconds that every answer is held back, in order
        self.cut_after: int | None = None  # bytes of answers after which a connection breaks
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._accepting: set[asyncio.Task[None]] = set()
        self._passing: set[asyncio.Task[Any]] = set()
        self._ended = False
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> FaultyProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        await stop_accepting(self._server.sockets[0])
        self._server.close()
        self._ended = True
        self.drop()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._accepting)
        await let_loop_settle()  # what was aborted is closed

    def drop(self) -> None:
        """Break every connection that is open now, without a goodbye."""
        for writer in self._writers:
            writer.transport.abort()

    def stall(self) -> None:
        """From now on nothing passes, and nothing is closed: what a dead router does."""
        self._flowing.clear()

    def freeze(self) -> None:
        """What is open now is dead from now on, without a word; new connections pass."""
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    def flow(self) -> None:
        """Let everything pass again."""
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._accepting.add(task)
        self._writers.add(writer)
        try:
            await self._join(reader, writer)
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._accepting.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connecting = asyncio.create_task(asyncio.open_connection("127.0.0.1", self.target))
        self._passing.add(connecting)
        await asyncio.wait([connecting])
        self._passing.remove(connecting)
        if connecting.cancelled() or connecting.exception() is not None:
            return
        there_reader, there_writer = connecting.result()
        if self._ended:
            there_writer.transport.abort()
            return
        self._writers.add(there_writer)
        flowing = self._flowing
        both = [
            asyncio.create_task(self._pass(reader, there_writer, flowing, answers=False)),
            asyncio.create_task(self._pass(there_reader, writer, flowing, answers=True)),
        ]
        self._passing.update(both)
        await asyncio.gather(*both, return_exceptions=True)
        self._passing.difference_update(both)
        there_writer.transport.abort()
        self._writers.discard(there_writer)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event, *, answers: bool
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                if answers and self.delay:
                    await asyncio.sleep(self.delay)
                await flowing.wait()
                allowed = len(data) if self.cut_after is None or not answers else max(0, self.cut_after - passed)
                writer.write(data[:allowed])
                await writer.drain()
                passed += len(data)
                if allowed < len(data):
                    await asyncio.sleep(0.05)  # for what was sent to arrive before the break
                    break
        writer.transport.abort()
