"""With the real kubectl: waiting, explaining, getting, applying a folder in any order, and the plugin itself."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cluster.server import Server

from cluster_fixtures import Kubectl
from operator_fixtures import Objects, Operator, operation, run

Start = Callable[..., Operator]


def selection(name: str = "select", *, runs: int = 3) -> dict[str, Any]:
    """The best of the trainings, once there are so many."""
    join = {
        "query": "tags: sweep, metrics.loss: <0.5",
        "sort": "metrics.loss",
        "limit": 3,
        "minRuns": runs,
        "waitFor": "1h",
        "params": {"losses": {"value": "metrics.loss"}},
    }
    return operation(name, join, suspend=True)


def training(number: int) -> dict[str, Any]:
    return run(f"train-{number}", loss=number / 10, tags=["sweep"])


def write(folder: Path, *manifests: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for number, manifest in enumerate(manifests):
        (folder / f"{number:02}-{manifest['kind'].lower()}.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.spec("1:43", "1:44")
@pytest.mark.parametrize("order", ["operation first", "operation last", "shuffled"])
def test_a_folder_of_trainings_and_the_selection_over_them(
    start_operator: Start, kubectl: Kubectl, objects: Objects, tmp_path: Path, order: str
) -> None:
    manifests = [selection(), *(training(number) for number in (3, 1, 2))]
    match order:
        case "operation last":
            manifests.reverse()
        case "shuffled":
            random.Random(order).shuffle(manifests)
    start_operator()
    kubectl("apply", "-f", str(write(tmp_path / "folder", *manifests)))
    kubectl("wait", "--for=condition=Resolved", "operation/select", "--timeout=180s")
    status = objects.get("operations", "select")["status"]
    assert status["params"]["losses"]["value"] == [0.1, 0.2, 0.3]
    assert status["joins"][0]["matched"] == 3


@pytest.mark.spec("1:43", "1:44")
def test_a_waiting_selection_is_woken_by_runs_that_arrive(
    start_operator: Start, kubectl: Kubectl, objects: Objects, tmp_path: Path
) -> None:
    start_operator()
    kubectl("apply", "-f", str(write(tmp_path / "first", training(2), selection())))
    objects.wait("select", "Resolved", "Unknown", reason="WaitingForRuns")
    early = kubectl("wait", "--for=condition=Resolved", "operation/select", "--timeout=1s", check=False)
    assert early.returncode != 0
    kubectl("apply", "-f", str(write(tmp_path / "second", training(9), training(1), training(3))))
    kubectl("wait", "--for=condition=Resolved", "operation/select", "--timeout=180s")
    assert objects.get("operations", "select")["status"]["params"]["losses"]["value"] == [0.1, 0.2, 0.3]
    # A training that comes after changes nothing: a resolution is a snapshot.
    kubectl("apply", "-f", str(write(tmp_path / "third", run("late", loss=0.01, tags=["sweep"]))))
    assert objects.get("operations", "select")["status"]["params"]["losses"]["value"] == [0.1, 0.2, 0.3]


def test_an_operation_finds_a_component_and_a_search_that_come_after_it(
    start_operator: Start, kubectl: Kubectl, objects: Objects, tmp_path: Path
) -> None:
    first = operation("late", {"ref": "low", "params": {"losses": {"value": "metrics.loss"}}}, suspend=True)
    component = {"apiVersion": first["apiVersion"], "kind": "Component", "metadata": {"name": "print"}}
    component["spec"] = first["spec"].pop("component")
    first["spec"]["componentRef"] = {"name": "print"}
    search = {"apiVersion": first["apiVersion"], "kind": "Search", "metadata": {"name": "low"}}
    search["spec"] = {"query": "metrics.loss: <0.5"}
    start_operator()
    folder = write(tmp_path / "folder", first, component, search, training(1))
    (folder / "00-operation.json").rename(folder / "00-a.json")
    kubectl("apply", "-f", str(folder))
    kubectl("wait", "--for=condition=Resolved", "operation/late", "--timeout=180s")
    assert objects.get("operations", "late")["status"]["params"]["losses"]["value"] == [0.1]


def test_get_ops(start_operator: Start, kubectl: Kubectl, objects: Objects) -> None:
    objects.create("runs", run("train-1", loss=0.1))
    start_operator()
    objects.create("operations", operation("best", suspend=True))
    status = objects.wait("best", "Resolved", "True")["status"]
    heads, row = kubectl("get", "ops").stdout.splitlines()
    assert heads.split() == ["NAME", "RESOLVED", "RUNS", "SUCCEEDED", "REASON", "AGE"]
    assert row.split()[:5] == ["best", "True", "1", "Unknown", "Suspended"]
    heads, row = kubectl("get", "ops", "-o", "wide").stdout.splitlines()
    assert heads.split()[-2:] == ["RUN", "JOB"]
    assert status["runRef"]["name"] in row
    names = kubectl("get", "joinery", "-o", "name").stdout.split()
    assert names == [
        "operation.joinery.dev/best",
        f"run.joinery.dev/{status['runRef']['name']}",
        "run.joinery.dev/train-1",
    ]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("operations.spec.joins", ["query", "sort", "limit", "offset", "params", "minRuns", "waitFor", "onNull"]),
        ("operations.spec.joins.params", []),
        ("operations.status.joins", ["candidates", "matched", "taken", "runs"]),
        ("runs.spec", ["uuid", "createdAt", "inputs"]),
        ("searches.spec.query", []),
    ],
)
def test_kubectl_explain_describes_each_field(kubectl: Kubectl, path: str, words: list[str]) -> None:
    said = kubectl("explain", path).stdout
    assert "DESCRIPTION:" in said
    assert "<empty>" not in said
    for word in words:
        assert f"\n  {word}\t<" in said


def test_kubectl_joinery_is_a_plugin(
    kubectl: Kubectl,
    cluster_programs: Callable[..., Mapping[str, Path]],
    api_server: Server,
    objects: Objects,
    tmp_path: Path,
) -> None:
    objects.create("runs", run("train-1", loss=0.1))
    installed = tmp_path / "bin"
    installed.mkdir()
    (installed / "kubectl-joinery").symlink_to(Path(sys.executable).parent / "kubectl-joinery")
    environment = {
        "PATH": f"{installed}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(api_server.kubeconfig(namespace=objects.namespace)),
    }

    def plugin(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(cluster_programs("kubectl")["kubectl"]), "joinery", *arguments]
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, timeout=240)

    listed = subprocess.run(
        [str(cluster_programs("kubectl")["kubectl"]), "plugin", "list"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert str(installed / "kubectl-joinery") in listed.stdout
    assert "Usage: kubectl joinery" in plugin("--help").stdout
    assert plugin("search", "metrics.loss: <1", "-o", "name").stdout == "run.joinery.dev/train-1\n"
    preview = plugin("resolve", "-f", "-", "-o", "json", stdin=json.dumps(operation("new")))
    assert json.loads(preview.stdout)["params"]["losses"]["value"] == [0.1]
    refused = plugin("params", "nothing")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "there is no Operation `nothing`" in refused.stderr
    made = plugin("rerun", "nothing")
    assert made.returncode == 1
