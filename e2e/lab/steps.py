"""Work done side by side: each step by name, said when it is done, the first failure raised."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from lab.commands import end_all, tell

Result = TypeVar("Result")


class Steps:
    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def begin(self, name: str, work: Callable[[], Result]) -> Future[Result]:
        """Start it beside the others. Its result, or what it raised, is the future's."""

        def timed() -> Result:
            started = time.monotonic()
            result = work()
            if (took := time.monotonic() - started) > 1:
                tell(f"{name}: {took:.0f} s")
            return result

        return self._pool.submit(timed)


@contextmanager
def side_by_side() -> Iterator[Steps]:
    """When the block is left by an error, what the steps have running is ended, and what has not begun is dropped."""
    pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="step")
    try:
        yield Steps(pool)
    except BaseException:
        end_all()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()
