"""A TCP proxy on the loopback that a test can make misbehave: drop, stall, delay. It never looks inside."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType


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
        self._tasks: set[asyncio.Task[None]] = set()
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
        self._server.close()
        self.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, there_writer}
        flowing = self._flowing
        both = [
            asyncio.create_task(self._pass(reader, there_writer, flowing, answers=False)),
            asyncio.create_task(self._pass(there_reader, writer, flowing, answers=True)),
        ]
        self._tasks.update(both)
        await asyncio.gather(*both, return_exceptions=True)
        self._tasks.difference_update(both)
        self._writers -= {writer, there_writer}

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
