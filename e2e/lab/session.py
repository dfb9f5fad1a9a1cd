"""The commands of `run.py`: all, prepare, up, image, test, down."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster.build import Unavailable, ensure
from cluster.server import NotReady
from node import build as node

from lab import machine, parts, preflight, release
from lab.clusters import NAME, Cluster
from lab.commands import Failed, tell
from lab.engine import Engine
from lab.keep import alone, cache
from lab.preflight import CannotHere
from lab.steps import side_by_side

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".cache" / "e2e" / "logs"
HELP = """\
all      up, test, down: what `make e2e` does; with E2E_USE_CURRENT=1 the tests alone, on KUBECONFIG's cluster
prepare  make and keep what is slow to make, so that `all` begins at once
up       a kind cluster with our image and our chart in it; it stays
image    build our image anew, hand it to that cluster, restart what runs of it
test     run the tests in it; what follows goes to pytest
down     delete it, and end the Docker engine if it is ours

exit codes: 0 well, 69 this machine can have no cluster (the last line says why), another one is a failure
"""
COMMANDS = ("all", "prepare", "up", "image", "test", "down")
CANNOT_HERE = 69  # EX_UNAVAILABLE of sysexits.h


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="run.py", description="End to end tests.", epilog=HELP, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", nargs="?", default="all", choices=COMMANDS)
    parser.add_argument("--keep", action="store_true", help="leave the cluster as it is after `all`")
    options, for_pytest = parser.parse_known_args(arguments)
    machine.see_admin_programs()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended either way
    try:
        return _do(options.command, keep=options.keep, for_pytest=for_pytest)
    except CannotHere as lacking:
        tell(
            f"NO END TO END TEST CAN RUN HERE, since this machine can have no cluster to run pods in.\n{lacking}\n"
            "What needs an API server alone is in `make test`; E2E_USE_CURRENT=1 takes a cluster that is there."
        )
        return CANNOT_HERE
    except (Failed, NotReady, Unavailable, OSError) as failed:
        tell(f"error: {failed}")
        return 1
    except KeyboardInterrupt:
        return 130


def _do(command: str, *, keep: bool, for_pytest: Sequence[str]) -> int:
    if command in ("all", "test", "prepare") and os.environ.get("E2E_USE_CURRENT"):
        return 0 if command == "prepare" else _test(dict(os.environ), for_pytest)
    with alone():
        match command:
            case "all":
                return _all(keep=keep, for_pytest=for_pytest)
            case "prepare":
                return _prepare()
            case "up":
                up()
                tell(f"up; try\n  export KUBECONFIG={cache() / 'kubeconfig'}")
                return 0
            case "image":
                return _image()
            case "test":
                return _test(_made(_recorded()), for_pytest)
            case _:
                return down()


def _all(*, keep: bool, for_pytest: Sequence[str]) -> int:
    cluster = None
    try:
        cluster = up()
        code = _test(_made(cluster), for_pytest)
        if code:
            tell(f"what the nodes logged: {cluster.save_logs()}")
            tell(f"the last errors of their containerd:\n{cluster.failed_starts()}")
    except (Failed, Unavailable, NotReady):
        if cluster is None and (state := _state()):
            tell(f"what the nodes logged: {_cluster(Engine.from_state(state)).save_logs()}")
        raise
    finally:
        if keep:
            tell(f"kept; KUBECONFIG={cache() / 'kubeconfig'}, and `python3 e2e/run.py down` ends it")
        else:
            down()
    return code


def up() -> Cluster:
    """The cluster with our chart in it, made anew."""
    engine = _begin()
    (cache() / "state.json").write_text(json.dumps(engine.to_state()))
    with side_by_side() as steps:
        made = parts.begin(steps, engine, LOGS)
        own = steps.begin("our image", lambda: parts.own_image(engine, made, LOGS))
        cluster = parts.cluster(engine, made.tools.result(), LOGS)
        created = steps.begin(
            "cluster", lambda: cluster.create(lambda: node.bring(engine, made.node(), log=LOGS / "node.log"))
        )
        created.result()
        image = own.result()
        steps.begin("loading our image", lambda: cluster.load(image)).result()
        steps.begin("loading MinIO", lambda: cluster.load_archive(made.minio.result())).result()
        tell(f"a Job that asks for a name: {cluster.smoke(image):.1f} s")
        helm = made.tools.result()["helm"]
        steps.begin("chart", lambda: release.install(cluster, helm)).result()
        steps.begin("helm test", lambda: release.check(cluster, helm)).result()
    return cluster


def _begin() -> Engine:
    down()
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    engine = preflight.begin(LOGS)
    tell("this machine can have a cluster")
    return engine


def _prepare() -> int:
    engine = _begin()
    try:
        with side_by_side() as steps:
            made = parts.begin(steps, engine, LOGS)
            steps.begin("our image", lambda: parts.own_image(engine, made, LOGS)).result()
            if engine.ours:
                node.bring(engine, made.node(), log=LOGS / "node.log")
            made.minio.result()
            made.tools.result()
    finally:
        engine.stop()
    return 0


def _image() -> int:
    cluster = _recorded()
    with side_by_side() as steps:
        made = parts.begin(steps, cluster.engine, LOGS)
        cluster.load(parts.own_image(cluster.engine, made, LOGS))
        # What runs of the old image may be what fails: it is not waited for.
        release.install(cluster, made.tools.result()["helm"], wait=False)
    release.restart(cluster)
    return 0


def _made(cluster: Cluster) -> dict[str, str]:
    """The tests' variables: there is a cluster, so none of them may be skipped for want of one."""
    return cluster.variables | {"E2E_CLUSTER_MADE": "1", "E2E_NODE": f"{NAME}-control-plane"}


def _test(variables: Mapping[str, str], for_pytest: Sequence[str]) -> int:
    if for_pytest:
        return _pytest(variables, for_pytest)
    # Most of a test is waiting for pods: four at a time keep two cores busy, and disturb each other as users do.
    code = _pytest(variables, ["-q", "-m", "not alone", "-n", "4", "--dist", "loadgroup", "--durations=8"])
    return _pytest(variables, ["-q", "-m", "alone"]) or code


def _pytest(variables: Mapping[str, str], options: Sequence[str]) -> int:
    python = ROOT / ".venv" / "bin" / "python"
    command = [str(python), "-m", "pytest", *options, str(ROOT / "e2e" / "tests")]
    return subprocess.run(command, env=dict(variables), cwd=ROOT, check=False).returncode


def down() -> int:
    """End what `up` made, by what it wrote down; nothing else."""
    if not (state := _state()):
        return 0
    engine = Engine.from_state(state)
    if engine.answers():
        _cluster(engine).delete()
    engine.stop()
    (cache() / "state.json").unlink()
    tell("down")
    return 0


def _state() -> dict[str, object] | None:
    try:
        state: dict[str, object] = json.loads((cache() / "state.json").read_text())
    except FileNotFoundError:
        return None
    return state


def _cluster(engine: Engine) -> Cluster:
    return parts.cluster(engine, ensure(parts.TOOLS, tell=tell), LOGS)


def _recorded() -> Cluster:
    if not (state := _state()):
        raise Failed("no cluster is up; `python3 e2e/run.py up` makes one")
    return _cluster(Engine.from_state(state))
