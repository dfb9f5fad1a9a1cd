"""Freshness: who waits for which Run to come back through the Run watch.

The Run watch is ordered. Once an operation's own Run has come back, everything that was written before it has
been applied to the store too; nothing else proves that (spec 4, *The order of things*).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

RECENT = 8_192  # uids


class EchoBoard:
    """Remembers which uids the store has applied for those who wait. For one event loop; not thread-safe.

    The last ``RECENT`` are kept too: a Run may come back before the answer to its creation has been read. The store
    knows the rest, but asking it means to wait for the searches that are under way.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}
        self._recent: OrderedDict[str, None] = OrderedDict()

    def applied(self, uids: Iterable[str]) -> None:
        """The store has applied these Runs (and all that was before them)."""
        for uid in uids:
            if event := self._waiting.get(uid):
                event.set()
            self._recent[uid] = None
            self._recent.move_to_end(uid)
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    async def wait(self, uid: str, *, timeout: float) -> bool:
        """True once that Run has been applied, False after ``timeout`` seconds."""
        if uid in self._recent:
            return True
        event = self._waiting.setdefault(uid, asyncio.Event())
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            pass  # it may have come in the very moment that the time ran out
        finally:
            self._waiting.pop(uid, None)
        return event.is_set()
