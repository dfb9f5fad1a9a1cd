"""The termination message as the way home: what fits of a run, in the file ``$JOINERY_OUTPUTS``.

For pods that may not write their Run. The file is a mount: it is written in place, in one call, never renamed onto;
it is padded with blanks to its former size, so that a kill in the middle leaves a whole document. What does not fit is
counted in the document as the output ``joinery_left_out``, and stands whole in a file beside the run's own outputs.
Source: spec 4, *The Run of an operation*.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joinery.client.notes import Notes, short
from joinery.client.record import ARTIFACTS, METRICS, OUTPUTS, Address, Changes, Record
from joinery.client.sinks import Away, Sink

LIMIT = 4_095  # bytes; fewer in a pod of more than three containers, where $JOINERY_OUTPUTS_LIMIT says so
LEFT_OUT = "joinery_left_out"
_SHORT = 256  # bytes: a longer output comes after the metrics and artifacts
_FRAME = '{"outputs":{},"metrics":{},"artifacts":[]}'


class MessageSink:
    """Writes the document, and what does not fit to ``rest``. A document that somebody else wrote is left alone."""

    def __init__(self, record: Record, path: Path, *, rest: Sink, notes: Notes, limit: int = LIMIT) -> None:
        self._record, self._path, self._rest, self._notes = record, path, rest, notes
        self._limit = min(limit, LIMIT)
        self._written: bytes | None = None

    @property
    def where(self) -> str:
        return str(self._path)

    def write(self, changes: Changes) -> dict[Address, str]:
        del changes  # the document is always the whole one
        everything = self._record.everything()
        document = document_of(everything, limit=self._limit)
        if not self._is_ours():
            self._rest.write(everything)
            said = "%s was written by something else and is left as it is; what was logged is in %s"
            self._notes.warn("foreign", said, self._path, self._rest.where)
            return {}
        self._put(document.content)
        if document.left or document.is_cut:
            self._rest.write(everything)
            self._say(document)
        return {}

    def _say(self, document: Document) -> None:
        count = len(document.left)
        what = "least and greatest values and steps"
        if count:
            named = ", ".join(f"{section} {short(key)}" for section, key in document.left[:5])
            what = f"{count} {'value' if count == 1 else 'values'} ({named}{', …' if count > 5 else ''})"
        self._notes.warn(
            f"left out {count.bit_length()}",  # again when there are many more
            "what was logged does not all go into the termination message of %d bytes: %s; all is in %s",
            *(self._limit, what, self._rest.where),
        )

    def _is_ours(self) -> bool:
        try:
            there = self._path.read_bytes()
        except FileNotFoundError:
            return True
        except OSError as error:
            raise Away(f"{self._path}: {error.strerror or error}") from error
        return not there.strip() or there == self._written

    def _put(self, document: bytes) -> None:
        padded = document.ljust(len(self._written or b""))
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o666)
            try:
                os.write(handle, padded)
            finally:
                os.close(handle)
        except OSError as error:
            raise Away(f"{self._path}: {error.strerror or error}") from error
        self._written = padded

    def withdraw(self) -> None:
        with contextlib.suppress(OSError, Away):
            if self._written is not None and self._is_ours():
                os.truncate(self._path, 0)  # empty, so that the log's last lines stand there for a failure
        self._written = None
        self._rest.withdraw()

    def close(self) -> None:
        """Nothing is held open between writes."""

    def after_fork(self) -> None:
        self._written = None  # the document is the parent's


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """``left``: what is not in it. ``is_cut``: metrics have their last values alone."""

    content: bytes
    left: tuple[Address, ...]
    is_cut: bool


def document_of(everything: Changes, *, limit: int) -> Document:
    """The document in at most ``limit`` bytes. Most important first: short outputs, metrics (where not all fits, their
    last values alone), artifacts, long outputs."""
    sayable = {address: value for address, value in everything.items() if address[0] in (OUTPUTS, METRICS, ARTIFACTS)}
    whole = _encoded(sayable)
    if len(whole) <= limit:
        # What a message cannot say at all is not lost where we write it, but it must be found elsewhere.
        return Document(content=whole, left=_left(everything, sayable), is_cut=False)
    room = limit - len(_FRAME) - len(f'"{LEFT_OUT}":{len(everything)},')
    kept: Changes = {}
    for address, value in sorted(sayable.items(), key=_rank):
        value = value["last"] if address[0] == METRICS else value
        cost = len(_dumped(value)) + 1 + (0 if address[0] == ARTIFACTS else len(_dumped(address[1])) + 1)
        if cost <= room:
            kept[address] = value
            room -= cost
    left = _left(everything, kept)
    mark: Changes = {(OUTPUTS, LEFT_OUT): len(left)} if left else {}
    return Document(content=_encoded(kept | mark), left=left, is_cut=True)


def _left(everything: Changes, kept: Changes) -> tuple[Address, ...]:
    return tuple(address for address in everything if address not in kept)


def _rank(item: tuple[Address, Any]) -> int:
    (section, _), value = item
    if section == OUTPUTS:
        return 0 if len(_dumped(value)) <= _SHORT else 3
    return 1 if section == METRICS else 2


def _encoded(changes: Changes) -> bytes:
    document: dict[str, Any] = {
        section: {key: value for (found, key), value in changes.items() if found == section}
        for section in (OUTPUTS, METRICS)
    }
    document[ARTIFACTS] = [value for (section, _), value in changes.items() if section == ARTIFACTS]
    return _dumped({key: value for key, value in document.items() if value})


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
