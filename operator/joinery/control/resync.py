"""Looking again, now and then, at every operation that has not ended: what no watch has shown is found so.

A watch stream that lost its place lists anew what is there, and says nothing of what has gone meanwhile: a Job that
was deleted, an operation. Other controllers have a resync for that, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from joinery.control.orphans import Orphans
from joinery.control.ports import Key
from joinery.control.queue import WorkQueue
from joinery.kube.backoff import jittered
from joinery.kube.mirror_store import MirrorStore, StoreNotReady

logger = logging.getLogger(__name__)

SPREAD = 0.25  # the share of the period over which the looks are spread


async def resync(orphans: Orphans, store: MirrorStore, queues: Sequence[WorkQueue[Key]], *, every: float) -> None:
    """Every ``every`` seconds, until cancelled, add the operations that unfinished Runs name to all ``queues``."""
    while True:
        await asyncio.sleep(jittered(every, 0.1))
        try:
            keys = await asyncio.to_thread(lambda: orphans.left_over(store.counts().by_namespace))
        except StoreNotReady as error:
            logger.debug("no resync now: %s", error)
            continue
        except Exception:
            logger.exception("a resync failed; the next one tries again")
            continue
        for number, key in enumerate(keys):
            for queue in queues:
                queue.add_after(key, every * SPREAD * number / len(keys))
