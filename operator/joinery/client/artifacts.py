"""Files of a run: an entry in its lineage, and where the run has a folder of outputs, a copy in there.

Source: spec 4, *What a run leaves behind*; spec 5, *Run* (``artifacts[]``).
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joinery.client import values

OUTPUTS = "outputs"  # below the run's own path in the store
LONGEST_PATH = 4_096
LONGEST_NAME = 256
_MOST_OF_ONE_NAME = 10_000


class Copies:
    """The folder of outputs, and what this run has copied to its top: which artifact each file there is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._of: dict[Path, str] = {}

    def keep(self, file: Path, artifact: str) -> str:
        """Copy a file or folder, unless it lies here already; its path from the run's own path on.

        The same artifact again replaces its copy. A name that is taken otherwise gets a number (``model-2.pt``):
        nothing that is here is written over. Raises ValueError and OSError.
        """
        real = file.resolve()
        if real.is_relative_to(self._folder):
            return str(Path(OUTPUTS) / real.relative_to(self._folder))
        if self._folder.is_relative_to(real):
            raise ValueError("the folder of outputs lies within it")
        beside = self._folder / f".{file.name}.{os.getpid()}-{threading.get_ident()}"
        try:
            if real.is_dir():
                shutil.copytree(real, beside)
            else:
                shutil.copyfile(real, beside)
            target = self._claimed(file.name, artifact, is_folder=real.is_dir())
            if real.is_dir():
                shutil.rmtree(target)  # the copy before, or the empty folder that claims the name
            beside.replace(target)
        finally:
            _remove(beside)
        return str(Path(OUTPUTS) / target.name)

    def _claimed(self, name: str, artifact: str, *, is_folder: bool) -> Path:
        """The place of this artifact: that of its copy, or the first free one, which no other process can take now."""
        stem, suffix = Path(name).stem, Path(name).suffix
        for number in range(1, _MOST_OF_ONE_NAME):
            target = self._folder / (name if number == 1 else f"{stem}-{number}{suffix}")
            if self._of.get(target) == artifact and target.is_dir() is is_folder:
                return target
            try:
                target.mkdir() if is_folder else target.touch(exist_ok=False)
            except FileExistsError:
                continue
            self._of[target] = artifact
            return target
        raise ValueError(f"there are {_MOST_OF_ONE_NAME:,} files of its name already")


def entry(
    path: str | os.PathLike[str], *, name: str | None, kind: str | None, summary: Mapping[str, Any] | None,
    copies: Copies | None, is_input: bool,
) -> dict[str, Any]:  # fmt: skip
    """The entry of one file or folder. With ``copies`` it is copied there, unless it lies there already, and its path
    counts from the run's own path. An address (``s3://…``) is noted as it is.

    Raises ValueError and OSError where there is no such file, or it cannot be copied.
    """
    given = os.fspath(path)
    if "://" in given:
        place, own = given, given.rstrip("/").rpartition("/")[2]
    else:
        file = Path(given).absolute()
        if not file.exists():
            raise ValueError("there is no such file or folder")
        place, own = str(file), file.name
    called = values.text(name or own)
    if not called or len(called) > LONGEST_NAME or len(place) > LONGEST_PATH:
        raise ValueError(f"its name must have 1 to {LONGEST_NAME} characters, its path at most {LONGEST_PATH:,}")
    if "://" not in given and copies is not None and not is_input:
        place = copies.keep(file, called)
    made: dict[str, Any] = {"name": called, "kind": values.text(kind or "file"), "path": values.text(place)}
    if is_input:
        made["isInput"] = True
    if summary is not None:
        made["summary"] = values.plain(summary)
    return made


def source(path: str | os.PathLike[str]) -> str:
    """What was meant: an address as it is, a path absolute."""
    given = os.fspath(path)
    return given if "://" in given else str(Path(given).absolute())


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
