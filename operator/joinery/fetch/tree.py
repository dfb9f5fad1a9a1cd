"""A folder that is written to and never left: every name is opened from its parent's descriptor, no link followed.

Source: spec 4, *Never outside its destination*; files 0644, folders 0755, each file written beside and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from joinery.fetch.errors import UnsafePath, failed
from joinery.fetch.paths import MOST_NAME, shown
from joinery.problems import Problem

FILE_MODE = 0o644
DIR_MODE = 0o755
CHUNK = 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Part:
    """A file being written, beside its place. ``commit`` puts it there; ``discard`` removes it."""

    fd: int
    parent: int
    name: str
    part_name: str

    def commit(self) -> None:
        with explained((self.name,)):
            os.fchmod(self.fd, FILE_MODE)
            os.rename(self.part_name, self.name, src_dir_fd=self.parent, dst_dir_fd=self.parent)
        self._close()

    def discard(self) -> None:
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                os.unlink(self.part_name, dir_fd=self.parent)
            self._close()

    def rewind(self) -> None:
        """Start again from nothing."""
        os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)

    def _close(self) -> None:
        os.close(self.fd)
        os.close(self.parent)
        self.fd = self.parent = -1


class Tree:
    """The destination folder. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=DIR_MODE, parents=True, exist_ok=True)
        self.root = root
        self.fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self.fd)

    def create(self, names: tuple[str, ...]) -> Part:
        """A new file at ``names`` below the root, with the folders to it."""
        with explained(names):
            parent = self._walk(names[:-1], make=True)
            part = part_name(names[-1])
            try:
                # What a killed attempt left is started anew; a link of that name is removed, not followed.
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(part, dir_fd=parent)
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                fd = os.open(part, flags, FILE_MODE, dir_fd=parent)
            except BaseException:
                os.close(parent)
                raise
            return Part(fd=fd, parent=parent, name=names[-1], part_name=part)

    def make_folder(self, names: tuple[str, ...]) -> None:
        """An empty folder at ``names``, as an empty one in the store."""
        with explained(names):
            os.close(self._walk(names, make=True))

    def digest(self, names: tuple[str, ...], *, size: int) -> str | None:
        """The sha256 of the file that is there; None if there is none of that size."""
        try:
            parent = self._walk(names[:-1], make=False)
        except OSError:
            return None
        try:
            fd = os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=parent)
        except OSError:
            return None
        finally:
            os.close(parent)
        with os.fdopen(fd, "rb", buffering=0) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_size != size:
                return None
            return sha256_of(file.fileno())

    def _walk(self, names: tuple[str, ...], *, make: bool) -> int:
        """A descriptor of the folder ``names``; the caller closes it."""
        fd = os.dup(self.fd)
        try:
            for name in names:
                below = self._enter(fd, name, make=make)
                os.close(fd)
                fd = below
        except BaseException:
            os.close(fd)
            raise
        return fd

    @staticmethod
    def _enter(fd: int, name: str, *, make: bool) -> int:
        with contextlib.suppress(FileNotFoundError):
            return os.open(name, _FOLDER, dir_fd=fd)
        if not make:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        made = False
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, DIR_MODE, dir_fd=fd)
            made = True
        below = os.open(name, _FOLDER, dir_fd=fd)
        if made:
            os.fchmod(below, DIR_MODE)  # whatever the umask is
        return below


def part_name(name: str) -> str:
    """The name beside: ``.NAME.joinery.part``, and a short one where that would be longer than a name may be."""
    beside = f".{name}.joinery.part"
    if len(beside.encode()) <= MOST_NAME:
        return beside
    return f".{hashlib.sha256(name.encode()).hexdigest()}.part"


def sha256_of(fd: int) -> str:
    """The sha256 of an open file, from its start; in constant memory."""
    found = hashlib.sha256()
    buffer = memoryview(bytearray(CHUNK))
    offset = 0
    while count := os.preadv(fd, [buffer], offset):
        found.update(buffer[:count])
        offset += count
    return found.hexdigest()


@contextlib.contextmanager
def explained(names: tuple[str, ...]) -> Iterator[None]:
    """Faults of the destination's file system as errors for people."""
    place = shown("/".join(names))
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.ELOOP | errno.ENOTDIR | errno.EISDIR | errno.ENOTEMPTY:
                raise UnsafePath(
                    Problem(
                        message=f"`{place}` cannot be written: there is a link, or a file where a folder must be",
                        rule="unsafe-path",
                        hint="nothing is written through a link; two sources may not be a file and its folder",
                    )
                ) from None
            case errno.ENOSPC | errno.EDQUOT:
                hint = "the folder of artifacts has a size limit, or the node's disk is full"
                raise failed(f"there is no room left for `{place}`", rule="no-space", hint=hint) from None
            case _:
                raise failed(f"`{place}` cannot be written: {error.strerror}", rule="destination") from None
