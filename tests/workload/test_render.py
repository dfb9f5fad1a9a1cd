"""``joinery render``: the Job and its ConfigMaps, offline, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

SWEEP = Path(__file__).parents[2] / "examples" / "sweep"
CONNECTION = """
apiVersion: joinery.dev/v1alpha1
kind: Connection
metadata: {name: store}
spec:
  kind: s3
  default: true
  schema: {bucket: models}
  secret: {name: keys}
"""


def render(*arguments: str | Path, operation: str = "operation.yaml") -> Result:
    from joinery.cli.app import build

    given = ["render", "-f", SWEEP / operation, "--runs", SWEEP / "runs", *arguments]
    return CliRunner().invoke(build(), [str(one) for one in given], prog_name="joinery")


@pytest.fixture
def connection(tmp_path: Path) -> Path:
    path = tmp_path / "connection.yaml"
    path.write_text(CONNECTION)
    return path


def test_it_prints_config_maps_then_the_job(connection: Path) -> None:
    result = render("-f", connection, "--image", "joinery:9")
    assert result.exit_code == 0, result.output
    objects: list[dict[str, Any]] = list(yaml.safe_load_all(result.stdout))
    assert [one["kind"] for one in objects] == ["ConfigMap"] * 3 + ["Job"]
    params = json.loads(objects[0]["data"]["params.json"])
    assert len(params["all_param1"]) == 5
    pod = objects[-1]["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["initContainers"]] == ["init-artifacts-store", "collect"]
    assert {one["image"] for one in pod["initContainers"]} == {"joinery:9"}
    assert pod["containers"][0]["args"][2] == str(len(params["uuids"]))


def test_json_and_names(connection: Path) -> None:
    listed = json.loads(render("-f", connection, "-o", "json").stdout)
    names = render("-f", connection, "-o", "name").stdout.splitlines()
    assert listed["kind"] == "List"
    assert names == [f"{one['kind'].lower()}/{one['metadata']['name']}" for one in listed["items"]]
    assert names[-1] == "job/compare-sweep"


def test_the_same_files_give_the_same_objects(connection: Path) -> None:
    now = ("--now", "2026-02-01T00:00:00Z")
    assert render("-f", connection, *now).stdout == render("-f", connection, *now).stdout


def test_settings_of_the_operator(tmp_path: Path) -> None:
    host = tmp_path / "host.yaml"
    host.write_text(CONNECTION.replace("kind: s3", "kind: hostPath").replace("bucket: models", "path: /data/runs"))
    assert "does not allow" in render("-f", host).stderr
    result = render("-f", host, "--allow-host-path", "/data", "--restricted")
    pod = list(yaml.safe_load_all(result.stdout))[-1]["spec"]["template"]["spec"]
    assert pod["containers"][0]["securityContext"]["runAsNonRoot"] is True


def test_what_is_missing_is_said_with_its_place() -> None:
    result = render()
    assert result.exit_code == 1
    assert "no Connection of this namespace is the default" in result.stderr
    assert "operation.yaml:" in result.stderr


def test_every_example_becomes_a_job(connection: Path) -> None:
    for operation in sorted(path.name for path in SWEEP.glob("*.yaml")):
        result = render("-f", connection, operation=operation)
        assert result.exit_code == 0, f"{operation}: {result.output}"
        assert list(yaml.safe_load_all(result.stdout))[-1]["kind"] == "Job"
