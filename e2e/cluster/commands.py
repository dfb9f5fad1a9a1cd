"""The commands of `cluster.py`: build, up, down."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from cluster.build import Unavailable, ensure, say
from cluster.process import Process
from cluster.programs import PROGRAMS, SERVER
from cluster.server import NotReady, Server

STATE = "state.json"
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "cluster"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="cluster.py", description="A Kubernetes API server from Go modules.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="find or build programs, and print where each one is")
    build.add_argument("programs", nargs="*", help=f"of {', '.join(PROGRAMS)}; {', '.join(SERVER)} and kubectl if none")
    up = commands.add_parser("up", help="start an API server and print the path of its kubeconfig")
    up.add_argument("--controllers", action="store_true", help="garbage collection, Jobs and namespaces too")
    down = commands.add_parser("down", help="end it and remove its data")
    for command in (up, down):
        command.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="where its state is (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "build":
                return _build(options.programs)
            case "up":
                return _up(options.folder.absolute(), controllers=options.controllers)
            case _:
                return _down(options.folder.absolute())
    except (Unavailable, NotReady) as problem:
        say(f"error: {problem}")
        return 1
    except KeyboardInterrupt:
        return 130


def _build(names: Sequence[str]) -> int:
    if unknown := [name for name in names if name not in PROGRAMS]:
        say(f"error: no such program: {', '.join(unknown)}; there are {', '.join(PROGRAMS)}")
        return 2
    for name, path in ensure(names or [*SERVER, "kubectl"]).items():
        print(f"{name}={path}")
    return 0


def _up(folder: Path, *, controllers: bool) -> int:
    if running := [process.name for process in _recorded(folder) if process.alive]:
        say(f"already up in {folder}: {', '.join(running)}")
        print(folder / "kubeconfig")
        return 0
    _remove(folder)
    wanted = [*SERVER, "kubectl", *(["kube-controller-manager"] if controllers else [])]
    server = Server(folder=folder, programs=ensure(wanted), with_parent=False)
    try:
        server.start()
        if controllers:
            server.start_controllers()
        (folder / "kubeconfig").symlink_to(server.kubeconfig())
        state = [asdict(process) for process in server.processes.values()]
        (folder / STATE).write_text(json.dumps(state, indent=1))
    except BaseException:
        server.stop(kill=True)
        raise
    say(f"up: {server.url}; try\n  export KUBECONFIG={folder / 'kubeconfig'}")
    print(folder / "kubeconfig")
    return 0


def _down(folder: Path) -> int:
    processes = _recorded(folder)
    if not processes:
        say(f"nothing is up in {folder}")
        return 0
    for process in reversed(processes):
        process.end()
    _remove(folder)
    say(f"down: {', '.join(process.name for process in processes)}")
    return 0


def _recorded(folder: Path) -> list[Process]:
    try:
        return [Process(**one) for one in json.loads((folder / STATE).read_text())]
    except FileNotFoundError:
        return []


def _remove(folder: Path) -> None:
    """Remove what a cluster of ours left; a folder that holds anything else is not ours to empty."""
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / STATE).exists() and not (folder / "tokens.csv").exists():
        raise NotReady(f"{folder} is not empty and holds no cluster: name another with --folder")
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
