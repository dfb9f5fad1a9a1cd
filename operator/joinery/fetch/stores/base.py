"""What a store must do: name what is there, bring one file into an open one, and, for collecting, take one."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from joinery.fetch.errors import Missing, SourceChanged

OUTPUTS = "outputs"  # the folder that a run's files are collected into, below its own
COLLECTED = "manifest.json"  # beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of a store. ``path`` is relative to the store's root; ``version`` changes whenever the content does
    (an ETag, a modification time); ``md5`` is of the content, in hex, where the store says it."""

    path: str
    size: int | None = None
    version: str | None = None
    md5: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What was written: bytes, their sha256 in hex, and which version of the source it was."""

    size: int
    sha256: str
    version: str | None = None


class Store(Protocol):
    """A store. Every method may raise ``Missing`` and ``Transient``."""

    async def close(self) -> None: ...

    async def stat(self, path: str) -> Entry:
        """The file at ``path``; raises Missing, also where there is a folder."""

    def walk(self, path: str) -> AsyncIterator[Entry]:
        """All files below a folder, at any depth, as they are found. Nothing where there is no folder."""

    async def has_folder(self, path: str, /) -> bool:
        """Whether a folder is there although :meth:`walk` finds nothing in it. Object stores know no empty ones."""

    async def download(self, path: str, fd: int) -> Arrived:
        """Write the file's content to ``fd``, which is empty. What the store says of size and checksum is tested."""


class WritableStore(Store, Protocol):
    """A store that outputs can be collected into."""

    async def upload(self, fd: int, size: int, path: str) -> str:
        """Write the ``size`` bytes of ``fd`` to ``path``, over what is there; their sha256 in hex."""

    async def remove(self, path: str) -> None:
        """Remove one file; fine where there is none."""


async def was_collected(store: Store, path: str) -> bool:
    """Whether ``path`` is the folder of outputs of a run that left none: object stores know no empty folders, but the
    collector's ``manifest.json`` beside it means that all is there."""
    run, name = posixpath.split(path.rstrip("/"))
    if name != OUTPUTS:
        return False
    try:
        await store.stat(below(run, COLLECTED))
    except Missing:
        return False
    return True


@dataclass(slots=True)
class Sink:
    """Writes chunks to a descriptor and counts what it writes."""

    fd: int
    md5: Any = None
    size: int = 0
    sha256: Any = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        self.sha256.update(chunk)
        if self.md5 is not None:
            self.md5.update(chunk)
        self.size += len(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(self.fd, view) :]

    def arrived(self, *, size: int | None, md5: str | None, version: str | None) -> Arrived:
        """Test it against what the store said, as far as it did; raises SourceChanged."""
        if size is not None and size != self.size:
            raise SourceChanged(f"{self.size:,} bytes arrived; the store says {size:,}")
        if md5 is not None and self.md5 is not None and self.md5.hexdigest() != md5:
            raise SourceChanged("the checksum of what arrived is not the one that the store says")
        return Arrived(size=self.size, sha256=self.sha256.hexdigest(), version=version)


def new_md5() -> Any:
    """An md5, which stores use against damage, not against people."""
    return hashlib.md5(usedforsecurity=False)


def below(prefix: str, path: str) -> str:
    """``prefix/path``, where either may be empty."""
    return f"{prefix}/{path}" if prefix and path else prefix or path
