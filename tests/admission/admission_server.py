"""An admission server as users run it: the program `joinery admission`, on ports of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from cluster.process import free_port


class Admission:
    """A running `joinery admission`; ``port`` answers reviews, ``probes_port`` probes and metrics."""

    def __init__(self, *arguments: str, log: Path, kubeconfig: Path | None = None) -> None:
        self.log, self.port, self.probes_port = log, free_port(), free_port()
        environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
        if kubeconfig is not None:
            environment["KUBECONFIG"] = str(kubeconfig)
        ports = [f"--listen=127.0.0.1:{self.port}", f"--probes=127.0.0.1:{self.probes_port}"]
        command = [sys.executable, "-m", "joinery.cli.main", "admission", *ports, *arguments]
        with log.open("ab") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    def get(self, path: str) -> tuple[int, str]:
        """A probe; status 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.probes_port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_for(self, condition: Callable[[], bool], *, timeout: float = 180) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert self.process.poll() is None, f"admission ended:\n{self.text()}"
            assert time.monotonic() < deadline, f"in vain:\n{self.text()}"
            time.sleep(0.02)

    def wait_ready(self) -> None:
        self.wait_for(lambda: self.get("/readyz")[0] == 200)

    def wait_for_log(self, text: str) -> None:
        self.wait_for(lambda: text in self.text())

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(180)

    def text(self) -> str:
        return self.log.read_text(errors="replace")[-20_000:]
