"""Copy a file and hash it, both at once: one thread reads and writes, a second one hashes the same buffers.

The checksum is most of the work (about twice the copy's own on a machine that has instructions for it), so nothing
else is done on its thread, and the bytes that are hashed are the very ones that are written.
"""

from __future__ import annotations

import hashlib
import os
import queue
from threading import Thread

BUFFER = 1024 * 1024
BUFFERS = 4
_SMALL = 2 * BUFFER


def copy(source: int, target: int, *, size: int) -> str:
    """Copy up to ``size`` bytes from one descriptor's start to the other's; their sha256. Constant memory."""
    if size <= _SMALL:
        return _copy_small(source, target, size)
    hasher = _Hasher()
    thread = Thread(target=hasher.run, name="sha256", daemon=True)
    thread.start()
    try:
        offset = 0
        while offset < size:
            buffer = hasher.free.get()
            count = os.preadv(source, [buffer[: min(BUFFER, size - offset)]], offset)
            if not count:
                break
            hasher.full.put(buffer[:count])
            _write(target, buffer[:count], offset)
            hasher.written.put(buffer)
            offset += count
    finally:
        hasher.full.put(None)
        hasher.written.put(None)  # where writing failed, it does not wait for the buffer
        thread.join()
    return hasher.sha256.hexdigest()


class _Hasher:
    """Hashes what is put into ``full``; a buffer is free again when it was both hashed and written."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.full: queue.SimpleQueue[memoryview | None] = queue.SimpleQueue()
        self.written: queue.SimpleQueue[memoryview | None] = queue.SimpleQueue()
        self.free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        for _ in range(BUFFERS):
            self.free.put(memoryview(bytearray(BUFFER)))

    def run(self) -> None:
        while (piece := self.full.get()) is not None:
            self.sha256.update(piece)
            # Both threads take buffers in one order, so this is the one that was just hashed.
            if (buffer := self.written.get()) is None:
                return
            self.free.put(buffer)


def _copy_small(source: int, target: int, size: int) -> str:
    found = hashlib.sha256()
    offset = 0
    while offset < size and (piece := os.pread(source, size - offset, offset)):
        found.update(piece)
        _write(target, memoryview(piece), offset)
        offset += len(piece)
    return found.hexdigest()


def _write(target: int, piece: memoryview, offset: int) -> None:
    while piece:
        count = os.pwrite(target, piece, offset)
        piece, offset = piece[count:], offset + count
