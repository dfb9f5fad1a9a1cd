"""``joinery collect``: what the main container left, into an object store. Source: spec 4, *What a run leaves behind*.

The order makes ``manifest.json`` mean that all is there: it is removed first, then files go up, then those of an
earlier attempt that are not there now are removed, and it is written last. It lies beside the folder of outputs,
so that it is never in the way of a file of that name.
"""

from __future__ import annotations

import asyncio
import json
import os
import posixpath
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from joinery.fetch.errors import FAILED, FetchError, Missing, SourceChanged, UnsafePath
from joinery.fetch.manifest import Manifest
from joinery.fetch.paths import path_fault, shown, split
from joinery.fetch.progress import Progress, Say, say
from joinery.fetch.retry import reason, retrying
from joinery.fetch.stores.base import COLLECTED, OUTPUTS, Entry, WritableStore, below
from joinery.fetch.stores.volume import VolumeStore
from joinery.fetch.summary import Summary
from joinery.fetch.together import beside, each
from joinery.problems import Problem

T = TypeVar("T")
PARALLEL = 16
ATTEMPTS = 10  # about two minutes: an attempt's outputs are lost with its pod
_LISTED = 12


class NotCollected(FetchError):
    """Files that did not arrive in the store, each with the reason."""

    code = FAILED


class Collector:
    """Uploads the files below ``source`` to the manifest's destination."""

    def __init__(self, manifest: Manifest, source: Path, store: WritableStore, *, tell: Say = say) -> None:
        split(manifest.destination)
        self.target = manifest.destination.strip("/")
        self.record = below(posixpath.dirname(self.target), COLLECTED)
        self.connection, self.store, self.tell = manifest.connection.name, store, tell
        self.files = VolumeStore(source)
        self.progress = Progress(f"collect {self.connection}", tell=tell)
        self.sent: dict[str, tuple[int, str]] = {}
        self.lost: dict[str, str] = {}

    async def run(self, *, timeout: float) -> Summary:
        """All of it within ``timeout`` seconds. Raises NotCollected, which names what did not arrive."""
        margin = min(10.0, timeout * 0.1)  # to say so before Kubernetes ends us
        try:
            async with asyncio.timeout(timeout - margin), beside(self.progress.report()):
                await self._collect()
        except TimeoutError:
            hint = "`component.run.collect.timeout` gives it longer"
            message = f"it took longer than {timeout:g} s: {self.progress.line()}"
            raise NotCollected([*self._lost(), Problem(message=message, rule="collect-timeout", hint=hint)]) from None
        finally:
            await self.files.close()
        if self.lost:
            raise NotCollected(self._lost())
        return Summary(
            connection=self.connection, files=len(self.sent), bytes=self.progress.bytes, seconds=self.progress.seconds
        )

    async def _collect(self) -> None:
        await self._try(lambda: self.store.remove(self.record), what="removing the manifest of an earlier attempt")
        await each(self._found(), self._send, parallel=PARALLEL)
        await each(self._left_over(), self._remove, parallel=PARALLEL)
        if not self.lost:
            await self._write_manifest()

    async def _found(self) -> AsyncIterator[Entry]:
        async for entry in self.files.walk("", faults=self._fault):
            self.progress.expected += 1
            yield entry

    def _fault(self, path: str, error: Exception) -> None:
        match error:
            case Missing():
                why = "is a link to nothing"
            case UnsafePath():
                why = error.problems[0].message.partition("` ")[2]  # the path is said already
            case FetchError():
                why = error.problems[0].message
            case PermissionError():
                why = f"cannot be read by user {os.getuid()} (permission denied)"
            case _:
                why = f"cannot be read: {reason(error)}"
        self.lost[path] = why

    async def _send(self, entry: Entry) -> None:
        if fault := path_fault(entry.path):
            self.lost[entry.path] = f"its name {fault}"
            return
        try:
            fd = self.files.open(entry.path)
        except (FetchError, Missing, OSError) as error:
            self._fault(entry.path, error)
            return
        try:
            size, digest = await self._try(lambda: self._upload(fd, entry.path), what="the upload")
        except FetchError as error:
            self._fault(entry.path, error)
            return
        finally:
            os.close(fd)
        self.sent[entry.path] = (size, digest)
        self.progress.add(size)

    async def _upload(self, fd: int, path: str) -> tuple[int, str]:
        before = os.fstat(fd)
        digest = await self.store.upload(fd, before.st_size, below(self.target, path))
        after = os.fstat(fd)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise SourceChanged("it was written to while it was uploaded")
        return before.st_size, digest

    async def _left_over(self) -> AsyncIterator[str]:
        """What an earlier attempt uploaded and this one does not have."""
        async for entry in self.store.walk(self.target):
            if entry.path[len(self.target) + 1 :] not in self.sent:
                yield entry.path

    async def _remove(self, path: str) -> None:
        await self._try(lambda: self.store.remove(path), what=f"removing `{shown(path)}` of an earlier attempt")

    async def _write_manifest(self) -> None:
        files = [
            {"path": below(OUTPUTS if not self.target else posixpath.basename(self.target), path), "bytes": size,
             "sha256": digest, "run": posixpath.dirname(self.target) or None}
            for path, (size, digest) in sorted(self.sent.items())
        ]  # fmt: skip
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps({"version": 1, "connection": self.connection, "files": files}, indent=1).encode())
            file.flush()
            size, fd = file.tell(), file.fileno()
            await self._try(lambda: self.store.upload(fd, size, self.record), what=f"`{COLLECTED}`")

    def _lost(self) -> list[Problem]:
        named = [f"  `{shown(path)}` {why}" for path, why in sorted(self.lost.items())[:_LISTED]]
        if not named:
            return []
        more = [f"  and {len(self.lost) - _LISTED:,} more"] if len(self.lost) > _LISTED else []
        many = "1 file" if len(self.lost) == 1 else f"{len(self.lost):,} files"
        return [Problem(message="\n".join([f"{many} did not arrive:", *named, *more]), rule="not-collected")]

    async def _try(self, call: Callable[[], Awaitable[T]], *, what: str) -> T:
        return await retrying(call, what=what, attempts=ATTEMPTS, tell=self.tell)
