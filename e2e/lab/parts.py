"""Everything that a cluster with our chart in it is made of, made side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from cluster.build import ensure
from image import base, minio
from image import build as image
from node import build as node

from lab import machine
from lab.clusters import Cluster
from lab.commands import tell
from lab.engine import Engine
from lab.keep import cache
from lab.steps import Steps

TOOLS = ("kubectl", "kind", "helm")
PROGRAMS = tuple(dict.fromkeys((*TOOLS, "minio", *node.ON_THE_NODE, *node.IN_IMAGES)))  # all that a bare machine needs


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the steps will have made. ``node`` and ``base`` are started when they are first asked for."""

    tools: Future[dict[str, Path]]
    wheels: Future[None]
    minio: Future[Path]
    node: Callable[[], Path]
    base: Callable[[], Path]


def begin(steps: Steps, engine: Engine, logs: Path) -> Parts:
    """Start making what is missing; on an engine of our own everything is needed, on another's perhaps less."""
    tools = steps.begin("programs", lambda: ensure(TOOLS, tell=tell))
    wheels = steps.begin("wheels", lambda: image.wheels(log=logs / "wheels.log"))

    def make_node() -> Path:
        machine.need(machine.NODE, why="a node image", log=logs / "install.log")
        root = steps.begin("node's root file system", lambda: node.archive_of_root(logs=logs))
        return node.archive_of_node(root.result, _all_programs, logs=logs)

    if not engine.ours:
        store = steps.begin("MinIO's image", minio.archive)
        return Parts(tools=tools, wheels=wheels, minio=store, node=make_node, base=lambda: base.archive(logs=logs))
    # The node image first: the programs keep two cores busy for minutes, and the cluster waits for it.
    made_node = steps.begin("node image", make_node)
    made_base = steps.begin("base image", lambda: base.archive(logs=logs))
    store = steps.begin("MinIO's image", minio.archive)
    return Parts(tools=tools, wheels=wheels, minio=store, node=made_node.result, base=made_base.result)


def _all_programs() -> Mapping[str, Path]:
    return ensure([*node.ON_THE_NODE, *node.IN_IMAGES], tell=tell)


def cluster(engine: Engine, tools: Mapping[str, Path], logs: Path) -> Cluster:
    kubeconfig = cache() / "kubeconfig"
    return Cluster(engine=engine, kind=tools["kind"], kubectl=tools["kubectl"], kubeconfig=kubeconfig, logs=logs)


def own_image(engine: Engine, parts: Parts, logs: Path) -> str:
    """Our image, upon the Dockerfile's own base where the engine has it, else upon one that we make."""
    parts.wheels.result()
    if engine.ours:  # what the build before the last left
        engine.output("image", "prune", "--force")
    log = logs / "image.log"
    if not engine.ours and engine.has_image(image.base()):
        return image.build(engine, "", log=log)
    return image.build(engine, base.bring(engine, parts.base(), log=log), log=log)
