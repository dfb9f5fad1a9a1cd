"""What the commands that ask a cluster print, to the letter, in every format; and that it adds up."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from plugin_world import LARGE, Plugin, World

Golden = Callable[[str, str], None]
SOURCE = """
apiVersion: joinery.dev/v1alpha1
kind: Operation
metadata: {name: preview}
spec:
  joins:
    - {ref: low, params: {losses: {value: metrics.loss}}}
  component:
    inputs: [{name: losses, type: float, isList: true}]
    run: {kind: job, container: {image: python}}
"""

ANSWERS: dict[str, tuple[str, ...]] = {
    "resolve": ("resolve", "best"),
    "search": ("search", "metrics.loss: <0.5", "--sort", "metrics.loss", "--columns", "inputs.lr"),
    "explain": ("explain", "best", "--run", "train-1"),
    "explain-not-taken": ("explain", "best", "--run", "train-3"),
    "explain-query": ("explain", "--query", "metrics.loss: <0.2", "--run", "train-1"),
}


@pytest.mark.parametrize("output", ["table", "wide", "json", "yaml", "name"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_previews(plugin: Plugin, golden: Golden, answer: str, output: str) -> None:
    result = plugin(*ANSWERS[answer], "-o", output)
    assert result.exit_code == 0, result.output
    golden(f"{answer}.{output}.txt", result.stdout)


@pytest.mark.parametrize("output", ["table", "json", "yaml", "csv", "name"])
@pytest.mark.parametrize("name", ["best", "mixed", "final"])
def test_params(plugin: Plugin, golden: Golden, name: str, output: str) -> None:
    result = plugin("params", name, "-o", output)
    assert result.exit_code == 0, result.output
    golden(f"params-{name}.{output}.txt", result.output)


@pytest.mark.parametrize("output", ["tree", "mermaid", "dot", "json"])
@pytest.mark.parametrize("name", ["best", "run/train-4", "operation/final", "circle-30"])
def test_lineage(plugin: Plugin, golden: Golden, name: str, output: str) -> None:
    result = plugin("lineage", name, "-o", output)
    assert result.exit_code == 0, result.output
    golden(f"lineage-{name.rpartition('/')[2]}.{output}.txt", result.output)


@pytest.mark.parametrize("output", ["text", "yaml", "json", "name"])
def test_rerun_prints_what_it_would_make(plugin: Plugin, golden: Golden, output: str) -> None:
    result = plugin("rerun", "op/best", "--dry-run", "-o", output)
    assert result.exit_code == 0, result.output
    golden(f"rerun.{output}.txt", result.output)


@pytest.mark.spec("1:130")
def test_the_digest_is_one_in_the_cluster_in_a_preview_and_offline(
    plugin: Plugin, world: World, tmp_path: Path
) -> None:
    recorded = world.get("operations", "best")["status"]["digest"]
    assert json.loads(plugin("resolve", "best", "-o", "json").stdout)["digest"] == recorded
    (tmp_path / "runs.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": world.list("runs")}))
    (tmp_path / "operation.json").write_text(json.dumps(world.get("operations", "best")))
    files = ("-f", tmp_path / "operation.json", "--runs", tmp_path / "runs.json")
    assert json.loads(plugin("resolve", *files, "-o", "json").stdout)["digest"] == recorded


def test_a_preview_of_a_file_reads_its_searches_from_the_cluster_and_creates_nothing(
    plugin: Plugin, world: World, tmp_path: Path
) -> None:
    (tmp_path / "operation.yaml").write_text(SOURCE)
    before = {plural: len(world.list(plural)) for plural in ("operations", "runs", "configmaps")}
    for where in (("-f", tmp_path / "operation.yaml"), (tmp_path / "operation.yaml",)):
        answer = json.loads(plugin("resolve", *where, "-o", "json").stdout)
        assert answer["params"]["losses"]["value"] == [0.05, 0.1]
        assert answer["namespace"] == world.namespace
    assert plugin("resolve", "-f", "-", "-o", "name", stdin=SOURCE).stdout.split() == [
        "run.joinery.dev/train-4",
        "run.joinery.dev/train-2",
    ]
    assert {plural: len(world.list(plural)) for plural in before} == before


def test_runs_in_the_files_are_searched_and_that_is_said(plugin: Plugin, tmp_path: Path) -> None:
    mine = {"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", "metadata": {"name": "mine"}}
    mine["status"] = {"metrics": {"loss": 0.01}}
    text = SOURCE.replace("ref: low", "query: 'metrics.loss: <1'")
    (tmp_path / "both.yaml").write_text(f"{text}---\n{yaml.safe_dump(mine)}")
    result = plugin("resolve", tmp_path / "both.yaml", "-o", "name")
    assert result.stdout == "run.joinery.dev/mine\n"
    assert "not those of a cluster" in result.stderr


@pytest.mark.spec("1:143")
def test_explain_says_what_was_recorded_and_what_has_changed_since(plugin: Plugin, world: World) -> None:
    answer = json.loads(plugin("explain", "best", "--run", "train-4", "-o", "json").stdout)
    assert answer["changedSince"] == []
    assert answer["recorded"]["joins"] == [{"index": 0, "taken": True, "place": 1, "of": 3}]
    world.patch("runs", "drifting", {"status": {"metrics": {"loss": 0.9}}})
    answer = json.loads(plugin("explain", "drift", "--run", "drifting", "-o", "json").stdout)
    assert answer["joins"][0]["verdict"] == "no-match"
    assert answer["recorded"]["joins"] == [{"index": 0, "taken": True, "place": 1, "of": 1}]
    assert [(one["name"], one["change"]) for one in answer["changedSince"]] == [("drifting", "changed")]
    text = plugin("explain", "drift", "--run", "drifting").stdout
    assert "1 of its runs are not what they were" in text
    assert "took it, as number 1 of 1" in text


def test_large_results_are_put_together_again(plugin: Plugin, world: World) -> None:
    status = world.get("operations", "large")["status"]
    assert "value" not in status["params"]["everything"]
    assert status["configMaps"]
    values = json.loads(plugin("params", "large", "-o", "json").stdout)
    runs = {item["metadata"]["name"]: item["spec"].get("inputs") for item in world.list("runs")}
    assert len(values["everything"]) == LARGE
    assert values["everything"] == [runs[name] for name in values["names"]]
    rows = list(csv.DictReader(io.StringIO(plugin("params", "large", "-o", "csv").stdout)))
    assert [row["run"] for row in rows] == values["names"]
    assert json.loads(rows[7]["everything"]) == values["everything"][7]


def test_only_the_params_that_are_asked_for(plugin: Plugin) -> None:
    assert json.loads(plugin("params", "mixed", "batch", "losses", "-o", "json").stdout) == {
        "batch": 32,
        "losses": [0.05, 0.1, None],
    }
    refused = plugin("params", "mixed", "loses", "bath")
    assert refused.exit_code == 1
    assert "did you mean `losses`" in refused.stderr
    assert "did you mean `batch`?" in refused.stderr
