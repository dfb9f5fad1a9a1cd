"""Workers: take a key, reconcile it, and try again later what failed. One kind of object a queue."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from joinery.control.ports import Key, Meter
from joinery.control.queue import ShutDown, WorkQueue
from joinery.control.subject import SUBJECT
from joinery.kube.errors import ApiError, Conflict
from joinery.kube.mirror_store import StoreNotReady

logger = logging.getLogger(__name__)

Reconcile: TypeAlias = Callable[[Key], Awaitable[float | None]]
CONFLICT_PAUSE = 0.02  # seconds: somebody else has just written; the fresh read comes at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """One queue and what is done with its keys."""

    name: str
    queue: WorkQueue[Key]
    reconcile: Reconcile
    meter: Meter
    concurrency: int = 8

    async def run(self) -> None:
        """Works until the queue is shut down and empty."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.concurrency):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            try:
                key = await self.queue.get()
            except ShutDown:
                return
            started = time.monotonic()
            outcome = "error"
            try:
                outcome = await self._once(key)
            finally:
                self.queue.done(key)
                self.meter.reconciled(self.name, outcome, time.monotonic() - started)

    async def _once(self, key: Key) -> str:
        SUBJECT.set({"controller": self.name, "namespace": key[0], "object": key[1]})
        try:
            again = await self.reconcile(key)
        except Conflict:
            self.queue.retry(key, at_least=CONFLICT_PAUSE)
            return "conflict"
        except ApiError as error:
            delay = self.queue.retry(key, at_least=error.retry_after or 0.0)
            logger.warning("%s %s/%s: %s; again in %.1f s", self.name, *key, error.message, delay)
            return "error"
        except StoreNotReady as error:
            delay = self.queue.retry(key, at_least=0.5)
            logger.info("%s %s/%s: %s; again in %.1f s", self.name, *key, error, delay)
            return "requeue_after"
        except Exception:
            # A mistake of ours must not end the worker, nor be tried in a hot loop.
            delay = self.queue.retry(key, at_least=1.0)
            logger.exception("%s %s/%s failed; again in %.1f s", self.name, *key, delay)
            return "error"
        self.queue.forget(key)
        if again is None:
            return "success"
        self.queue.add_after(key, again)
        return "requeue_after"
