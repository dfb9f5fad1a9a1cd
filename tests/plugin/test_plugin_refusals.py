"""What cannot be answered is said with its reason: not resolved, lost, not there, misspelt, no cluster."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin_world import Plugin, World

from cluster_fixtures import Admin

SAID: dict[str, tuple[tuple[str, ...], str]] = {
    "waiting": (("params", "waiting"), "operation `waiting` is not resolved: Resolved is Unknown, WaitingForRuns"),
    "few": (("params", "few"), "operation `few` is not resolved: Resolved is False, TooFewRuns"),
    "no operation": (("params", "bst"), "did you mean `best`?"),
    "no run": (("lineage", "trian-1"), "did you mean `train-1`"),
    "no run to explain": (("explain", "best", "--run", "trian-1"), "trian-1"),
    "kind": (("lineage", "rnu/train-1"), "there is no kind `rnu` here"),
    "wrong kind": (("params", "run/train-1"), "is a Run, and this takes an Operation"),
    "path": (("params", "../secrets"), "there is no kind `..` here"),
    "capital": (("params", "Best"), "is no name of an object"),
    "namespace": (("params", "best", "-n", "a/b"), "is no name of a namespace"),
    "query": (("search", "metric.loss: <1"), "did you mean `metrics.loss`?"),
    "long name": (("rerun", "best", "--name", "x" * 53), "has 53 characters"),
    "name in use": (("rerun", "best", "--name", "large"), "there is an Operation `large`"),
    "bad name": (("rerun", "best", "--name", "other_one"), "is no name of an object"),
}


@pytest.mark.parametrize("what", SAID)
def test_refusals(plugin: Plugin, what: str) -> None:
    command, said = SAID[what]
    result = plugin(*command)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def damage(world: World, name: str, change: Callable[[dict[str, object]], None]) -> str:
    """A copy of the large operation under ``name`` whose ConfigMap was changed; the ConfigMap's name."""
    original = world.get("operations", "large")
    wrong = world.get("configmaps", original["status"]["configMaps"][0])
    part = {key: wrong[key] for key in ("binaryData", "immutable")}
    part["metadata"] = {
        "name": f"{name}-{secrets.token_hex(3)}",
        "annotations": wrong["metadata"]["annotations"],
    }
    change(part)
    world.create("configmaps", part)
    copied = {key: original[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": name}}
    made = world.create("operations", copied)
    made["status"] = original["status"] | {
        "configMaps": [part["metadata"]["name"], *original["status"]["configMaps"][1:]]
    }
    world.admin.request("PUT", f"{world.path('operations', name)}/status", made)
    return str(part["metadata"]["name"])


def test_a_lost_snapshot(plugin: Plugin, world: World) -> None:
    called = damage(world, "lost", lambda part: None)
    assert plugin("params", "lost", "-o", "name").exit_code == 0
    world.delete("configmaps", called)
    result = plugin("params", "lost")
    assert result.exit_code == 1
    assert f"ConfigMap `{called}` is gone" in result.stderr
    assert "rerun" in result.stderr
    world.delete("operations", "lost")


def test_a_damaged_snapshot(plugin: Plugin, world: World) -> None:
    def flip(part: dict[str, object]) -> None:
        data = part["binaryData"]
        assert isinstance(data, dict)
        raw = bytearray(base64.b64decode(data["snapshot.json.gz"]))
        raw[len(raw) // 2] ^= 1
        data["snapshot.json.gz"] = base64.b64encode(bytes(raw)).decode()

    called = damage(world, "damaged", flip)
    result = plugin("params", "damaged", "-o", "json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"ConfigMap {called} is not what was written: its checksum differs" in result.stderr
    world.delete("operations", "damaged")


def test_a_value_that_is_not_the_one_that_status_summed_up(plugin: Plugin, world: World) -> None:
    damage(world, "other", lambda part: None)
    status = world.get("operations", "other")
    status["status"]["params"]["everything"]["sha256"] = "0" * 64
    world.admin.request("PUT", f"{world.path('operations', 'other')}/status", status)
    result = plugin("params", "other", "everything")
    assert result.exit_code == 1
    assert "the value of param `everything` is not what was recorded" in result.stderr
    world.delete("operations", "other")


def test_a_run_and_an_operation_of_one_name(plugin: Plugin, world: World) -> None:
    world.create("runs", {"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", "metadata": {"name": "large"}})
    try:
        result = plugin("lineage", "large")
        assert result.exit_code == 1
        assert "write `run/large` or `operation/large`" in result.stderr
        assert plugin("lineage", "run/large").stdout.startswith("large  –\n")
        assert "by operation large" in plugin("lineage", "operation/large").stdout
    finally:
        world.delete("runs", "large")


def test_the_lineage_of_an_operation_that_is_gone(plugin: Plugin, world: World) -> None:
    uuid = secrets.token_hex(16)
    run = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {"name": f"former-{uuid[:8]}", "labels": {"joinery.dev/operation": "former"}},
        "spec": {"uuid": uuid},
    }
    world.create("runs", run)
    try:
        for name in ("former", "op/former", uuid):
            assert "by operation former" in plugin("lineage", name).stdout
    finally:
        world.delete("runs", f"former-{uuid[:8]}")


def test_rerun_searches_anew_under_a_new_name(plugin: Plugin, world: World) -> None:
    source = world.get("operations", "best")
    copied = {key: source[key] for key in ("apiVersion", "kind", "spec")}
    copied["spec"]["stop"] = True
    last = "kubectl.kubernetes.io/last-applied-configuration"
    copied["metadata"] = {
        "name": "y" * 50 + "-1",
        "labels": {"team": "vision"},
        "annotations": {last: "{}", "joinery.dev/user": "ada"},
        "finalizers": ["example.com/hold"],
    }
    world.create("operations", copied)
    made = [plugin("rerun", "y" * 50 + "-1", "-o", "name").stdout.strip() for _ in range(2)]
    assert made == [f"operation.joinery.dev/{'y' * 49}-r{number}" for number in (1, 2)]
    assert plugin("rerun", "best", "--name", "op/other", "--dry-run", "-o", "name").stdout.split("/")[1] == "other\n"
    again = plugin("rerun", made[0].rpartition("/")[2])
    assert again.stdout == f"operation.joinery.dev/{'y' * 49}-r3 created\n"
    new = world.get("operations", "y" * 49 + "-r1")
    assert new["metadata"]["labels"] == {"team": "vision"}
    assert new["metadata"]["annotations"] == {"joinery.dev/user": "ada"}
    assert "finalizers" not in new["metadata"]
    assert new["spec"]["stop"] is False
    assert {**new["spec"], "stop": True} == copied["spec"]
    assert not new["status"].get("digest")
    world.patch("operations", "y" * 50 + "-1", {"metadata": {"finalizers": None}})


def test_no_cluster(plugin: Plugin, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    result = plugin("params", "best", "--kubeconfig", missing)
    assert result.exit_code == 1
    assert "no API server to talk to" in result.stderr
    assert "--kubeconfig" in result.stderr
    result = plugin("search", "", "--context", "nowhere")
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
    text = world.kubeconfig().read_text()
    broken = tmp_path / "broken"
    broken.write_text(text.replace(world.admin.server.url, "https://127.0.0.1:9"))
    result = plugin("params", "best", "--kubeconfig", broken)
    assert result.exit_code == 1
    assert "is the API server up" in result.stderr


def test_a_cluster_and_files_do_not_go_together(plugin: Plugin, tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": []}))
    for command in (("search", ""), ("explain", "--query", "", "--run", "x"), ("resolve", "-f", "x.yaml")):
        result = plugin(*command, "--runs", tmp_path / "runs.json", "--context", "x")
        assert result.exit_code == 2
        assert "--context" in result.stderr


def test_a_cluster_without_joinery(make_server: Callable[..., object], tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from joinery.cli.app import build

    server = make_server(crds=False)
    admin = Admin(server)
    config = str(admin.server.kubeconfig(namespace="default"))
    for command in (("search", ""), ("params", "best"), ("lineage", "best"), ("rerun", "best")):
        result = CliRunner().invoke(build(), [*command, "--kubeconfig", config])
        assert result.exit_code == 1
        assert "Joinery is not installed there" in result.stderr
    server.stop()
