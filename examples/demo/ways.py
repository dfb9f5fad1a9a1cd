"""Where a demo's cluster comes from: programs that are there, Docker with kind, or Go, in this order.

Every way gives a kubeconfig of its own and a kubectl, and ends what it started. The user's kubeconfig is never read.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.build import Unavailable, ensure
from cluster.programs import PROGRAMS, SERVER, find
from cluster.server import NotReady, Server

NEEDED = (*SERVER, "kubectl")
NOTHING = (
    "The demo ends here: a real cluster needs Docker with kind, the programs of KUBEBUILDER_ASSETS, or Go 1.26 to "
    "build them, and none of these is here."
)


class Failed(RuntimeError):
    """The demo cannot go on; the text says why, for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that is up. ``kubectl`` is the program that fits it."""

    kubeconfig: Path
    kubectl: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to a cluster. ``about`` says it in a line, with how long it takes."""

    kind: str  # "programs", "kind" or "go"
    about: str

    @contextmanager
    def cluster(self, folder: Path) -> Iterator[Cluster]:
        """The cluster, for as long as the block runs; all of it lies in ``folder``. Raises Failed."""
        with (_in_docker if self.kind == "kind" else _from_programs)(folder) as cluster:
            yield cluster


def choose() -> Way | None:
    """The quickest way that this machine has, or None."""
    missing = [name for name in NEEDED if find(name) is None]
    if not missing:
        return Way(kind="programs", about=f"etcd and kube-apiserver from {_places()}: ready in about 5 s")
    if _docker_runs() and find("kind") and shutil.which("kubectl"):
        return Way(kind="kind", about="kind in Docker: about a minute, and the first time its image's download")
    if shutil.which("go"):
        minutes = -(-sum(PROGRAMS[name].seconds for name in missing) // 60)
        return Way(
            kind="go",
            about=f"etcd and kube-apiserver built with Go ({', '.join(missing)} missing): about {minutes} minutes "
            "the first time on two idle cores, then 5 s",
        )
    return None


def _places() -> str:
    """In words, where the programs that were found lie."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    places = []
    for name in NEEDED:
        path = find(name)
        if assets and path == Path(assets) / name:
            places.append("KUBEBUILDER_ASSETS")
        elif path == PROGRAMS[name].cached:
            places.append("the cache of earlier builds")
        else:
            places.append("PATH")
    return " and ".join(dict.fromkeys(places))


def _docker_runs() -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=15, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextmanager
def _from_programs(folder: Path) -> Iterator[Cluster]:
    try:
        programs = ensure(NEEDED)
        server = Server(folder=folder / "cluster", programs=programs)
        try:
            server.start()
            yield Cluster(kubeconfig=server.kubeconfig(), kubectl=programs["kubectl"])
        finally:
            server.stop(kill=True)
    except (Unavailable, NotReady) as problem:
        raise Failed(str(problem)) from problem


@contextmanager
def _in_docker(folder: Path) -> Iterator[Cluster]:
    kind, kubectl = find("kind"), find("kubectl") or shutil.which("kubectl")
    if kind is None or kubectl is None:
        raise Failed("kind or kubectl has gone")
    name, kubeconfig = f"joinery-demo-{secrets.token_hex(3)}", folder / "kubeconfig"
    try:
        _kind([kind, "create", "cluster", "--name", name, "--kubeconfig", kubeconfig, "--wait", "120s"])
        yield Cluster(kubeconfig=kubeconfig, kubectl=Path(kubectl))
    finally:
        _kind([kind, "delete", "cluster", "--name", name, "--kubeconfig", kubeconfig])


def _kind(command: Sequence[str | Path]) -> None:
    # kind tells its progress itself, on standard error.
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Failed(f"kind could not {command[1]} its cluster; its words are above")
