"""One event loop for tests that need none, closed at the end.

Before Python 3.12, looptime's look at "the current event loop" makes one for every run that starts with a plain
test; nobody closes it, and warnings are errors here.
"""

from __future__ import annotations

import asyncio

import pytest

LOOP = pytest.StashKey[asyncio.AbstractEventLoop]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LOOP] = asyncio.new_event_loop()
    asyncio.set_event_loop(config.stash[LOOP])


def pytest_unconfigure(config: pytest.Config) -> None:
    asyncio.set_event_loop(None)
    config.stash[LOOP].close()
