"""The Docker engine: the one that answers, or one of our own that ends with us."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cluster.build import Unavailable
from cluster.process import Process, last_lines, start

from lab import machine
from lab.commands import Failed, output, run, tell
from lab.keep import cache

WRAPPER = Path(__file__).with_name("runc-fewer-capabilities")


@dataclass(frozen=True, kw_only=True)
class Engine:
    """``process`` and ``folder`` are there when the engine is ours."""

    environment: dict[str, str] = field(default_factory=dict)
    process: Process | None = None
    folder: Path | None = None

    @property
    def ours(self) -> bool:
        return self.process is not None

    @property
    def variables(self) -> dict[str, str]:
        return os.environ | self.environment

    def run(self, *arguments: str | Path, log: Path) -> None:
        run("docker", *arguments, log=log, environment=self.variables)

    def output(self, *arguments: str) -> str:
        return output("docker", *arguments, environment=self.variables)

    def answers(self) -> bool:
        try:
            return bool(self.output("version", "--format", "{{.Server.Version}}").strip())
        except (Failed, OSError):
            return False

    def has_image(self, name: str) -> bool:
        return bool(self.output("image", "ls", "--quiet", name).strip())

    def stop(self) -> None:
        """End it if it is ours, and what it made of the network."""
        if self.process is None or self.folder is None:
            return
        self.process.end(patience=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def to_state(self) -> dict[str, Any]:
        process = asdict(self.process) if self.process else None
        return {"environment": self.environment, "process": process, "folder": str(self.folder or "")}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Engine:
        process = Process(**state["process"]) if state["process"] else None
        folder = Path(state["folder"]) if state["folder"] else None
        return cls(environment=state["environment"], process=process, folder=folder)


def present() -> Engine | None:
    """The engine that the environment names, if it answers."""
    engine = Engine()
    return engine if shutil.which("docker") and engine.answers() else None


def begin(*, logs: Path) -> Engine:
    """Start one of our own: its socket in a new folder of /tmp, its images kept in our cache.

    It outlives this process, so that a cluster can stay; `Engine.stop` ends it. Raises Unavailable, Failed.
    """
    if not machine.is_root():
        raise Unavailable("none answers, and only root can start one")
    machine.need(machine.ENGINE, why="a Docker engine", log=logs / "install.log")
    if (engine := present()) is not None:  # installing it started it
        return engine
    folder = Path(tempfile.mkdtemp(prefix="joinery-e2e-"))
    socket, log = f"unix://{folder}/docker.sock", logs / "dockerd.log"
    # The legacy builder needs no plugin and, unlike the other, no network for what a Dockerfile names.
    environment = {"DOCKER_HOST": socket, "DOCKER_BUILDKIT": "0"}
    process = start("dockerd", _command(folder, socket), log=log, with_parent=False)
    engine = Engine(environment=environment, process=process, folder=folder)
    try:
        _wait(engine, log)
    except BaseException:
        engine.stop()
        raise
    tell("a Docker engine of our own answers")
    return engine


def _command(folder: Path, socket: str) -> list[str]:
    command = ["dockerd", f"--host={socket}", f"--data-root={cache() / 'docker'}", f"--exec-root={folder / 'exec'}"]
    command += [f"--pidfile={folder / 'docker.pid'}", "--bridge=none", "--log-level=warn"]
    if machine.lacks_sys_resource():
        command += [f"--add-runtime=fewer={WRAPPER}", "--default-runtime=fewer"]
    return command


def _wait(engine: Engine, log: Path, *, patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while not engine.answers():
        if engine.process is None or not engine.process.alive or time.monotonic() > deadline:
            raise Unavailable(f"dockerd did not come up:\n{last_lines(log)}")
        time.sleep(0.2)
