"""The sweep's operations, resolved offline, against a plain reading of the sweep's files."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

import joinery

from .reading import SWEEP, Run, best_first, given, metric, produced, seconds, sweep

NOW = "2027-01-01T00:00:00Z"


def resolve(name: str) -> Any:
    return joinery.load_runs(SWEEP / "runs").resolve(SWEEP / name, now=NOW)


def values(resolution: Any) -> dict[str, Any]:
    return {name: param.value for name, param in resolution.params.items()}


def uuids(runs: list[Run]) -> list[str]:
    return [run["spec"]["uuid"] for run in runs]


def taken(resolution: Any, join: int) -> list[str]:
    return [run.uuid for run in resolution.joins[join].runs]


def test_the_sweep_ran_and_some_of_it_failed() -> None:
    phases = [run["status"]["phase"] for run in sweep()]
    assert len(phases) >= 60
    assert {"Succeeded", "Failed", "Stopped"} == set(phases)
    assert sum(metric(run, "loss") == "NaN" or math.isnan(metric(run, "loss") or 0) for run in sweep()) >= 3
    text = "".join(path.read_text(encoding="utf-8") for path in SWEEP.rglob("*.yaml"))
    assert not re.search(r"/(home|root|Users|work)/", text)


@pytest.mark.spec("1:7", "1:10", "1:11", "1:12", "1:13", "1:14", "1:15", "1:16", "1:17", "1:18", "1:84")
def test_the_first_join_of_the_example_takes_the_five_lowest_losses() -> None:
    low = [run for run in sweep() if metric(run, "loss") is not None and metric(run, "loss") < 0.01]
    five = best_first(low, lambda run: metric(run, "loss"))[:5]
    done = resolve("operation.yaml")
    assert len(low) > 5
    assert (done.joins[0].candidates, done.joins[0].matched) == (len(sweep()), len(low))
    assert taken(done, 0) == uuids(five)
    found = values(done)
    assert found["all_param1"] == [given(run, "param1") for run in five]
    assert found["all_result1"] == [produced(run)["result1"] for run in five]
    assert found["all_result2"] == [produced(run)["result2"] for run in five]
    assert found["tensorboard_paths"] == [f"{uuid}/tensorboard" for uuid in uuids(five)]


@pytest.mark.spec("1:19", "1:20", "1:21", "1:22", "1:23", "1:24", "1:25", "1:26", "1:81")
@pytest.mark.spec("1:86", "1:99", "1:100", "1:101")
def test_the_second_join_of_the_example_takes_all_that_are_right_in_nine_of_ten() -> None:
    right = [run for run in sweep() if (metric(run, "accuracy") or 0) > 0.9]
    right = best_first(right, lambda run: -metric(run, "accuracy"))
    done = resolve("operation.yaml")
    assert taken(done, 1) == uuids(right)
    found = values(done)
    assert found["all_inputs"] == [run["spec"]["inputs"] for run in right]
    assert found["all_outputs"] == [produced(run) for run in right]
    assert "accuracy" in found["all_outputs"][0]
    assert found["run_artifact_paths"] == found["uuids"] == uuids(right)
    files = [f"{uuid}/{path}" for uuid in uuids(right) for path in ("subpath/files", "subpath2/file2")]
    assert found["files"] == {"files": files, "dirs": []}
    assert done.params["files"].to_init
    assert done.params["uuids"].context_only


@pytest.mark.spec("1:83", "1:93", "1:95", "1:96", "1:97", "2:28", "2:80")
def test_the_report_aligns_its_columns_and_has_null_for_nan() -> None:
    good = [run for run in sweep() if run["status"]["phase"] == "Succeeded" and metric(run, "val/acc@5") >= 0.99]
    ten = best_first(good, lambda r: -metric(r, "accuracy"), lambda r: metric(r, "loss", "min"), seconds)[:10]
    failed = best_first(
        [run for run in sweep() if run["status"]["phase"] == "Failed"],
        lambda run: run["metadata"]["name"],
        lambda run: run["spec"]["createdAt"],
    )
    done = resolve("best-of-sweep.yaml")
    found = values(done)
    assert found["names"] == [run["metadata"]["name"] for run in ten]
    assert found["accuracies"] == [metric(run, "accuracy") for run in ten]
    assert found["top5"] == [metric(run, "val/acc@5") for run in ten]
    assert found["best_losses"] == [metric(run, "loss", "min") for run in ten]
    assert found["solvers"] == [given(run, "optimizer.name") for run in ten]
    assert found["seconds"] == [seconds(run) for run in ten]
    assert found["failed"] == [run["metadata"]["name"] for run in failed]
    assert found["failed_inputs"] == [run["spec"]["inputs"] for run in failed]
    assert found["failed_losses"] == [None] * len(failed)
    assert done.params["failed_losses"].nulls == len(failed) == 7


@pytest.mark.spec("1:102", "1:103", "1:87")
def test_the_ensemble_takes_the_models_of_the_five_best() -> None:
    done = [run for run in sweep() if any(a.get("kind") == "model" for a in run["status"]["artifacts"])]
    five = best_first(done, lambda run: -metric(run, "accuracy"), lambda run: metric(run, "loss"))[:5]
    found = values(resolve("ensemble.yaml"))
    assert found["models"] == {"files": [f"{uuid}/outputs/model.joblib" for uuid in uuids(five)], "dirs": []}
    assert found["accuracies"] == [metric(run, "accuracy") for run in five]


@pytest.mark.spec("1:108", "1:109", "1:111", "1:105")
def test_retraining_takes_the_best_inputs_above_a_floor() -> None:
    able = [run for run in sweep() if (metric(run, "accuracy") or 0) >= 0.95]
    best = best_first(able, lambda r: -metric(r, "accuracy"), lambda r: metric(r, "loss"), seconds)[0]
    done = resolve("retrain.yaml")
    found = values(done)
    assert (found["rate"], found["hidden"]) == ([given(best, "param1")], [given(best, "param2")])
    assert (found["solver"], found["alpha"]) == ([given(best, "optimizer.name")], [given(best, "optimizer.alpha")])
    assert found["best"] == [best["metadata"]["name"]]
    assert found["epochs"] == 200
    assert done.joins[0].matched == len(able)
    assert "0.95" in done.joins[0].query
