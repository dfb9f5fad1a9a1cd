"""What is made from the chart and the API types is up to date, and kustomize and a real API server take it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import generate
import pytest
import yaml
from chart_tools import ROOT, of_kind

from cluster_fixtures import Admin

Build = Callable[[str], list[dict[str, Any]]]
MEND = "run: python deploy/generate.py"


def test_crds_readme_and_health_patch_are_up_to_date() -> None:
    assert generate.stale(generate.from_sources()) == [], MEND


def test_the_kustomize_base_is_what_the_chart_renders(cluster_programs: Callable[..., Mapping[str, Path]]) -> None:
    made = generate.from_chart(str(cluster_programs("helm")["helm"]))
    assert generate.stale(made) == [], MEND
    assert {path.name for path in made} == {path.name for path in (generate.DEPLOY / "base").iterdir()}


def test_a_change_of_the_chart_is_seen(tmp_path: Path) -> None:
    """The comparison is no formality: it names the file."""
    [path] = [path for path in generate.from_sources() if path.name == "README.md"]
    assert generate.stale({path: path.read_text() + "x"}) == [path]
    assert generate.stale({tmp_path / "new.yaml": ""}) == [tmp_path / "new.yaml"]


@pytest.fixture
def build(cluster_programs: Callable[..., Mapping[str, Path]], tmp_path: Path) -> Build:
    """``build("base")``: what `kubectl kustomize deploy/base` prints."""
    program = cluster_programs("kubectl")["kubectl"]

    def make(folder: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [program, "kustomize", str(ROOT / "deploy" / folder)],
            env=os.environ | {"HOME": str(tmp_path)}, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]

    return make


def test_an_overlay_changes_image_replicas_and_memory(build: Build) -> None:
    base, large = build("base"), build("overlays/large")
    assert len(of_kind(base, "CustomResourceDefinition")) == 5
    assert [m["metadata"]["name"] for m in base] == [m["metadata"]["name"] for m in large]
    assert all(
        crd["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/prune"] == "disabled"
        for crd in of_kind(base, "CustomResourceDefinition")
    )
    [deployment] = of_kind(large, "Deployment", "joinery-operator")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert deployment["spec"]["replicas"] == 2
    assert container["image"] == "registry.example.com/joinery:0.1.0"
    assert container["resources"]["limits"]["memory"] == "2Gi"
    assert "--leader-elect" in container["args"]
    assert "Helm" not in str(base)


@pytest.mark.parametrize("folder", ["base", "overlays/large"])
def test_a_real_api_server_takes_it(
    installed: Admin, cluster_programs: Callable[..., Mapping[str, Path]], folder: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            cluster_programs("kubectl")["kubectl"], "apply", "--server-side", "--dry-run=server", "--validate=strict",
            "--force-conflicts", "-k", str(ROOT / "deploy" / folder),
        ],
        env=os.environ | {"KUBECONFIG": str(installed.server.kubeconfig()), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "deployment.apps/joinery-admission" in done.stdout
