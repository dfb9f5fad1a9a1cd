"""What the watches have just shown, so that a pass need not ask for it again, and what this process wrote itself, so
that nobody is woken by it.

A copy may be older than what the API server has, as in every controller with a cache. That is safe since whatever is
written carries the version that was read: a pass over an old copy ends in a conflict, and the next one asks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from joinery.control.ports import Key
from joinery.kube.watching import older

SHOWN_KEPT = 1_000  # operations; of more that wait for a worker the rest is read when its turn comes
WRITTEN_KEPT = 8_192  # objects


@dataclass(frozen=True, slots=True)
class Sightings:
    """For one event loop; not thread-safe. ``wake(key)`` queues an operation."""

    wake: Callable[[Key], None]
    _shown: dict[Key, Mapping[str, Any]] = field(default_factory=dict)
    _writing: dict[Key, Mapping[str, Any] | None] = field(default_factory=dict)
    _written: OrderedDict[str, str] = field(default_factory=OrderedDict)  # uid: resourceVersion
    _distrusted: set[Key] = field(default_factory=set)

    def show(self, key: Key, manifest: Mapping[str, Any]) -> None:
        """The watch shows this operation. It is woken, unless that is but what a pass wrote."""
        if key in self._writing:
            self._writing[key] = manifest  # it may come back before the answer to the write
        elif not self.is_own(manifest):
            self._pass_on(key, manifest)

    def _pass_on(self, key: Key, manifest: Mapping[str, Any]) -> None:
        self._shown.pop(key, None)
        if len(self._shown) < SHOWN_KEPT:
            self._shown[key] = manifest
        self.wake(key)

    def gone(self, key: Key) -> None:
        """The watch shows that it was deleted."""
        self._shown.pop(key, None)
        self.wake(key)

    def take(self, key: Key) -> Mapping[str, Any] | None:
        """The operation as last shown, once; None where it must be asked for."""
        found = self._shown.pop(key, None)
        if key in self._distrusted:
            self._distrusted.discard(key)
            return None
        if found is not None:
            uid, version = _identity(found)
            if older(version, self._written.get(uid, "")):
                return None
        return found

    def distrust(self, key: Key) -> None:
        """A copy turned out to be old: the next pass asks."""
        self._distrusted.add(key)

    @contextmanager
    def writing(self, key: Key) -> Iterator[None]:
        """While this operation is written: what the watch shows meanwhile waits until it is known whose it is."""
        self._writing[key] = None
        try:
            yield
        finally:
            shown = self._writing.pop(key)
            if shown is not None and not self.is_own(shown):
                self._pass_on(key, shown)

    def wrote(self, manifest: Mapping[str, Any]) -> None:
        """This process wrote the object, and the API server answered with this."""
        uid, version = _identity(manifest)
        self._written[uid] = version
        self._written.move_to_end(uid)
        while len(self._written) > WRITTEN_KEPT:
            self._written.popitem(last=False)

    def is_own(self, manifest: Mapping[str, Any]) -> bool:
        """Whether that is but what this process wrote last."""
        uid, version = _identity(manifest)
        return bool(version) and self._written.get(uid) == version


def _identity(manifest: Mapping[str, Any]) -> tuple[str, str]:
    metadata = manifest["metadata"]
    return str(metadata.get("uid") or ""), str(metadata.get("resourceVersion") or "")
