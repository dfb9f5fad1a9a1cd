"""Python's garbage collector, held back while thousands of records are made: none of them is garbage yet, and each
pass over them and over all else that the process holds takes as long as making them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_held() -> Iterator[None]:
    """No collection within the block, if there would be any; what is not a cycle is freed as ever.

    Threads may overlap: whoever found it running sets it going again, and nobody else does.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()
