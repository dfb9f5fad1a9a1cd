"""PATHs to open files: a file, a folder, a glob or ``-`` for standard input; ``.gz`` is seen by its first bytes.

Source: issue of the join engine, *PATH*. Nothing is parsed here.
"""

from __future__ import annotations

import glob
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from joinery.problems import JoineryError, Problem, did_you_mean

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")
LINE_SUFFIXES = (".jsonl", ".ndjson")
_BUFFER = 1 << 18  # bytes
_GZIP_MAGIC = b"\x1f\x8b"


class UnreadableFile(JoineryError, OSError):
    """A PATH that names nothing, or a file that cannot be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to read. ``named``: the person named this very file, so that what is wrong in it is an error;
    a file that was found in a folder or by a glob is left out with a warning instead.

    ``size`` is in bytes as they lie on disk (0 for standard input).
    """

    name: str
    path: Path | None
    size: int = 0
    named: bool = True

    @property
    def holds_lines(self) -> bool:
        """The name says JSON lines."""
        return self.name.casefold().removesuffix(".gz").endswith(LINE_SUFFIXES)


def unreadable(name: str, message: str, *, hint: str | None = None, rule: str = "unreadable-file") -> UnreadableFile:
    return UnreadableFile(Problem(message=message, file=name, rule=rule, hint=hint))


def expand(paths: Iterable[str | os.PathLike[str]]) -> list[Source]:
    """The files that ``paths`` name, each once, in the order given; folders and globs in order of name.

    Raises UnreadableFile with every path that names nothing.
    """
    found: dict[str, Source] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            for source in _expand_one(os.fspath(path)):
                # A file that is named itself is stricter than the same file found in a folder.
                if source.name not in found or source.named:
                    found[source.name] = source
        except UnreadableFile as error:
            problems += error.problems
    if problems:
        raise UnreadableFile(problems)
    return list(found.values())


def _expand_one(name: str) -> Iterator[Source]:
    if name == STDIN:
        yield Source(name=STDIN, path=None)
        return
    if "\0" in name or not name:
        raise unreadable(repr(name), "this cannot be the path of a file")
    if "://" in name:
        raise unreadable(name, "addresses are not read: a PATH is a file, a folder, a glob or `-`")
    path = Path(name).expanduser()
    if path.is_dir():
        yield from _in_folder(path)
    elif path.exists():
        yield Source(name=str(path), path=path, size=_size(path))
    elif glob.has_magic(name):
        yield from _by_glob(path)
    else:
        raise unreadable(name, "there is no such file or folder", hint=_near(path))


def _in_folder(folder: Path) -> Iterator[Source]:
    count = 0
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and _readable_name(name):
                path = Path(root) / name
                count += 1
                yield Source(name=str(path), path=path, size=_size(path), named=False)
    if not count:
        raise unreadable(
            str(folder), "the folder holds no file to read", hint=f"read are {', '.join(SUFFIXES)}, each also as .gz"
        )


def _by_glob(path: Path) -> Iterator[Source]:
    pattern = path.relative_to(path.anchor) if path.anchor else path
    try:
        matches = sorted(Path(path.anchor).glob(str(pattern)))
    except (ValueError, OSError) as error:
        raise unreadable(str(path), f"this glob cannot be read: {error}") from None
    matches = [match for match in matches if path.name.startswith(".") or not match.name.startswith(".")]
    files = [match for match in matches if match.is_file()]
    folders = [match for match in matches if match.is_dir()]
    if not files and not folders:
        raise unreadable(str(path), "no file matches this glob")
    for file in files:
        yield Source(name=str(file), path=file, size=_size(file), named=False)
    if not files:
        for folder in folders:
            yield from _in_folder(folder)


def _readable_name(name: str) -> bool:
    return name.casefold().removesuffix(".gz").endswith(SUFFIXES)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _near(path: Path) -> str | None:
    try:
        return did_you_mean(path.name, sorted({entry.name for entry in path.parent.iterdir()} - {path.name})[:5000])
    except OSError:
        return f"the folder {path.parent} is not there either"


@dataclass(slots=True)
class Opened:
    """An open source. ``stream`` gives plain bytes; ``raw`` lies under the decompression."""

    stream: BinaryIO
    raw: BinaryIO

    def position(self) -> int:
        """How many bytes of the file itself were read (0 where the file cannot tell)."""
        try:
            return self.raw.tell()
        except OSError:
            return 0


@contextmanager
def open_source(source: Source) -> Iterator[Opened]:
    """Open for reading; standard input stays open behind it. Raises UnreadableFile, also for a damaged .gz."""
    raw: io.BufferedReader | None = None
    try:
        raw = _stdin() if source.path is None else _open(source.path)
        zipped = raw.peek(2)[:2] == _GZIP_MAGIC
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if zipped else cast(BinaryIO, raw)
        yield Opened(stream=stream, raw=cast(BinaryIO, raw))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise unreadable(source.name, f"the compressed file is damaged: {error}", rule="damaged-file") from None
    except OSError as error:
        if isinstance(error, JoineryError):
            raise
        raise unreadable(source.name, f"cannot be read: {error.strerror or error}") from None
    finally:
        if raw is not None and source.path is not None:
            raw.close()


def _open(path: Path) -> io.BufferedReader:
    return io.BufferedReader(io.FileIO(path), _BUFFER)


def _stdin() -> io.BufferedReader:
    buffer = sys.stdin.buffer
    return buffer if isinstance(buffer, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, buffer))
