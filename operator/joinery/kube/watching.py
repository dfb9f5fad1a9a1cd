"""A watch, read: bytes to events, events to batches of changes. Pure.

A watch is a stream of JSON lines ``{"type": …, "object": …}`` in the order of the resource versions
(Kubernetes API concepts, *Efficient detection of changes*).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from joinery.kube.errors import ApiError, Gone, ServerError, error_from_status

Manifest: TypeAlias = dict[str, Any]

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
LINE_LIMIT = 64 << 20  # bytes; etcd refuses objects of more than a few MiB, so this is no API server


@dataclass(frozen=True, slots=True)
class Changed:
    """An object was there at the start, was added, or was changed (``deleted``: it is gone, and this was its last)."""

    object: Manifest
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Everything up to ``version`` has been sent. ``ends_load``: all objects that were there at the start, too."""

    version: str
    ends_load: bool = False


Event: TypeAlias = Changed | Bookmark


class Lines:
    """Cuts bytes into whole lines."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that ``chunk`` completes; raises ServerError for one without end."""
        head, newline, rest = chunk.partition(b"\n")
        self._parts.append(head)
        self._length += len(head)
        if self._length > LINE_LIMIT:
            raise ServerError(f"a watch sent more than {LINE_LIMIT} bytes without a line end: is this an API server?")
        if not newline:
            return []
        lines = [b"".join(self._parts), *rest.split(b"\n")]
        last = lines.pop()
        self._parts, self._length = [last], len(last)
        return [line for line in lines if line]


def read_event(line: bytes) -> Event:
    """One line of a watch. Raises ApiError for an ERROR event (Gone: the version is too old) and for no event."""
    try:
        event = orjson.loads(line)
        kind, subject = event["type"], event["object"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ServerError("a watch sent a line that is no event") from error
    if not isinstance(subject, dict):
        raise ServerError("a watch sent an event without an object")
    match kind:
        case "ADDED" | "MODIFIED":
            return Changed(subject)
        case "DELETED":
            return Changed(subject, deleted=True)
        case "BOOKMARK":
            meta = subject.get("metadata") or {}
            ends = (meta.get("annotations") or {}).get(INITIAL_EVENTS_END) == "true"
            return Bookmark(meta.get("resourceVersion") or "", ends_load=ends)
        case "ERROR":
            raise error_from_status(subject)
        case _:
            raise ServerError(f"a watch sent an event of the unknown type {str(kind)[:40]!r}")


@dataclass(slots=True)
class Batch:
    """Changes gathered, the last of each object only; ``version`` is that of the newest."""

    version: str = ""
    _last: dict[str, Changed] = field(default_factory=dict)

    def add(self, change: Changed) -> None:
        """Take one more change, which came after those that are here."""
        meta = metadata(change.object)
        self._last[str(meta.get("uid"))] = change
        self.version = str(meta.get("resourceVersion") or "")

    def __len__(self) -> int:
        return len(self._last)

    @property
    def upserts(self) -> list[Manifest]:
        return [change.object for change in self._last.values() if not change.deleted]

    @property
    def deletes(self) -> list[Manifest]:
        return [change.object for change in self._last.values() if change.deleted]


class Cursor:
    """How far a watch has been read, as a resource version; None before the first load and after a version expired."""

    def __init__(self) -> None:
        self.version: str | None = None

    def check(self, version: str) -> None:
        """Raises Gone when ``version`` is older than what was seen: the cluster was restored from a backup."""
        if self.version is not None and older(version, self.version):
            raise Gone(f"the API server went back from version {self.version} to {version}")


def older(one: str, other: str) -> bool:
    """Whether a version comes before another; they are whole numbers (KEP-5504). False where one is none."""
    return one.isdecimal() and other.isdecimal() and (len(one), one) < (len(other), other)


def watch_parameters(version: str | None, *, seconds: int) -> dict[str, str]:
    """The query of a watch from ``version`` on; None: send everything there is first, then say so, then go on."""
    common = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
    if version is None:
        start = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "resourceVersion": ""}
    else:
        start = {"resourceVersion": version}
    return common | start


def refuses_initial_events(error: ApiError) -> bool:
    """Whether the server does not know ``sendInitialEvents`` (it is a feature gate before 1.34)."""
    return error.code in {400, 422} and "sendInitialEvents" in error.message


def metadata(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    found = manifest.get("metadata")
    return found if isinstance(found, dict) else {}


def read_events(lines: list[bytes]) -> Iterator[Event]:
    """The events of some lines, one by one, so that those before an error are seen."""
    for line in lines:
        yield read_event(line)
