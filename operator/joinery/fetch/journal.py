"""What has arrived, written down file by file, so that a program that was killed goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

from joinery.fetch.tree import Tree

FOLDER = ".joinery"
_NAME = "fetched.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One file that arrived whole: its place, its source and which version of it, its size and sha256."""

    path: str
    source: str
    bytes: int
    sha256: str
    version: str | None = None
    run: str | None = None


def _as_dict(record: Record) -> dict[str, str | int | None]:
    """``dataclasses.asdict`` copies deeply, which shows where there are thousands of files."""
    return {name: getattr(record, name) for name in Record.__slots__}


class Journal:
    """The records of a destination; appended to as files arrive."""

    def __init__(self, tree: Tree) -> None:
        tree.make_folder((FOLDER,))
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=tree.fd)
        try:
            self.fd = os.open(_NAME, flags, 0o644, dir_fd=folder)
        finally:
            os.close(folder)
        self.known = {record.path: record for record in self._read()}

    def add(self, record: Record) -> None:
        """Only after the file is in its place: a record means that it is there."""
        self.known[record.path] = record
        os.write(self.fd, f"{json.dumps(_as_dict(record))}\n".encode())

    def close(self) -> None:
        os.close(self.fd)

    def _read(self) -> Iterator[Record]:
        with os.fdopen(os.dup(self.fd), "rb") as file:
            file.seek(0)
            torn = b""
            for line in file:
                torn = b"" if line.endswith(b"\n") else line
                try:
                    yield Record(**json.loads(line))
                except (ValueError, TypeError):
                    continue  # the last line of a program that was killed
        if torn:
            os.write(self.fd, b"\n")
