"""The end of a server of the tests, with nothing left open."""

from __future__ import annotations

import asyncio
import asyncio.trsock
import socket


async def stop_accepting(listening: socket.socket | asyncio.trsock.TransportSocket) -> None:
    """No connection comes in from now on, and all that came are with their protocol.

    Closing the asyncio server alone loses those that were accepted in the loop's last turns: it made their sockets,
    has them in no list yet, and refuses to make the rest (before Python 3.12 by an assertion), so that nobody closes
    them.
    """
    asyncio.get_running_loop().remove_reader(listening.fileno())
    await let_loop_settle()


async def let_loop_settle() -> None:
    """Let everything go on that waits for the loop's next turns only; closing a connection takes several."""
    for _ in range(20):
        await asyncio.sleep(0)
