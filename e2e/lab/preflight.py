"""Whether this machine can have a cluster at all, found out before anything slow is made.

What is missing here is no failure of ours: `CannotHere` says which part it is and why. Whatever goes wrong after the
preflight is a failure.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cluster.build import Unavailable
from cluster.programs import KIND, find
from image import build as image
from node import archive, images

from lab import engine as engines
from lab import machine, parts
from lab.commands import Failed, output, run, tell
from lab.engine import Engine
from lab.keep import cache

Result = TypeVar("Result")
GO = (1, 26)
ROOM = 8 << 30  # bytes: two root file systems, their archives, and the engine's copies of them
PROBE = "joinery-e2e/probe:e2e"
NETWORK = "joinery-e2e-probe"


class CannotHere(RuntimeError):
    """This machine cannot have a cluster: which part of it, and why."""


def begin(logs: Path) -> Engine:
    """The Docker engine that answers, or one of our own, seen to run what a cluster needs. Raises CannotHere."""
    _part("our image", image.check)
    _part("programs, built from Go modules", lambda: _go(logs))
    engine = _part("a Docker engine", lambda: engines.present() or engines.begin(logs=logs))
    try:
        probe = _part("images", lambda: _probe(engine, logs))
        _part("a privileged container, which a node is", lambda: _privileged(engine, probe, logs))
    except BaseException:
        engine.stop()
        raise
    return engine


def _part(what: str, check: Callable[[], Result]) -> Result:
    try:
        return check()
    except (Unavailable, Failed, OSError) as lacking:
        raise CannotHere(f"{what}: {lacking}") from lacking


def _go(logs: Path) -> None:
    """Go and its modules, where a program must be built."""
    missing = [name for name in parts.PROGRAMS if find(name) is None]
    if not missing:
        return
    if shutil.which("go") is None:
        raise Unavailable(f"{', '.join(missing)} must be built, and there is no Go")
    said = re.search(r"go(\d+)\.(\d+)", output("go", "env", "GOVERSION"))
    if said is None or (int(said[1]), int(said[2])) < GO:
        raise Unavailable(f"Go {GO[0]}.{GO[1]} or newer is needed, and this is {said[0] if said else 'no release'}")
    environment = os.environ | {"GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    run("go", "mod", "download", log=logs / "go.log", environment=environment, folder=KIND.folder)


def _probe(engine: Engine, logs: Path) -> str:
    """An image to try the engine with: our image's own base, or one made here as those of the cluster will be."""
    if not engine.ours:
        try:
            engine.run("pull", image.base(), log=logs / "pull.log")
        except Failed:
            tell("no image can be pulled from here: making them")
        else:
            return image.base()
    if not machine.is_root():
        raise Unavailable("none can be pulled from here, and only root can make one")
    machine.need(machine.NODE, why="an image of our own", log=logs / "install.log")
    machine.mirror()
    free = shutil.disk_usage(cache()).free
    if free < ROOM and not list(cache().glob("node-*")):
        raise Unavailable(f"{cache()} has {free >> 20:,} MiB free, and {ROOM >> 20:,} are needed")
    file = logs / "probe.tar"
    links = {f"bin/{name}": "busybox" for name in ("sh", "mount")}
    archive.write(archive.Image(name=PROBE, files={"bin/busybox": images.busybox()}, links=links), file)
    engine.run("load", "--input", file, log=logs / "probe.log")
    return PROBE


def _privileged(engine: Engine, probe: str, logs: Path) -> None:
    """It must start, mount, and have a network of the engine's."""
    log = logs / "probe.log"
    engine.run("network", "create", NETWORK, log=log)
    try:
        mount = ("mount", "-t", "tmpfs", "tmpfs", "/tmp")
        engine.run("run", "--rm", "--privileged", f"--network={NETWORK}", probe, *mount, log=log)
    finally:
        with contextlib.suppress(Failed):
            engine.output("network", "rm", NETWORK)
