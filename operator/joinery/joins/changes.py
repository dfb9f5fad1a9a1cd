"""Which runs of a recorded resolution are no longer what they were. Source: spec 1, *Explain*."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from joinery.runs.search import RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRun:
    """A run of a recorded resolution that is not what it was: ``gone``, or ``changed`` since."""

    uuid: str
    name: str
    change: Literal["gone", "changed"]


def changed_runs(recorded: Iterable[Mapping[str, Any]], store: RunStore, *, namespace: str) -> tuple[ChangedRun, ...]:
    """Which runs of a recorded resolution have changed since, each once. ``recorded`` are entries of
    ``status.joins[].runs`` (uuid, name, resourceVersion)."""
    changed: dict[str, ChangedRun] = {}
    for entry in recorded:
        uuid, name = str(entry.get("uuid")), str(entry.get("name"))
        now = store.get(namespace, uuid=uuid)
        if now is None:
            changed[uuid] = ChangedRun(uuid=uuid, name=name, change="gone")
        elif now.resource_version != entry.get("resourceVersion"):
            changed[uuid] = ChangedRun(uuid=uuid, name=name, change="changed")
    return tuple(changed.values())
