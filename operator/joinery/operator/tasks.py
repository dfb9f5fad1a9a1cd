"""Two things one does with asyncio tasks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

logger = logging.getLogger(__name__)


async def first(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Until one of them ends."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel it, and wait until it is; an error of its own is logged and ends there."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
    except Exception:
        logger.exception("a task ended with an error")
