"""``joinery.load_runs(…).resolve`` and ``explain``: operations, what they refer to, and their problems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from some_runs import NOW, operation, run

import joinery
from joinery import InvalidManifest, InvalidOperation, V1Join, V1JoinParam, V1Operation


def test_an_operation_may_be_a_path_a_mapping_or_a_model(runs: joinery.Runs, tmp_path: Path) -> None:
    manifest = {"apiVersion": "joinery.dev/v1alpha1", "kind": "Operation", **operation()}
    path = tmp_path / "operation.json"
    path.write_text(json.dumps(manifest))
    model = V1Operation(
        name="report",
        joins=[
            V1Join(query="metrics.loss: <0.4", sort="metrics.loss", params={"rates": V1JoinParam(value="inputs.lr")})
        ],
        component=manifest["spec"]["component"],
    )
    answers = [runs.resolve(given, now=NOW) for given in (path, str(path), manifest, operation(), model)]
    for done in answers:
        assert done.params["rates"].value == [0.1, 0.1]
        assert [one.name for one in done.joins[0].runs] == ["run-3", "run-2"]
        assert done.warnings == ()
    assert len({done.digest for done in answers}) == 1
    assert answers[0].digest.startswith("sha256:")
    assert answers[0].to_status()["joins"][0]["matched"] == 2


def test_models_may_be_loaded_as_well() -> None:
    model = joinery.V1Run.model_validate({"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", **run(1, 0.1)})
    search = joinery.V1Search(name="good", query="metrics.loss: <0.4")
    runs = joinery.load_runs(model, [search])
    wanted = operation()
    wanted["spec"]["joins"][0] = {"ref": "good", "params": {"rates": {"value": "inputs.lr"}}}
    assert runs.resolve(wanted).params["rates"].value == [0.1]


def test_references_are_found_beside_the_runs_or_the_operation(tmp_path: Path) -> None:
    search = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Search",
        "metadata": {"name": "good"},
        "spec": {"query": "metrics.loss: <0.4", "sort": "metrics.loss"},
    }
    wanted = operation()
    wanted["spec"]["joins"][0] = {"ref": "good", "params": {"rates": {"value": "inputs.lr"}}}
    beside_the_runs = joinery.load_runs(run(1, 0.1), search)
    assert len(beside_the_runs.resolve(wanted).joins[0].runs) == 1
    path = tmp_path / "both.json"
    both = [search, {"apiVersion": "joinery.dev/v1alpha1", "kind": "Operation", **wanted}]
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": both}))
    assert len(joinery.load_runs(run(1, 0.1)).resolve(path).joins[0].runs) == 1
    with pytest.raises(InvalidOperation, match="`good`"):
        joinery.load_runs(run(1, 0.1)).resolve(wanted)


@pytest.mark.spec("1:68")
def test_the_operations_own_run_is_no_candidate() -> None:
    own = run(3, 0.1)
    wanted = operation()
    wanted["metadata"]["uid"] = "00000000-0000-0000-0000-000000000003"
    runs = joinery.load_runs(run(1, 0.2), own)
    done = runs.resolve(wanted)
    assert (done.joins[0].candidates, [one.name for one in done.joins[0].runs]) == (1, ["run-1"])


def test_another_operations_run_is_found_by_its_label() -> None:
    done = run(5, 0.3)
    done["metadata"]["labels"] = {"joinery.dev/operation": "train"}
    wanted = operation()
    wanted["spec"]["params"] = {"best": {"ref": "ops.train", "value": "metrics.loss", "contextOnly": True}}
    assert joinery.load_runs(done).resolve(wanted).params["best"].value == 0.3
    with pytest.raises(InvalidOperation, match="`train`"):
        joinery.load_runs(run(1, 0.2)).resolve(wanted)


def test_problems_of_a_file_have_lines_and_columns(runs: joinery.Runs, tmp_path: Path) -> None:
    path = tmp_path / "op.yaml"
    path.write_text(
        "apiVersion: joinery.dev/v1alpha1\nkind: Operation\nmetadata: {name: x}\nspec:\n  joins:\n"
        "    - query: 'metric.loss: <1'\n      params: {a: {value: inputs.a}}\n"
        "  component: {run: {container: {image: x}}}\n"
    )
    with pytest.raises(InvalidOperation) as caught:
        runs.resolve(path)
    first = caught.value.problems[0]
    assert (first.path, first.file, first.line, first.column) == ("spec.joins[0].query", str(path), 6, 15)
    assert first.position == 0
    path.write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}")
    with pytest.raises(InvalidManifest, match="holds no Operation"):
        runs.resolve(path)


@pytest.mark.spec("1:43", "1:44")
def test_too_few_runs_carries_what_there_is(runs: joinery.Runs) -> None:
    with pytest.raises(InvalidOperation) as caught:
        runs.resolve(operation(minRuns=4, limit=5, waitFor="1h"))
    assert caught.value.reason == "TooFewRuns"
    assert caught.value.partial.joins[0].matched == 2


def test_a_run_is_explained_to_every_join_and_to_a_search(runs: joinery.Runs) -> None:
    (join,) = runs.explain(operation(limit=1), run="run-2").joins
    assert (join.verdict, join.rank, join.matched) == ("cut", 2, 2)
    (search,) = runs.explain_search("metrics.loss: <0.2", run="run-2").joins
    assert search.verdict == "no-match"
    assert search.clauses is not None
    with pytest.raises(InvalidOperation, match="there is no run `run-9`"):
        runs.explain(operation(), run="run-9")
