"""The kind cluster: made, waited for until names resolve in it, given images, deleted."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.commands import Failed, output, run, tell
from lab.engine import Engine

CONFIG = Path(__file__).resolve().parents[1] / "kind.yaml"
NAME = "joinery-e2e"
NETWORK = "kind"  # kind's own name for the network that it makes


@dataclass(frozen=True, kw_only=True)
class Cluster:
    engine: Engine
    kind: Path
    kubectl: Path
    kubeconfig: Path
    logs: Path

    @property
    def variables(self) -> dict[str, str]:
        return self.engine.variables | {"KUBECONFIG": str(self.kubeconfig)}

    def create(self, own_node_image: Callable[[], str]) -> None:
        """Make it, with kind's own node image if the engine can have it, else with ours."""
        self.delete()
        if image := os.environ.get("E2E_NODE_IMAGE"):
            self._create("--image", image)
        elif self.engine.ours:
            self._create("--image", own_node_image())
        else:
            try:
                self._create()
            except Failed as refused:
                if "failed to pull image" not in str(refused):
                    raise
                tell("kind's node image cannot be had from here: making one")
                self.delete()
                self._create("--image", own_node_image())
        self._wait_for_names()

    def _create(self, *options: str) -> None:
        # --retain: a node that failed is there to be looked at until the next `create` or `delete`.
        self._kind("create", "cluster", "--config", CONFIG, "--wait=180s", "--retain", *self._file, *options)

    @property
    def _file(self) -> tuple[str | Path, ...]:
        return "--kubeconfig", self.kubeconfig

    def _kind(self, *arguments: str | Path) -> None:
        run(self.kind, *arguments, log=self.logs / "kind.log", environment=self.variables)

    def _wait_for_names(self) -> None:
        """kind calls a cluster ready before names resolve in it."""
        self.ask("--namespace=kube-system", "rollout", "status", "deployment/coredns", "--timeout=180s")

    def ask(self, *arguments: str) -> str:
        """What kubectl prints."""
        return output(self.kubectl, *arguments, environment=self.variables)

    def load(self, image: str) -> None:
        """Hand an image of the engine to the nodes."""
        self._kind("load", "docker-image", "--name", NAME, image)

    def load_archive(self, file: Path) -> None:
        """Hand an image that lies in a file to the nodes."""
        self._kind("load", "image-archive", "--name", NAME, file)

    def smoke(self, image: str, *, patience: float = 120.0) -> float:
        """Run one Job that asks for a name; the seconds from apply to done. Raises Failed if it does not end well."""
        script = "import socket; print(socket.gethostbyname('kubernetes.default.svc.cluster.local'))"
        container = {"name": "main", "image": image, "command": ["python3", "-c", script]}
        pod = {"restartPolicy": "Never", "containers": [container]}
        manifest = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "smoke", "namespace": "default"},
            "spec": {"backoffLimit": 0, "template": {"spec": pod}},
        }
        file = self.logs / "smoke.json"
        file.write_text(json.dumps(manifest))
        self.ask("delete", "job", "smoke", "--namespace=default", "--ignore-not-found")
        started = time.monotonic()
        self.ask("create", "--filename", str(file))
        while time.monotonic() < started + patience:
            status = json.loads(self.ask("get", "job", "smoke", "--namespace=default", "--output=json"))["status"]
            if status.get("succeeded"):
                took = time.monotonic() - started
                self.ask("delete", "job", "smoke", "--namespace=default")
                return took
            if status.get("failed"):
                break
            time.sleep(0.3)
        said = self.ask("describe", "pods", "--namespace=default", "--selector=job-name=smoke")
        raise Failed(f"a Job that asks for a name in the cluster did not succeed:\n{said[-2500:]}")

    def save_logs(self) -> Path:
        """What the nodes and the pods logged, for reading after a failure."""
        folder = self.logs / "cluster"
        with contextlib.suppress(Failed):
            self._kind("export", "logs", folder, "--name", NAME)
        return folder

    def failed_starts(self, *, count: int = 12) -> str:
        """The last things that the nodes' containerd could not do: what a container that never started died of."""
        logs = sorted((self.logs / "cluster").glob("*/containerd.log"))
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        lines = [line for line in lines if "level=error" in line and "not found" not in line]
        return "\n".join(line[:600] for line in lines[-count:])

    def delete(self) -> None:
        self._kind("delete", "cluster", "--name", NAME, *self._file)
        if self.engine.ours:  # the bridge of an engine that goes would stay on the machine
            with contextlib.suppress(Failed):
                self.engine.output("network", "rm", NETWORK)
