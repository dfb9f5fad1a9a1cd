"""Wheels, made with the checkout's own pip, and `docker build` of the project's Dockerfile with no network."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from cluster.build import Unavailable
from lab.commands import output, run
from lab.engine import Engine
from lab.keep import cache, digest

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ROOT / "dist" / "wheels"
OWN = ROOT / "dist" / "joinery"
PYTHON = ROOT / ".venv" / "bin" / "python"
CONSTRAINTS = Path(os.environ.get("E2E_CONSTRAINTS", ROOT / "constraints.txt"))  # other pins can be tried
EXTRAS = "operator,postgresql,fetch,s3"
IMAGE = "joinery:e2e"  # a tag of its own: `latest` would be pulled, and nothing here can be
DEPENDENCIES = "joinery-e2e/dependencies:e2e"
VERSION = "3.11"  # of the base; wheels are made for it


def base() -> str:
    """The Dockerfile's own base, which a registry has."""
    found = re.search(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    if found is None:
        raise Unavailable("the Dockerfile names no base")
    return found[1]


def check() -> None:
    """Raise Unavailable where the checkout's Python is not the one that the image has."""
    found = output(_python(), "-c", "import sys; print(*sys.version_info[:2], sep='.')").strip()
    if found != VERSION:
        raise Unavailable(f"{_python()} is Python {found}, and the image's wheels are made with {VERSION}")


def _python() -> Path:
    return PYTHON if PYTHON.is_file() else Path(sys.executable)


def wheels(*, log: Path) -> None:
    """Ours anew, and those of the dependencies if what is asked for has changed."""
    dependencies = cache() / f"wheels-{digest(ROOT / 'pyproject.toml', CONSTRAINTS, EXTRAS)}"
    pip = (_python(), "-m", "pip", "--disable-pip-version-check", "--quiet", "wheel", "--constraint", CONSTRAINTS)
    if not dependencies.is_dir():
        scratch = cache() / ".building-wheels"
        shutil.rmtree(scratch, ignore_errors=True)
        run(*pip, "--wheel-dir", scratch, f"{ROOT}[{EXTRAS}]", log=log)
        for older in cache().glob("wheels-*"):
            shutil.rmtree(older)
        scratch.rename(dependencies)
    # Removed first: a wheel of another version, or one that is needed no more, must not get in.
    for folder in (WHEELS, OWN):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(dependencies, WHEELS, ignore=shutil.ignore_patterns("joinery_operator-*"))
    run(*pip, "--no-deps", "--wheel-dir", OWN, ROOT, log=log)


def build(engine: Engine, upon: str, *, log: Path) -> str:
    """The image's name, built upon ``upon`` (an image of the engine, or the Dockerfile's own base when empty)."""
    arguments = ["--network=none", "--build-arg", f"BASE={upon}"] if upon else []
    # A stage without a tag of its own would go with the images that nothing names.
    engine.run("build", "--target=dependencies", "--tag", DEPENDENCIES, *arguments, ROOT, log=log)
    engine.run("build", "--tag", IMAGE, *arguments, ROOT, log=log)
    return IMAGE
