"""Which programs a cluster is made of, and where each one is looked for before it is built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).resolve().parent / "modules"


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Go module of ours under ``modules/``; its programs are all of one ``version`` (with the leading v)."""

    name: str
    version: str
    stamps: tuple[str, ...] = ()  # variables that the linker sets, as NAME=VALUE

    @property
    def folder(self) -> Path:
        return MODULES / self.name

    @property
    def cache(self) -> Path:
        """Where what is built here stays, whatever checkout of the project built it."""
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(base) / "joinery" / self.name / self.version


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program: the Go package it is built from, and how it is asked for its version."""

    name: str
    module: Module
    package: str
    version_arguments: tuple[str, ...] = ("--version",)
    seconds: int  # about how long its build takes on two idle cores, built in the order of PROGRAMS

    @property
    def cached(self) -> Path:
        return self.module.cache / self.name


def _kubernetes(version: str) -> Module:
    major, minor, _ = version.removeprefix("v").split(".")
    stamps = ["k8s.io/component-base/version.gitTreeState=clean"]
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        stamps += [f"{package}.gitVersion={version}", f"{package}.gitMajor={major}", f"{package}.gitMinor={minor}"]
    return Module(name="kubernetes", version=version, stamps=tuple(stamps))


KUBERNETES = _kubernetes("v1.35.4")
ETCD = Module(name="etcd", version="v3.6.16")
HELM = Module(name="helm", version="v3.22.0", stamps=("helm.sh/helm/v3/internal/version.version=v3.22.0",))
KIND = Module(name="kind", version="v0.33.0")
COREDNS = Module(name="coredns", version="v1.13.1")
# AGPL: a server that tests talk to; it is built and run beside them, and nothing of it is shipped or linked.
MINIO = Module(
    name="minio",
    version="v0.0.0-20260212201848-7aac2a2c5b7c",
    stamps=("github.com/minio/minio/cmd.ReleaseTag=RELEASE.2026-02-12T20-18-48Z",),
)

_KUBECTL = ("version", "--client")
PROGRAMS = {
    program.name: program
    for program in (
        Program(name="etcd", module=ETCD, package="go.etcd.io/etcd/server/v3", seconds=40),
        *(
            Program(
                name=name,
                module=KUBERNETES,
                package=f"k8s.io/kubernetes/cmd/{name}",
                version_arguments=_KUBECTL if name == "kubectl" else ("--version",),
                seconds=seconds,
            )
            for name, seconds in (
                ("kube-apiserver", 240),
                ("kubectl", 20),
                ("kube-controller-manager", 75),
                ("kube-scheduler", 10),
                ("kubelet", 25),
                ("kubeadm", 10),
                ("kube-proxy", 10),
            )
        ),
        Program(
            name="helm",
            module=HELM,
            package="helm.sh/helm/v3/cmd/helm",
            version_arguments=("version", "--short"),
            seconds=75,
        ),
        Program(name="kind", module=KIND, package="sigs.k8s.io/kind", seconds=15),
        Program(
            name="coredns",
            module=COREDNS,
            package="joinery.dev/e2e/coredns",
            version_arguments=("-version",),
            seconds=75,
        ),
        Program(name="minio", module=MINIO, package="github.com/minio/minio", seconds=120),
    )
}

SERVER = ("etcd", "kube-apiserver")  # enough for everything that talks to the API alone


def find(name: str) -> Path | None:
    """The program, where it is already there: KUBEBUILDER_ASSETS, our cache, then PATH if the version fits."""
    program = PROGRAMS[name]
    for place in _places(program):
        if place.is_file() and os.access(place, os.X_OK):
            return place
    on_path = shutil.which(name)
    return Path(on_path) if on_path and _version_fits(Path(on_path), program) else None


def _places(program: Program) -> Iterator[Path]:
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        yield Path(assets) / program.name
    yield program.cached


def _version_fits(path: Path, program: Program) -> bool:
    """Same major and minor: a kubectl of another release would print and accept other things."""
    try:
        run = subprocess.run(
            [path, *program.version_arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    said = re.search(r"(\d+\.\d+)\.\d+", run.stdout + run.stderr)
    return said is not None and program.module.version.startswith(f"v{said[1]}.")
