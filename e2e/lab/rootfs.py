"""Root file systems from Debian's packages: what the node image and our image's base begin with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from lab.commands import run
from lab.machine import mirror

RELEASE = "bookworm"
_NEEDLESS = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale", "var/log")


def make(folder: Path, *, packages: Sequence[str], log: Path) -> None:
    """A minimal Debian with these packages in ``folder``, without caches, manuals and logs. Needs root."""
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", RELEASE]
    run(*command, folder, mirror(), log=log, environment=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
    for needless in _NEEDLESS:
        for entry in (folder / needless).glob("*"):
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def pack(folder: Path, archive: Path, *, log: Path) -> None:
    run("tar", "-C", folder, "--numeric-owner", "-cf", archive, ".", log=log)
