"""Our chart, installed with Helm as anybody would, and asked by `helm test` whether it answers."""

from __future__ import annotations

from pathlib import Path

from lab.clusters import Cluster
from lab.commands import run

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "joinery"
VALUES = Path(__file__).resolve().parents[1] / "values.yaml"
NAMESPACE = "joinery-system"
RELEASE = "joinery"


def install(cluster: Cluster, helm: Path, *, wait: bool = True) -> None:
    """Install or upgrade, and wait until its pods are ready; `restart` follows a new image of the same tag."""
    log = cluster.logs / "helm.log"
    options: list[str | Path] = ["--namespace", NAMESPACE, "--create-namespace", "--values", VALUES]
    options += ["--wait", "--timeout", "5m"] if wait else []
    run(helm, "upgrade", "--install", RELEASE, CHART, *options, log=log, environment=cluster.variables)


def restart(cluster: Cluster) -> None:
    cluster.ask("--namespace", NAMESPACE, "rollout", "restart", "deployment")
    for deployment in cluster.ask("--namespace", NAMESPACE, "get", "deployments", "--output=name").split():
        cluster.ask("--namespace", NAMESPACE, "rollout", "status", deployment, "--timeout=180s")


def check(cluster: Cluster, helm: Path) -> None:
    log = cluster.logs / "helm.log"
    run(helm, "test", RELEASE, "--namespace", NAMESPACE, "--timeout", "2m", log=log, environment=cluster.variables)
