"""How much the results of operations take up, and whether one more fits. Source: spec 4, *Large results*.

Fed by the watch of result ConfigMaps; a reservation counts until that watch shows what it became.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from joinery.problems import JoineryError, Problem

NAMESPACE_CAP = 256 * 1024 * 1024
CLUSTER_CAP = 1024 * 1024 * 1024


class NoRoom(JoineryError):
    """The results of the namespace, or of the cluster, have reached their cap."""


@dataclass(slots=True, kw_only=True)
class Room:
    """Bytes of result ConfigMaps by operation uid. Not thread-safe: one event loop."""

    namespace_cap: int = NAMESPACE_CAP
    cluster_cap: int = CLUSTER_CAP
    _parts: dict[str, tuple[str, str, int]] = field(default_factory=dict)  # part uid: namespace, operation, bytes
    _of: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # operation uid: its parts
    _reserved: dict[str, tuple[str, int]] = field(default_factory=dict)  # operation uid: namespace, bytes
    _by_namespace: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def seen(self, part: str, *, namespace: str, operation: str, size: int) -> None:
        """The watch shows a result ConfigMap (``part`` is its uid)."""
        self.gone(part)
        self._parts[part] = (namespace, operation, size)
        self._of[operation].add(part)
        self._by_namespace[namespace] += size
        self._release(operation)

    def gone(self, part: str) -> None:
        """The watch shows that a result ConfigMap went."""
        if found := self._parts.pop(part, None):
            namespace, operation, size = found
            self._by_namespace[namespace] -= size
            self._of[operation].discard(part)
            if not self._of[operation]:
                del self._of[operation]

    def holds(self, operation: str) -> bool:
        """Whether ConfigMaps of that operation have been seen."""
        return operation in self._of

    def reserve(self, namespace: str, operation: str, size: int) -> None:
        """Take ``size`` bytes for an operation that is about to write them. Raises :class:`NoRoom`."""
        self._release(operation)
        for used, cap, whose in (
            (self.used(namespace), self.namespace_cap, f"namespace {namespace}"),
            (self.used(), self.cluster_cap, "the cluster"),
        ):
            if used + size > cap:
                raise NoRoom(
                    Problem(
                        message=f"{size:,} bytes of results do not fit: {whose} holds {used:,} of {cap:,} bytes",
                        rule="store-full",
                        hint="delete operations that are no longer needed; their ConfigMaps go with them",
                    )
                )
        self._reserved[operation] = (namespace, size)

    def _release(self, operation: str) -> None:
        self._reserved.pop(operation, None)

    def used(self, namespace: str | None = None) -> int:
        """Bytes held or reserved in a namespace, or in all."""
        held = sum(self._by_namespace.values()) if namespace is None else self._by_namespace[namespace]
        return held + sum(size for where, size in self._reserved.values() if namespace in (None, where))
