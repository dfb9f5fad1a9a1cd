"""Building what is missing from its Go module: once for each version, one builder at a time, with progress."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cluster.programs import PROGRAMS, Program, find

Say = Callable[[str], None]


class Unavailable(RuntimeError):
    """A program is not there and cannot be had; the text says why and what would help."""


def say(line: str) -> None:
    """Progress goes to standard error: standard output is for what a script reads."""
    print(line, file=sys.stderr, flush=True)


def ensure(names: Sequence[str], *, tell: Say = say, build: bool = True) -> dict[str, Path]:
    """The programs' paths, building the missing ones; raises Unavailable where that cannot be done."""
    found = {name: find(name) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        _check_buildable(missing, build=build)
        about = sum(PROGRAMS[name].seconds for name in missing)
        tell(f"building {', '.join(missing)} from Go modules: about {_span(about)} on two idle cores, once")
        for name in missing:
            found[name] = _build(PROGRAMS[name], tell=tell)
    return {name: path for name, path in found.items() if path is not None}


def _check_buildable(missing: Sequence[str], *, build: bool) -> None:
    lacking = f"{', '.join(missing)}: not in KUBEBUILDER_ASSETS, not in our cache, not on PATH in a version that fits"
    if not build:
        raise Unavailable(f"{lacking}; `python3 e2e/cluster/cluster.py build` makes them")
    if shutil.which("go") is None:
        raise Unavailable(f"{lacking}; and no Go is there to build them (1.26 or newer is needed)")


def _build(program: Program, *, tell: Say) -> Path:
    """Build under the version's lock. Whoever waited for it finds the program made by the other."""
    program.cached.parent.mkdir(parents=True, exist_ok=True)
    with _lock(program.cached.parent / ".lock", tell=tell):
        if program.cached.is_file():
            return program.cached
        for stale in program.cached.parent.glob(".building-*"):  # of a build that was killed: we hold the lock
            shutil.rmtree(stale, ignore_errors=True)
        started = time.monotonic()
        _compile(program, tell=tell)
        tell(f"  {program.name} {program.module.version}: {_span(time.monotonic() - started)}")
    return program.cached


def _compile(program: Program, *, tell: Say) -> None:
    flags = " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in program.module.stamps)])
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"}
    # Made beside its place and renamed: a build that was cut off never looks like a program.
    with tempfile.TemporaryDirectory(dir=program.cached.parent, prefix=".building-") as folder:
        made = Path(folder) / program.name
        command = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(made), program.package]
        if shutil.which("nice"):
            command = ["nice", "-n", "5", *command]
        output = Path(folder) / "output"
        with output.open("wb") as log:
            process = subprocess.Popen(
                command, cwd=program.module.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            _wait(process, program, tell=tell)
        if process.returncode != 0:
            last = output.read_text(errors="replace").strip().splitlines()[-15:]
            raise Unavailable("\n".join([f"{program.name} could not be built:", *(f"  {line}" for line in last)]))
        made.rename(program.cached)


def _wait(process: subprocess.Popen[bytes], program: Program, *, tell: Say, every: float = 20.0) -> None:
    """Wait for the compiler and say now and then that it is at work; end it when we are interrupted."""
    started = time.monotonic()
    try:
        while True:
            try:
                process.wait(timeout=every)
            except subprocess.TimeoutExpired:
                tell(f"  … {program.name}: {_span(time.monotonic() - started)} so far")
            else:
                return
    except BaseException:
        process.terminate()
        process.wait()
        raise


@contextmanager
def _lock(path: Path, *, tell: Say) -> Iterator[None]:
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"  waiting for another build in {path.parent}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _span(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60} s"
