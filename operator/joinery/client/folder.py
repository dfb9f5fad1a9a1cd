"""Runs as files of a folder: one manifest a run, written beside and renamed, read by ``joinery --runs FOLDER``."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from joinery.client.record import Address, Changes, Record, fold
from joinery.client.sinks import Away

if sys.platform != "win32":
    import fcntl


class FolderSink:
    """One run's file. What others wrote into it stays: each write reads it, and changes its own keys alone."""

    def __init__(self, record: Record, folder: Path, *, file: str | None = None) -> None:
        self._record = record
        self._folder = folder
        self._path = folder / (file or f"{record.identity.name}.json")

    @property
    def where(self) -> str:
        return str(self._path)

    def write(self, changes: Changes) -> dict[Address, str]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _turn(self._folder):
                manifest = self._read()
                if manifest is None:
                    manifest, changes = self._record.identity.manifest(), self._record.everything() | changes
                self._replace(json.dumps(fold(manifest, changes), indent=2).encode())
        except OSError as error:
            raise Away(f"{self._path}: {error.strerror or error}") from error
        return {}

    def _read(self) -> dict[str, Any] | None:
        """The manifest as it is there; None where there is none, or none of this run."""
        try:
            found = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError, RecursionError):
            return None
        spec = found.get("spec") if isinstance(found, dict) else None
        ours = isinstance(spec, dict) and spec.get("uuid") == self._record.identity.uuid
        return found if ours else None

    def _replace(self, content: bytes) -> None:
        # Who reads the folder passes over names with a dot before them.
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}-{threading.get_ident()}")
        try:
            beside.write_bytes(content)
            beside.replace(self._path)
        finally:
            beside.unlink(missing_ok=True)

    def withdraw(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is held open between writes."""

    def after_fork(self) -> None:
        """As above."""


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Processes that write one file take turns. The folder itself is locked: no lock file is left behind."""
    if sys.platform == "win32":  # two processes that write one run take turns by chance
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        with contextlib.suppress(OSError):  # a child forked meanwhile has the handle too: closing ours frees nothing
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)
