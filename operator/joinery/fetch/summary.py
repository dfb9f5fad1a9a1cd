"""What a program has to say at its end: one JSON object, or for a failure a text for people, as termination message."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

TERMINATION_LOG = Path("/dev/termination-log")
MOST_BYTES = 4096  # of one message; a pod of many containers has 12,288 in all
# Kubernetes cuts at its limit: what is cut in the middle of JSON is lost, so the list of names stays well below.
_LISTED = 1500


@dataclass(slots=True, kw_only=True)
class Summary:
    """``connection`` is its name; ``files`` that are there now, ``bytes`` they hold, ``seconds`` it took; ``kept`` of
    the files were there from an attempt before; ``missing`` are sources that were not there, ``skipped`` how many."""

    connection: str = ""
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    kept: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        return len(self.missing)

    def text(self) -> str:
        """The JSON object; of ``missing`` as many as there is room for."""
        listed: list[str] = []
        room = _LISTED
        for path in self.missing:
            room -= len(json.dumps(path)) + 1
            if room < 0:
                break
            listed.append(path)
        return json.dumps(
            {
                "connection": self.connection,
                "files": self.files,
                "bytes": self.bytes,
                "seconds": round(self.seconds, 3),
                "skipped": self.skipped,
                "missing": listed,
                "kept": self.kept,
            },
            separators=(",", ":"),
        )


def leave(text: str, path: Path | None) -> None:
    """Write the termination message, in place: it is a mount. Without ``path``, where Kubernetes looks for it, if it
    is there at all."""
    place = path or (TERMINATION_LOG if TERMINATION_LOG.exists() else None)
    if place is None:
        return
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > MOST_BYTES:
        data = data[: MOST_BYTES - 4].decode("utf-8", "ignore").encode() + "…".encode()
    with contextlib.suppress(OSError):
        fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)
