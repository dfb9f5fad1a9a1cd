"""Kubernetes Events (events.k8s.io/v1) about our objects: in the background, aggregated, never an error.

The same thing said again of the same object within ten minutes is one Event with a count, as client-go's recorder
has it, and its count is written at most once in ten seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol, TypeAlias

from joinery.kube.client import KubeClient
from joinery.kube.errors import AlreadyExists, ApiError, Forbidden, NotFound
from joinery.kube.paths import EVENTS

log = logging.getLogger(__name__)

NOTE_LIMIT = 1_024  # bytes, the API server's
SAME_WITHIN = 600.0  # seconds
WRITE_EVERY = 10.0  # seconds between two writes of one Event's count
REMEMBERED = 4_096  # Events whose counts are kept
QUEUED = 1_000  # Events that wait to be written; more are dropped, the oldest first

Identity: TypeAlias = tuple[str, str, str, str]  # uid, type, reason, note


class Transition(Protocol):
    """What is recorded: on which object, what happened. ``kind`` is ``Normal`` or ``Warning``."""

    @property
    def regarding(self) -> Mapping[str, Any]: ...

    @property
    def kind(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def message(self) -> str: ...


@dataclass(slots=True)
class Known:
    """An Event that was said before: under which name, how often, when last said and last written (loop time)."""

    namespace: str
    name: str
    first: datetime
    count: int = 1
    said: float = 0.0
    written: float = 0.0
    unwritten: bool = False


class EventRecorder:
    """Records Events. ``record`` never waits and never fails; ``run`` writes until cancelled; ``flush`` at the end."""

    def __init__(self, client: KubeClient, *, controller: str, instance: str, action: str = "Reconcile") -> None:
        """``controller`` as in ``joinery.dev/operator``; ``instance`` is this process, a pod's name."""
        self._client = client
        self._controller, self._instance, self._action = controller, instance, action
        self._known: OrderedDict[Identity, Known] = OrderedDict()
        self._new: OrderedDict[Identity, dict[str, Any]] = OrderedDict()
        self._wake = asyncio.Event()
        self.dropped = 0

    def record(self, transitions: Sequence[Transition]) -> None:
        """Take note of these, in order."""
        for transition in transitions:
            self._record(transition)
        self._wake.set()

    def _record(self, transition: Transition) -> None:
        meta = transition.regarding.get("metadata") or {}
        note = clip(transition.message)
        identity = (str(meta.get("uid")), transition.kind, transition.reason, note)
        now = asyncio.get_running_loop().time()
        known = self._known.get(identity)
        if known is not None and now - known.said < SAME_WITHIN:
            known.count += 1
            known.said = now
            known.unwritten = True
            self._known.move_to_end(identity)
            return
        moment = datetime.now(UTC)
        event = self._event(transition.regarding, transition, note=note, moment=moment)
        name = event["metadata"]["name"]
        self._known[identity] = Known(event["metadata"]["namespace"], name, first=moment, said=now, written=now)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self._new[identity] = event
        while len(self._new) > QUEUED:
            self._new.popitem(last=False)
            self.dropped += 1

    def _event(
        self, regarding: Mapping[str, Any], transition: Transition, *, note: str, moment: datetime
    ) -> dict[str, Any]:
        meta = regarding.get("metadata") or {}
        namespace, name = str(meta.get("namespace") or "default"), str(meta.get("name") or "")
        written = _micro_time(moment)
        told = f"{meta.get('uid')} {transition.kind} {transition.reason} {note} {written} {self._instance}"
        return {
            "metadata": {"name": f"{name[:200]}.{sha256(told.encode()).hexdigest()[:16]}", "namespace": namespace},
            "eventTime": written,
            "reportingController": self._controller,
            "reportingInstance": self._instance[:128],
            "action": self._action,
            "reason": transition.reason[:128],
            "type": transition.kind,
            "note": note,
            "regarding": {
                "apiVersion": str(regarding.get("apiVersion") or ""),
                "kind": str(regarding.get("kind") or ""),
                "namespace": namespace,
                "name": name,
                "uid": str(meta.get("uid") or ""),
                "resourceVersion": str(meta.get("resourceVersion") or ""),
            },
        }

    async def run(self) -> None:
        """Write what is recorded, until cancelled."""
        while True:
            await self.flush(every=WRITE_EVERY)
            self._wake.clear()
            waiting = [known.written + WRITE_EVERY for known in self._known.values() if known.unwritten]
            if self._new:
                continue
            try:
                async with asyncio.timeout_at(min(waiting, default=None)):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def flush(self, *, every: float = 0.0) -> None:
        """Write what has not been written; counts only where the last write is ``every`` seconds ago."""
        while self._new:
            _, event = self._new.popitem(last=False)
            await self._write(event)
        now = asyncio.get_running_loop().time()
        for known in [one for one in self._known.values() if one.unwritten and now >= one.written + every]:
            known.unwritten, known.written = False, now
            await self._write_count(known)

    async def _write(self, event: Mapping[str, Any]) -> None:
        try:
            await self._client.create(EVENTS, event)
        except AlreadyExists:
            return
        except ApiError as error:
            self._not_written(error)

    async def _write_count(self, known: Known) -> None:
        series = {"count": known.count, "lastObservedTime": _micro_time(datetime.now(UTC))}
        try:
            await self._client.merge_patch(EVENTS, known.namespace, known.name, {"series": series})
        except NotFound:
            return  # it has run out (an hour, by default): saying it again makes a new one
        except ApiError as error:
            self._not_written(error)

    def _not_written(self, error: ApiError) -> None:
        # A namespace that is being deleted takes no Events, and nobody will look for them there.
        level = (
            logging.DEBUG if isinstance(error, Forbidden) and "being terminated" in error.message else logging.WARNING
        )
        log.log(level, "an Event was not written: %s", error.message)


def clip(note: str) -> str:
    """A note within the API server's limit, which counts bytes; what is cut off is marked."""
    data = note.encode(errors="replace")
    if len(data) <= NOTE_LIMIT:
        return data.decode()
    return data[: NOTE_LIMIT - 3].decode(errors="ignore") + "…"


def _micro_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
