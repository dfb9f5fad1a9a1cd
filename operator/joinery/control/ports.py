"""What the control loop needs from the outside, as small protocols: the API server, the Run watch, Events.

`joinery.kube` implements them against a real API server; tests of the loop's wiring may implement them in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from joinery.joins import Resolution
from joinery.kube.paths import Resource

Manifest: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]  # namespace, name


class Api(Protocol):
    """Reads and writes of single objects.

    Writes raise the errors of :mod:`joinery.kube.errors`; ``get`` returns None where there is no such object.
    """

    async def get(self, kind: Resource, namespace: str, name: str) -> Manifest | None: ...

    async def create(
        self, kind: Resource, manifest: Mapping[str, Any], *, warnings: MutableSequence[str] | None = None
    ) -> Manifest:
        """What the API server warns of is added to ``warnings``."""

    async def replace_status(self, kind: Resource, manifest: Mapping[str, Any]) -> Manifest: ...

    async def merge_patch(self, kind: Resource, namespace: str, name: str, patch: Mapping[str, Any]) -> Manifest: ...

    async def json_patch(
        self, kind: Resource, namespace: str, name: str, operations: Sequence[Mapping[str, Any]]
    ) -> Manifest: ...

    async def delete(
        self, kind: Resource, namespace: str, name: str, *, uid: str | None = None, propagation: str = "Background"
    ) -> None: ...

    async def events(self, namespace: str, *, uid: str, reason: str) -> list[Manifest]:
        """The Events about the object of that uid, for that reason, oldest first."""

    async def list(self, kind: Resource, namespace: str, *, labels: Mapping[str, str]) -> list[Manifest]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One Event to record: on what, and what happened. ``kind`` is ``Normal`` or ``Warning``."""

    regarding: Mapping[str, Any]
    kind: str
    reason: str
    message: str


class Recorder(Protocol):
    """Records Events in the background: never in the way of the loop, never an error."""

    def record(self, transitions: Sequence[Transition]) -> None: ...


class Meter(Protocol):
    """Is told what happened, for metrics. Never raises, never waits."""

    def reconciled(self, controller: str, outcome: str, seconds: float) -> None:
        """A pass ended: ``success``, ``requeue_after``, ``conflict`` or ``error``."""

    def resolved(self, resolution: Resolution, seconds: float) -> None:
        """An operation's joins were resolved."""

    def kept(self, size: int) -> None:
        """So many bytes of results went into ConfigMaps."""
