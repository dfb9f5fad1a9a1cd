"""The chart in a real API server: rendered by Helm, installed once, tried with people of different rights."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from chart_people import bind
from chart_tools import (
    CHART,
    INSTALLED,
    KUBERNETES,
    RELEASE_NAMESPACE,
    Helm,
    Manifests,
    Person,
    Render,
    wait_for_policies,
)
from cluster.server import Server

from cluster_fixtures import Admin


@pytest.fixture(scope="session")
def api_server(make_server: Callable[..., Server]) -> Server:
    """A server of this folder's own: the chart's policies hold in all of it, and every request is recorded.

    Without WatchList, so that the operator's other way to read all Runs, by pages, needs its right too.
    """
    return make_server(crds=False, audit=True, api_arguments=["--feature-gates=WatchList=false"])


@pytest.fixture(scope="session")
def admin(api_server: Server) -> Admin:
    return Admin(api_server)


@pytest.fixture(scope="session")
def helm(cluster_programs: Callable[..., Mapping[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """``helm("template", …)``; it fails the test where the program fails, save with ``check=False``."""
    program, home = cluster_programs("helm")["helm"], tmp_path_factory.mktemp("helm")

    def run(*arguments: str, kubeconfig: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"HOME": str(home), "KUBECONFIG": str(kubeconfig or home / "none")}
        done = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"helm {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        return done

    return run


@pytest.fixture(scope="session")
def render(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """``render({"namespaces": ["a"]})``: what the chart makes of these values."""

    def make(values: Mapping[str, Any] | None = None, *, release: str = "joinery") -> Manifests:
        file = tmp_path_factory.mktemp("values") / "values.yaml"
        file.write_text(json.dumps(values or {}))
        text = helm(
            "template", release, str(CHART), f"--namespace={RELEASE_NAMESPACE}",
            f"--kube-version={KUBERNETES}", f"--values={file}",
        ).stdout  # fmt: skip
        return [manifest for manifest in yaml.safe_load_all(text) if manifest]

    return make


@pytest.fixture(scope="session")
def installed(helm: Helm, admin: Admin, tmp_path_factory: pytest.TempPathFactory) -> Admin:
    """The chart, installed by Helm with ``INSTALLED``; its policies are in force."""
    file = tmp_path_factory.mktemp("installed") / "values.yaml"
    file.write_text(json.dumps(INSTALLED))
    helm(
        "install", "joinery", str(CHART), f"--namespace={RELEASE_NAMESPACE}", "--create-namespace",
        f"--values={file}", kubeconfig=admin.server.kubeconfig(),
    )  # fmt: skip
    for plural in ("operations", "searches", "components", "connections", "runs"):
        admin._wait_served(f"/apis/joinery.dev/v1alpha1/{plural}")
    wait_for_policies(admin)
    return admin


@pytest.fixture
def person(installed: Admin, namespace: str) -> Person:
    """``person("alice", rules)``: somebody with just these rights in the test's namespace."""

    def make(user: str, rules: Sequence[Any]) -> Admin:
        bind(installed, namespace, user, rules, name=user)
        return Admin(installed.server, user=user)

    return make


@pytest.fixture
def make_namespace(admin: Admin) -> Callable[[], str]:
    """``make_namespace()``: one more namespace, made anew."""

    def make() -> str:
        name = f"t-{secrets.token_hex(4)}"
        admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    return make
