"""The thread that writes: at most once a second, with back-off while the other side is away, never in the way.

Changes stay in the record until they have arrived, so that waiting costs no more room than what there is to say. What
is away for long, or at the end, is left with ``fallback``; what is refused goes there for good.
"""

from __future__ import annotations

import random
import threading
import time

from joinery.client.notes import Notes, short
from joinery.client.record import Address, Changes, Record
from joinery.client.sinks import Away, Refused, Sink

INTERVAL = 1.0  # seconds between two writes
LONGEST = 30.0  # seconds between two tries
_AWAY = 3  # tries in a row that failed: from then on a copy is left with the fallback
_CHANCE = random.SystemRandom()


class Writer:
    """Brings what a record holds to a sink. All methods may be called from any thread."""

    def __init__(self, record: Record, sink: Sink, fallback: Sink | None, notes: Notes, *, patience: float) -> None:
        self._record, self._sink, self._fallback, self._notes = record, sink, fallback, notes
        self._patience = patience  # seconds that the end waits for what is away
        self._refused: dict[Address, None] = {}
        self._failures = 0
        self._asked = 0.0  # seconds that the other side asked us to wait
        self._left = False
        self._begin()

    def _begin(self) -> None:
        self._wake, self._hurry = threading.Event(), threading.Event()
        self._arrived, self._change = 0, threading.Condition()
        self._writing = threading.Lock()
        self._deadline: float | None = None
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def where(self) -> str:
        """Where the run is recorded, for people."""
        return self._sink.where

    def notice(self) -> None:
        """There is something to write."""
        if not self._wake.is_set():
            self._wake.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._work, name="joinery-tracking", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending: `close` writes by itself
                return
            self._thread = thread

    def flush(self, timeout: float) -> bool:
        """Wait until all that was recorded before has arrived; False when it has not within ``timeout`` seconds."""
        wanted, until = self._record.made, time.monotonic() + timeout
        self.notice()
        if self._thread is None:
            return self._once()
        self._hurry.set()
        with self._change:
            return self._change.wait_for(lambda: self._arrived >= wanted, max(0.0, until - time.monotonic()))

    def close(self) -> bool:
        """Write what is left, waiting for as long as ``patience``; whether all has arrived. What has not is left."""
        self._deadline = time.monotonic() + self._patience
        thread = self._thread
        if thread is None or not thread.is_alive():
            self._work()
        else:
            self._hurry.set()
            self._wake.set()
            thread.join(self._patience + 1.0)
        stuck = thread is not None and thread.is_alive()
        complete = not self._record.waits and not self._failures and not self._refused
        return (complete and not stuck) or self._leave_all()

    def _work(self) -> None:
        while True:
            if not self._record.waits and self._deadline is None:
                self._wake.wait()
            self._wake.clear()
            self._hurry.clear()
            wrote = self._once()
            left = None if self._deadline is None else self._deadline - time.monotonic()
            if left is not None and ((wrote and not self._record.waits) or left <= 0):
                self._sink.close()
                return
            self._hurry.wait(self._pause() if left is None else min(left, self._pause()))

    def _pause(self) -> float:
        if not self._failures:
            return INTERVAL
        doubled = min(LONGEST, INTERVAL * 2.0 ** min(self._failures - 1, 10))
        return max(self._asked, doubled) * (1 + _CHANCE.random() / 2)

    def _once(self) -> bool:
        """One try to write all that waits."""
        with self._writing:
            changes, number = self._record.take()
            try:
                refused = self._write(changes) if changes else {}
            except Exception as error:  # logging must never end a training: whatever it is, it is tried again
                self._record.give_back(changes)
                self._failed(error)
                return False
            for address, reason in refused.items():
                self._refused[address] = None
                named = f"{address[0]} {short(address[1])}"
                self._notes.warn(f"refused {address}", "%s was not recorded: %s", named, reason)
            self._succeeded()
        with self._change:
            self._arrived = number
            self._change.notify_all()
        return True

    def _write(self, changes: Changes) -> dict[Address, str]:
        try:
            return self._sink.write(changes)
        except Refused as refusal:
            if self._fallback is None:
                raise
            self._notes.warn("refused", "%s; recorded in %s instead", short(refusal), self._fallback.where)
            self._sink.close()
            self._sink, self._fallback, self._left = self._fallback, None, False
            return self._sink.write(self._record.everything())

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._asked = error.wait if isinstance(error, Away) else 0.0
        said = short(error) if isinstance(error, (Away, Refused)) else f"{type(error).__name__}: {short(error)}"
        if not (isinstance(error, Away) and error.overtaken) or self._failures >= _AWAY:
            self._notes.warn("away", "%s; the run is kept in memory, and tried again", said)
        if self._failures >= _AWAY:
            self.leave()

    def _succeeded(self) -> None:
        if self._failures:
            self._notes.forget("away")
        self._failures, self._asked = 0, 0.0
        if self._left and self._fallback is not None and not self._refused:
            self._fallback.withdraw()
            self._left = False

    def leave(self) -> bool:
        """Leave everything with the fallback, in case we are killed before the other side is back."""
        if self._fallback is None:
            return False
        try:
            self._fallback.write(self._record.everything())
        except Exception as error:  # as above
            self._notes.warn("no fallback", "%s: %s", self._fallback.where, short(error))
            return False
        self._left = True
        return True

    def _leave_all(self) -> bool:
        if self.leave() and self._fallback is not None:
            self._notes.warn("left", "not all has arrived at %s: %s holds it", self._sink.where, self._fallback.where)
        elif not self._record.waits and not self._failures:
            return True  # all was written but what was refused, and that was said
        else:
            self._notes.warn("lost", "what was recorded last could not be written to %s", self._sink.where)
        return False

    def after_fork(self) -> None:
        """In a child process there is no thread yet, and locks may be held for ever: begin anew."""
        self._begin()
        self._failures, self._left = 0, False
        self._sink.after_fork()
        if self._fallback is not None:
            self._fallback.after_fork()
