"""docs/recording-runs.md does what it says."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
from pathlib import Path

import yaml

from joinery.control import outputs
from joinery.tracking import start_run

PAGE = Path(__file__).parents[2] / "docs" / "recording-runs.md"


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return found[1]


def test_the_laptop(laptop):
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert (result.failed, result.attempted) == (0, 5)


def test_the_first_lines(the_file, laptop):
    (laptop / "model.pt").write_text("weights")
    exec(_block("python"), {"train": lambda: [0.5, 0.25]})
    status = the_file()["status"]
    assert status["metrics"]["loss"] == {"last": 0.25, "min": 0.25, "max": 0.5, "step": 1}
    assert (status["outputs"], status["artifacts"][0]["name"]) == ({"report": {"best": 3}}, "model.pt")


def test_any_language(tmp_path):
    file = tmp_path / "outputs.json"
    subprocess.run(["sh", "-eu", "-c", _block("sh")], env={**os.environ, "JOINERY_OUTPUTS": str(file)}, check=True)
    said = outputs.read(file.read_text(), containers=3)
    assert (said.warning, said.outputs["epochs"], said.metrics["drift"]) == ("", 12, "NaN")
    assert said.metrics["loss"]["last"] == 0.25
    assert said.artifacts[0]["path"] == "outputs/model.pt"


def test_the_rights_are_enough(make_identity, admin, namespace, monkeypatch, caplog):
    role = next(yaml.safe_load_all(_block("yaml")))
    base = f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/runs"
    admin.request("POST", base, {"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", "metadata": {"name": "op"}})
    monkeypatch.setenv("JOINERY_RUN_NAME", "op")
    monkeypatch.setenv("JOINERY_NAMESPACE", namespace)
    monkeypatch.setenv("KUBECONFIG", str(make_identity(rules=role["rules"])))
    with start_run(tags=["a"], inputs={"a": {}}) as run:
        run.log_metrics(loss=1)
        run.log_artifact("s3://bucket/a")
    found = admin.request("GET", f"{base}/op")
    assert (found["spec"]["tags"], found["status"]["metrics"]["loss"]["last"], caplog.messages) == (["a"], 1, [])
