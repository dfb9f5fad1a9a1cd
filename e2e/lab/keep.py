"""What is slow to make is made once for the same inputs, and kept beside the programs that `cluster` builds."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.commands import tell


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "joinery" / "e2e"


def digest(*inputs: str | Path | Iterable[str]) -> str:
    """Twelve hexadecimal digits over texts, lists of texts, and the contents of files and folders."""
    total = hashlib.sha256()
    for one in inputs:
        match one:
            case str():
                total.update(b"text\0" + one.encode() + b"\0")
            case Path():
                for file in sorted(file for file in _files(one) if "__pycache__" not in file.parts):
                    name = str(file.relative_to(one)) if one.is_dir() else one.name
                    total.update(b"file\0" + name.encode() + b"\0" + file.read_bytes() + b"\0")
            case _:
                total.update(b"list\0" + "\0".join(one).encode() + b"\0")
    return total.hexdigest()[:12]


def _files(path: Path) -> Iterator[Path]:
    return (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else iter((path,))


def kept(kind: str, key: str, make: Callable[[Path, Path], None]) -> Path:
    """The file of this kind and key; if it is not there, ``make(file, scratch folder)`` makes it, and older ones go."""
    place = cache() / f"{kind}-{key}"
    if place.is_file():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".building-{kind}-"))
    try:
        made = scratch / "made"
        make(made, scratch)
        for older in place.parent.glob(f"{kind}-*"):
            older.unlink()
        made.rename(place)  # at the end, so that what was cut off never looks whole
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return place


@contextmanager
def alone() -> Iterator[None]:
    """One at a time on a machine: the engine's folder and the cluster's name are shared by every checkout."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting: another run of the end to end tests is at work on this machine")
            fcntl.flock(handle, fcntl.LOCK_EX)
        for left in cache().glob(".building-*"):  # of a run that was killed: we hold the lock
            shutil.rmtree(left, ignore_errors=True)
        yield
