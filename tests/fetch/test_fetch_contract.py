"""What `joinery.workload` writes into ConfigMaps and arguments is what the programs read."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fetch_world import RUN, put
from typer.testing import CliRunner

from joinery.api.v1alpha1 import V1Operation
from joinery.cli.app import build as build_cli
from joinery.control import tracking
from joinery.control.typed import parsed
from joinery.fetch.manifest import read_manifest
from joinery.fetch.summary import Summary
from joinery.workload import Workload, WorkloadRequest, WorkloadSettings, build

UID = "11111111-2222-3333-4444-555555555555"
OWN = "0f" * 16


def _workload(params: Mapping[str, Any], connection: Mapping[str, Any]) -> Workload:
    manifest = {"metadata": {"name": "store", "namespace": "lab"}, "spec": {**connection, "default": True}}
    component = {
        "inputs": [{"name": name, "type": param["type"]} for name, param in params.items()],
        "run": {"kind": "job", "container": {"image": "python"}},
    }
    operation = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "op", "namespace": "lab", "uid": UID},
        "spec": {"component": component},
    }
    return build(
        WorkloadRequest(
            operation=operation, run_uuid=OWN, run_name="op-11111111", params=params, component=component, globals={},
            connections={"store": manifest}, result_config_maps=(), settings=WorkloadSettings(image="joinery"),
        )
    )  # fmt: skip


def _mounted(folder: Path, workload: Workload, container: Mapping[str, Any]) -> list[str]:
    """The container's arguments, with what its pod mounts laid out below ``folder`` in place of the root."""
    volumes = {one["name"]: one for one in workload.job["spec"]["template"]["spec"]["volumes"]}
    maps = {one["metadata"]["name"]: one for one in workload.config_maps}
    for mount in container["volumeMounts"]:
        for source in (volumes[mount["name"]].get("projected") or {}).get("sources") or ():
            for item in source["configMap"].get("items") or ():
                data = base64.b64decode(maps[source["configMap"]["name"]]["binaryData"][item["key"]])
                put(folder, {f"{mount['mountPath'].lstrip('/')}/{item['path']}": data})
    return [f"{folder}{word}" if word.startswith("/") else word for word in container["args"]]


def _one(containers: Iterable[Mapping[str, Any]], prefix: str) -> Mapping[str, Any]:
    (found,) = [one for one in containers if one["name"].startswith(prefix)]
    return found


@pytest.mark.spec("4:45", "4:44")
def test_a_fetcher_reads_its_manifest(tmp_path: Path) -> None:
    value = {"files": [f"{RUN}/model.pt", [f"{RUN}/log", f"{RUN}/logs/first"]], "dirs": [f"{RUN}/outputs"]}
    params = {"found": {"value": value, "type": "artifacts", "toInit": True}}
    workload = _workload(params, {"kind": "volumeClaim", "schema": {"claim": "c", "path": "runs"}})
    init = workload.job["spec"]["template"]["spec"]["initContainers"]
    arguments = _mounted(tmp_path, workload, _one(init, "init-artifacts"))
    parts = [Path(word) for word in arguments if word.startswith(f"{tmp_path}/joinery/manifest")]
    manifest = read_manifest(parts)
    assert manifest.connection.root == "/joinery/stores/store/runs"
    assert {(item.source, item.destination, item.kind) for item in manifest.items} == {
        (f"{RUN}/model.pt", f"{RUN}/model.pt", "file"),
        (f"{RUN}/log", f"{RUN}/logs/first", "file"),
        (f"{RUN}/outputs", f"{RUN}/outputs", "dir"),
    }
    assert {item.run for item in manifest.items} == {RUN}


@pytest.mark.spec("4:56", "4:57")
def test_a_collector_reads_its_manifest_and_its_arguments(tmp_path: Path) -> None:
    workload = _workload({}, {"kind": "s3", "schema": {"bucket": "b"}, "secret": {"name": "keys"}})
    init = workload.job["spec"]["template"]["spec"]["initContainers"]
    arguments = _mounted(tmp_path, workload, _one(init, "collect"))
    assert arguments[0] == "collect"
    manifest = read_manifest([Path(arguments[arguments.index("--manifest") + 1])])
    assert manifest.destination == f"{OWN}/outputs"
    assert manifest.connection.secret_path == "/joinery/secrets/store"
    for folder in ("outputs", "tmp"):
        (tmp_path / folder).mkdir()
    told = CliRunner().invoke(build_cli(), [*arguments, "--at-once", "--message", str(tmp_path / "message")])
    assert told.exit_code == 2  # its Secret is not mounted here; the arguments were understood
    assert "the Secret of the Connection `store` cannot be read" in (tmp_path / "message").read_text()
    assert (tmp_path / "tmp" / "collect-ready").exists()


@pytest.mark.spec("4:31")
def test_large_params_are_written_from_their_parts(tmp_path: Path) -> None:
    import random

    noise = random.Random(1)
    texts = [noise.randbytes(500).hex() for _ in range(2500)]
    params = {"texts": {"value": texts, "type": "str", "isList": True}, "lr": {"value": 0.1, "type": "float"}}
    workload = _workload(params, {"kind": "volumeClaim", "schema": {"claim": "c"}})
    init = workload.job["spec"]["template"]["spec"]["initContainers"]
    arguments = _mounted(tmp_path, workload, _one(init, "init-params"))
    told = CliRunner().invoke(build_cli(), arguments)
    assert told.exit_code == 0, told.output
    folder = Path(arguments[arguments.index("--destination") + 1])
    assert json.loads((folder / "params.json").read_text()) == {"texts": texts, "lr": 0.1}
    assert json.loads((folder / "texts.json").read_text()) == texts


def test_what_a_fetcher_says_of_itself_is_what_an_operations_status_holds() -> None:
    """An operation whose status could not be read again would never be seen through to its end."""
    said = Summary(connection="s3.eu", files=2, bytes=5, seconds=0.5, missing=["u/absent.txt"]).text()
    ended = {"name": "init-artifacts-s3-eu-0c15a8ae", "state": {"terminated": {"exitCode": 0, "message": said}}}
    pod = {"metadata": {}, "status": {"initContainerStatuses": [ended]}}
    operation = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "op", "namespace": "lab", "uid": UID, "resourceVersion": "1"},
        "spec": {"component": {"run": {"kind": "job", "container": {"image": "python"}}}},
        "status": {"fetched": tracking.fetched([pod])},
    }
    (found,) = parsed(operation, V1Operation).status.fetched
    assert (found.connection, found.files, found.skipped, found.missing) == ("s3.eu", 2, 1, ["u/absent.txt"])
