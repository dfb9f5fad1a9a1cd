"""The demo's second part: the operation that was just resolved offline, in a real cluster.

    python examples/demo/demo.py

It starts an API server of its own in a temporary folder, applies our kinds, the sweep's Runs and its operation with
kubectl, runs `joinery operator`, and ends it all, whether it came to its end, failed or was interrupted. Your own
kubeconfig, its current context and your home directory are neither read nor written.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))

from cluster.process import free_port
from ways import NOTHING, Cluster, Failed, choose

ROOT = Path(__file__).resolve().parents[2]
OPERATION = "compare-sweep"
PATIENCE = 120.0  # seconds for anything that takes a moment, on a machine that is busy with much else


class Terminal:
    """Runs commands as a user types them: shown, in the repository's folder, with the demo's kubeconfig alone."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.folder = folder
        # `kubectl joinery` is found on PATH, as any plugin; kubectl keeps its cache and preferences here, not at home.
        path = os.pathsep.join([str(cluster.kubectl.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("JOINERY_")},
            "PATH": path,
            "KUBECONFIG": str(cluster.kubeconfig),
            "KUBECACHEDIR": str(folder / "kubectl-cache"),
            "KUBERC": "off",
        }

    def __call__(self, *command: str, shortened: bool = False) -> None:
        """Run it to its end. ``shortened`` prints the first line of what it says, and how many there are."""
        show(" ".join(command))
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False
        )
        lines = done.stdout.splitlines()
        if shortened and len(lines) > 3:
            lines = [lines[0], f"… {len(lines)} in all"]
        print("\n".join(lines), flush=True)
        if done.returncode != 0:
            raise Failed(f"`{' '.join(command)}` ended with {done.returncode}")

    def wait_for(self, *command: str) -> None:
        """Until it succeeds, unseen: a kind that is Established is served a moment later."""
        deadline = time.monotonic() + PATIENCE
        while subprocess.run(
            command, env=self.environment, capture_output=True, timeout=PATIENCE, check=False
        ).returncode:
            if time.monotonic() > deadline:
                raise Failed(f"`{' '.join(command)}` does not succeed")
            time.sleep(0.2)

    @contextmanager
    def started(self, *command: str, log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
        """Run it beside what follows and end it, by its id, after the block."""
        show(" ".join(command) + " &")
        with log.open("w") if log else contextlib.nullcontext() as kept:
            process = subprocess.Popen(
                command,
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=kept or subprocess.PIPE,
                stderr=kept,
                text=True,
                start_new_session=True,  # Ctrl-C is for us: we end it in order
            )
            try:
                yield process
            finally:
                _end(process)
                if process.stdout:
                    process.stdout.close()


def show(command: str) -> None:
    """The command line, as a prompt shows it."""
    shown = f"$ {command}"
    print(f"\n\033[1m{shown}\033[0m" if sys.stdout.isatty() else f"\n{shown}", flush=True)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_ready(operator: subprocess.Popen[str], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if operator.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except urllib.error.HTTPError as not_yet:
            not_yet.close()
        except OSError:
            pass
        time.sleep(0.1)
    raise Failed("the operator did not become ready; its last lines:\n" + log.read_text(errors="replace")[-2_000:])


def _print_until_resolved(watch: subprocess.Popen[str]) -> None:
    """What `kubectl get ops --watch` says, up to the line that has RESOLVED True."""
    late = threading.Timer(PATIENCE, watch.kill)  # the stream ends, and with it the reading
    late.start()
    try:
        for line in watch.stdout or ():
            print(line, end="", flush=True)
            if line.split()[:2] == [OPERATION, "True"]:
                return
    finally:
        late.cancel()
    raise Failed(f"operation {OPERATION} was not resolved within {PATIENCE:.0f} s; the operator's words are above")


def play(terminal: Terminal) -> None:
    """The commands, one after the other."""
    terminal("kubectl", "apply", "-k", "deploy/crds", shortened=True)
    terminal("kubectl", "wait", "--for=condition=Established", "crd", "--all", shortened=True)
    terminal.wait_for("kubectl", "get", "runs,operations")
    terminal("kubectl", "apply", "-f", "examples/sweep/runs", shortened=True)
    port, log = free_port(), terminal.folder / "operator.log"
    with terminal.started("joinery", "operator", "--no-launch", f"--listen=127.0.0.1:{port}", log=log) as operator:
        _wait_ready(operator, port, log)
        with terminal.started("kubectl", "get", "ops", "--watch") as watch:
            terminal("kubectl", "apply", "-f", "examples/sweep/operation.yaml")
            try:
                _print_until_resolved(watch)
            except Failed:
                print(log.read_text(errors="replace")[-2_000:])
                raise
        terminal("kubectl", "get", "ops")
        terminal("kubectl", "joinery", "params", OPERATION)


def main() -> int:
    """Choose a way, play, clean up. 0: shown, or there is no way to a cluster; 1: it went wrong."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a job in the background was started without it
        signal.signal(ending, _interrupted)
    way = choose()
    if way is None:
        print(f"\n{NOTHING}")
        return 0
    print(f"\nNow in a real cluster: {way.about}.\n`make demo OFFLINE=1` stops before this.", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="joinery-demo-") as name, way.cluster(Path(name)) as cluster:
            play(Terminal(cluster, Path(name)))
    except (Failed, subprocess.TimeoutExpired) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: everything that was started has ended", file=sys.stderr)
        return 130
    print("\nThe operator and its cluster have ended. docs/install.md: the same in a cluster of yours.")
    return 0


def _interrupted(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
