"""A queue of keys with the rules of client-go's workqueue: what is queued twice is done once, never by two at a time.

A key that changes while a worker has it is handed out again after that, and not before. Failures come back later
and later; other keys do not wait for them. For one event loop; not thread-safe.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class ShutDown(Exception):
    """The queue has been shut down and holds nothing more."""


class WorkQueue(Generic[K]):
    """``get`` a key, work, and on failure ``retry``, on success ``forget`` it; in the end always ``done``.

    ``first`` and ``longest``: the back-off of :meth:`retry`, in seconds (client-go's first is 5 ms, too). ``waited``
    is told how long each key was queued, in seconds, not counting a delay that was asked for.
    """

    def __init__(
        self, *, first: float = 0.005, longest: float = 300.0, waited: Callable[[float], None] | None = None
    ) -> None:
        self._first, self._longest, self._waited = first, longest, waited
        self._queue: deque[K] = deque()
        self._dirty: dict[K, float] = {}  # wants work: key to when it was added
        self._processing: set[K] = set()
        self._failures: dict[K, int] = {}
        self._due: dict[K, float] = {}  # delayed: key to when it is added
        self._heap: list[tuple[float, int, K]] = []  # of _due; entries that it no longer has are skipped
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._ready, self._idle = asyncio.Event(), asyncio.Event()
        self._closing = False

    def __len__(self) -> int:
        """Keys that are ready to be handed out: the depth of the queue."""
        return len(self._queue)

    @property
    def processing(self) -> int:
        """Keys that workers have now."""
        return len(self._processing)

    @property
    def delayed(self) -> int:
        """Keys that are added later."""
        return len(self._due)

    def failures(self, key: K) -> int:
        """How often the key has failed since it was last forgotten."""
        return self._failures.get(key, 0)

    def add(self, key: K) -> None:
        """The key wants work. Nothing happens where it is queued already, or the queue is shutting down."""
        if self._closing or key in self._dirty:
            return
        self._due.pop(key, None)  # now is sooner: that pass sees what the delayed one would have
        self._dirty[key] = self._now()
        if key not in self._processing:
            self._queue.append(key)
            self._ready.set()

    def add_after(self, key: K, delay: float) -> None:
        """Add it in ``delay`` seconds; of several delays the soonest counts."""
        if delay <= 0:
            self.add(key)
            return
        due = self._now() + delay
        if self._closing or key in self._dirty or due >= self._due.get(key, float("inf")):
            return
        self._due[key] = due
        heapq.heappush(self._heap, (due, next(self._order), key))
        self._arm()

    def retry(self, key: K, *, at_least: float = 0.0) -> float:
        """It failed: add it after its back-off, not before ``at_least`` seconds; returns the delay."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = max(at_least, min(self._longest, self._first * 2.0 ** min(failures, 64)))
        self.add_after(key, delay)
        return delay

    def forget(self, key: K) -> None:
        """It went well: its next failure is the first again."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """The next key, the caller's alone until ``done``. Raises ShutDown once there will be none."""
        while not self._queue:
            if self._closing and not self._dirty:
                raise ShutDown
            self._ready.clear()
            await self._ready.wait()
        key = self._queue.popleft()
        added = self._dirty.pop(key)
        self._processing.add(key)
        if self._waited is not None:
            self._waited(self._now() - added)
        return key

    def done(self, key: K) -> None:
        """The worker is through with it; where it was added meanwhile it is queued now."""
        self._processing.discard(key)
        if key in self._dirty:
            self._queue.append(key)
            self._ready.set()
        self._settle()

    def shut_down(self, *, drop: bool = False) -> None:
        """Take no more keys and forget the delayed ones. What is queued is still handed out, unless it is dropped."""
        self._closing = True
        if drop:
            self._queue.clear()
            self._dirty.clear()
        self._due.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._settle()

    async def drain(self) -> None:
        """Shut down, and return once everything that was queued is done."""
        self.shut_down()
        await self._idle.wait()

    def _settle(self) -> None:
        """While shutting down, tell the workers and the one who drains when there is nothing left."""
        if self._closing and not self._dirty:
            self._ready.set()
            if not self._processing:
                self._idle.set()

    def _arm(self) -> None:
        """Have the timer ring when the first delayed key is due."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._heap[0][0], self._ring) if self._heap else None

    def _ring(self) -> None:
        while self._heap and self._heap[0][0] <= self._now():
            due, _, key = heapq.heappop(self._heap)
            if self._due.get(key) == due:
                self.add(key)
        self._arm()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
