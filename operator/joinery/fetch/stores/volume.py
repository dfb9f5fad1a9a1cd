"""A mounted volume or a path of the node: plain files, copied by the kernel and hashed beside it.

Links are followed only as far as they stay below the root. Each file is opened from the root's descriptor, name by
name and without following, after its real place was found: nobody can swap a link in between.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from joinery.fetch.errors import BadConnection, FetchError, Missing, SourceChanged, UnsafePath
from joinery.fetch.paths import shown, split
from joinery.fetch.stores.base import Arrived, Entry, below
from joinery.fetch.stores.copying import copy
from joinery.problems import Problem

T = TypeVar("T")
THREADS = 8
_BATCH = 256
Faults = Callable[[str, Exception], None]


class VolumeStore:
    """Files below ``root``."""

    def __init__(self, root: Path) -> None:
        try:
            self.root = root.resolve(strict=True)
            self.fd = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise BadConnection(
                Problem(message=f"the volume's folder `{root}` cannot be read: {error.strerror}", rule="volume")
            ) from None
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="volume")

    async def close(self) -> None:
        self.pool.shutdown()
        os.close(self.fd)

    async def stat(self, path: str) -> Entry:
        return await self._run(self._stat, path)

    async def walk(self, path: str, faults: Faults | None = None) -> AsyncIterator[Entry]:
        """``faults`` is told of each path that cannot be read; without it, the first one is raised."""
        found = self._walk(path, faults or _raise)
        while batch := await self._run(_next, found):
            for entry in batch:
                yield entry

    async def has_folder(self, path: str, /) -> bool:
        return await self._run(lambda: (self.root / self._real(path)).is_dir())

    def open(self, path: str) -> int:
        """A descriptor of the file at ``path``. Raises Missing, UnsafePath, OSError."""
        return self._open(path)

    async def download(self, path: str, fd: int) -> Arrived:
        return await self._run(self._copy, path, fd)

    async def _run(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, call, *arguments)

    def _stat(self, path: str) -> Entry:
        fd = self._open(path)
        try:
            return _entry(path, os.fstat(fd))
        finally:
            os.close(fd)

    def _copy(self, path: str, fd: int) -> Arrived:
        source = self._open(path)
        try:
            before = os.fstat(source)
            digest = copy(source, fd, size=before.st_size)
            after = os.fstat(source)
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise SourceChanged("the file was written to while it was copied")
            if os.fstat(fd).st_size != before.st_size:
                raise SourceChanged("the file became shorter while it was copied")
            return Arrived(size=before.st_size, sha256=digest, version=_version(before))
        finally:
            os.close(source)

    def _walk(self, path: str, faults: Faults, inside: tuple[str, ...] = ()) -> Iterator[Entry]:
        """``inside`` are the real folders that lead here: a link to one of them would go round for ever. An empty
        path is the root."""
        try:
            real = self._real(path)
            if real in inside or not (self.root / real).is_dir():
                return
            with os.scandir(self.root / real) as listed:
                names = sorted(one.name for one in listed)
        except Missing:
            return
        except (FetchError, OSError) as error:
            faults(path, error)
            return
        for name in names:
            entry = below(path, name)
            try:
                mode = (self.root / real / name).lstat().st_mode
                if stat.S_ISLNK(mode):
                    mode = (self.root / self._real(entry)).lstat().st_mode  # refused where it leads out
                found = self._stat(entry) if stat.S_ISREG(mode) else None
            except (Missing, FetchError, OSError) as error:
                faults(entry, error)
                continue
            if found is not None:
                yield found
            elif stat.S_ISDIR(mode):
                yield from self._walk(entry, faults, (*inside, real))

    def _real(self, path: str) -> str:
        """Where the path really is, relative to the root. Raises Missing, UnsafePath."""
        if path:
            split(path)
        try:
            place = (self.root / path).resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            self._real_parent(path)
            raise Missing(path) from None
        except RuntimeError:  # links that go round
            raise _leads_out(path, "is a link to itself") from None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _leads_out(path, "is a link to itself") from None
            raise
        if not place.is_relative_to(self.root):
            raise _leads_out(path, "is a link that leads out, which is not followed")
        return str(place.relative_to(self.root))

    def _real_parent(self, path: str) -> None:
        """What does not exist may still lead out: a dangling link to a place outside is refused as such."""
        place = (self.root / path).resolve(strict=False)
        if not place.is_relative_to(self.root):
            raise _leads_out(path, "is a link that leads out, which is not followed")

    def _open(self, path: str) -> int:
        real = self._real(path)
        fd = os.dup(self.fd)
        try:
            names = split(real) if real != "." else ()
            for index, name in enumerate(names):
                last = index == len(names) - 1
                flags = os.O_NONBLOCK if last else os.O_DIRECTORY
                deeper = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=fd)
                os.close(fd)
                fd = deeper
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Missing(path)
        except FileNotFoundError:
            os.close(fd)
            raise Missing(path) from None
        except BaseException:
            os.close(fd)
            raise
        return fd


def _entry(path: str, found: os.stat_result) -> Entry:
    return Entry(path=path, size=found.st_size, version=_version(found))


def _version(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"


def _leads_out(path: str, how: str) -> UnsafePath:
    return UnsafePath(Problem(message=f"`{shown(path)}` {how}", rule="unsafe-path"))


def _raise(_path: str, error: Exception) -> None:
    raise error


def _next(entries: Iterator[Entry]) -> list[Entry]:
    return list(itertools.islice(entries, _BATCH))  # not zip: it would take one more and drop it
