"""What a resolution is asked for: the operation, who it is, and what it may refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from joinery.api.v1alpha1 import V1Component, V1Operation, V1Search
from joinery.joins.limits import DEFAULT_LIMITS, Limits
from joinery.runs.record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveRequest:
    """One resolution. Every search of it sees the runs of ``namespace`` and of no other.

    * ``uid``, ``created_at`` (microseconds since 1970, UTC): of the Operation object; offline ``uid`` is the
      UUIDv5 of namespace/name and ``created_at`` is ``now``, so that the same files give the same answer.
    * ``now``: the one instant of the whole resolution, in the same unit.
    * ``component``: the Component that ``componentRef`` names, None when there is none of that name.
    * ``searches``: the Search objects of the namespace by name, for ``ref`` of joins.
    * ``exclude_uids``: Run uids that are no candidates, the operation's own Run.
    * ``operation_runs``: for ``ref: ops.NAME``, the Run of each operation of the namespace that has one.
    * ``connections``: what templates see as ``connections.NAME`` (never secrets).
    * ``may_wait``: in a cluster, joins with ``minRuns`` wait until ``created_at`` plus ``waitFor``
      (WaitingForRuns); offline nothing is waited for (TooFewRuns at once).
    """

    operation: V1Operation
    namespace: str
    name: str
    now: int
    uid: str | None = None
    created_at: int | None = None
    user: str | None = None
    component: V1Component | None = None
    searches: Mapping[str, V1Search] = field(default_factory=dict)
    exclude_uids: frozenset[str] = frozenset()
    operation_runs: Mapping[str, RunRecord] = field(default_factory=dict)
    connections: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = DEFAULT_LIMITS
    may_wait: bool = False

    @property
    def uuid(self) -> str:
        """The operation's uuid as 32 hex digits."""
        return (self.uid or str(uuid5(NAMESPACE_URL, f"{self.namespace}/{self.name}"))).replace("-", "").lower()

    @property
    def created(self) -> int:
        """When the operation was created; ``now`` offline."""
        return self.now if self.created_at is None else self.created_at
