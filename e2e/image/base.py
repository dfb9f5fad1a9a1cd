"""The base: Debian with Python and nothing else, for machines that no image registry is reachable from."""

from __future__ import annotations

import os
from pathlib import Path

from lab import rootfs
from lab.engine import Engine
from lab.keep import digest, kept

PACKAGES = ("python3", "python3-venv", "ca-certificates")


def archive(*, logs: Path) -> Path:
    """The base as a tar, made once. Needs root."""

    def make(made: Path, scratch: Path) -> None:
        rootfs.make(scratch / "root", packages=PACKAGES, log=logs / "base.log")
        rootfs.pack(scratch / "root", made, log=logs / "base.log")

    return kept("base", digest(PACKAGES, rootfs.RELEASE, os.uname().machine), make)


def tag(made: Path) -> str:
    return f"joinery-e2e/base:{made.name.rpartition('-')[2]}"


def bring(engine: Engine, made: Path, *, log: Path) -> str:
    """Its name in the engine, imported if it is not there."""
    name = tag(made)
    if not engine.has_image(name):
        engine.run("import", "-c", 'CMD ["python3"]', made, name, log=log)
    return name
