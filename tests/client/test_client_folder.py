"""On a laptop: files that `--runs` reads, with everything that was logged in them."""

from __future__ import annotations

import json
import logging
import math
import os
import subprocess
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import joinery
from joinery.api.v1alpha1 import V1Run, parse
from joinery.client.notes import LOG
from joinery.tracking import start_run


def test_a_run_is_found_by_a_search(laptop, the_file):
    (laptop / "model.pt").write_text("weights")
    with joinery.start_run(
        project="mnist", name="Tried by hand", inputs={"lr": 0.1, "layers": [64, 32]}, tags=["a", "b"], meta={"x": 1}
    ) as run:
        for step, loss in enumerate((0.9, 0.1, 0.4)):
            run.log_metrics(loss=loss, step=step)
        run.log_metrics({"val/acc@5": 0.9}, step=3)
        run.log_outputs(report={"best": None})
        run.log_artifact("model.pt", kind="model", summary={"layers": 2})
        run.log_artifact("s3://data/train", is_input=True)
        run.set_tags("b", "c")
    manifest = the_file()
    parse(manifest)
    assert isinstance(parse(manifest), V1Run)
    runs = joinery.load_runs("runs")
    found = runs.search("metrics.loss: <0.5, project: mnist, tags: c, metrics.val/acc@5: >0.8, status: succeeded")
    assert ([one.uuid for one in found], runs.warnings, found.warnings) == ([run.uuid], (), ())
    best = found.runs[0]
    assert best.metric("loss") == (0.4, 0.1, 0.9, 2)
    assert (best.inputs["layers"], best.outputs["report"], best.name) == ([64, 32], {"best": None}, run.name)
    assert manifest["spec"]["tags"] == ["a", "b", "c"]
    assert manifest["status"]["artifacts"] == [
        {"name": "model.pt", "kind": "model", "path": str(laptop / "model.pt"), "summary": {"layers": 2}},
        {"name": "train", "kind": "file", "path": "s3://data/train", "isInput": True},
    ]
    assert run.name.startswith("tried-by-hand-")
    assert run.where == str(laptop / "runs" / f"{run.name}.json")


numbers = st.one_of(st.floats(), st.integers(min_value=-(2**63), max_value=2**63 - 1), st.booleans())


@settings(max_examples=30, deadline=None)
@given(
    logged=st.lists(
        st.tuples(st.text(min_size=1, max_size=8), numbers, st.none() | st.integers(0, 2**40)), min_size=1, max_size=20
    )
)
def test_what_was_logged_is_what_a_search_sees(tmp_path_factory, logged):
    folder = tmp_path_factory.mktemp("runs")
    seen: dict[str, list[float]] = {}
    steps: dict[str, int | None] = {}
    with start_run(folder=folder) as run:
        for name, value, step in logged:
            run.log_metrics({name: value}, step=step)
            seen.setdefault(name, []).append(value)
            steps[name] = step
    (found,) = joinery.load_runs(folder).search("")
    assert set(found.metrics) == set(seen)
    for name, values in seen.items():
        metric = found.metric(name)
        real = [value for value in values if value == value] or [math.nan]
        expected = (values[-1], min(real), max(real))
        assert tuple(map(_key, metric[:3])) == tuple(map(_key, expected))
        assert metric.step == steps[name]


def _key(value: float) -> object:
    # A whole float is stored with the shortest digits that are it, and read as an integer.
    return "NaN" if value != value else float(value)


def test_nan_and_infinity_survive(the_file):
    with start_run() as run:
        run.log_metrics(loss=math.nan, up=math.inf)
        run.log_metrics(loss=0.5, down=-math.inf)
        run.log_metrics(loss=math.nan)
    assert the_file()["status"]["metrics"]["loss"] == {"last": "NaN", "min": 0.5, "max": 0.5}
    found = joinery.load_runs("runs").search("metrics.up: >1e300")
    assert (len(found), found.runs[0].metrics["down"]) == (1, -math.inf)


@pytest.mark.parametrize(
    ("error", "phase", "reason"),
    [
        (RuntimeError("out of memory"), "Failed", "RuntimeError"),
        (KeyboardInterrupt(), "Stopped", "KeyboardInterrupt"),
        (SystemExit(3), "Failed", "SystemExit"), (SystemExit(0), "Succeeded", "Succeeded"),
    ],
)  # fmt: skip
def test_how_a_run_ends(the_file, error, phase, reason):
    def train() -> None:
        with start_run() as run:
            run.log_metrics(loss=1)
            raise error

    with pytest.raises(type(error)):
        train()
    status = the_file()["status"]
    assert (status["phase"], status["conditions"][0]["reason"]) == (phase, reason)
    assert status["finishedAt"] >= status["startedAt"]
    assert "out of memory" in status["conditions"][0].get("message", "") or not isinstance(error, RuntimeError)


def test_after_the_end_nothing_is_recorded(caplog, the_file):
    with start_run() as run:
        run.log_metrics(loss=1)
    with caplog.at_level(logging.WARNING, LOG.name):
        run.log_metrics(loss=2)
        run.end("Failed")
    assert the_file()["status"]["metrics"]["loss"]["last"] == 1
    assert the_file()["status"]["phase"] == "Succeeded"
    assert any("after the run has ended" in line for line in caplog.messages)


def test_what_others_write_into_the_file_stays(laptop):
    with start_run() as run:
        run.log_metrics(loss=0.5)
        assert run.flush()
        file = laptop / "runs" / f"{run.name}.json"
        manifest = json.loads(file.read_text())
        manifest["spec"]["tags"] = ["by hand"]
        manifest["status"]["outputs"] = {"by hand": 1}
        file.write_text(json.dumps(manifest))
        run.log_outputs(mine=2)
        run.set_tags("mine")
    found = json.loads(file.read_text())
    assert (found["spec"]["tags"], found["status"]["outputs"]) == (["by hand", "mine"], {"by hand": 1, "mine": 2})


def test_a_folder_that_cannot_be_written(laptop, caplog):
    (laptop / "runs").write_text("a file, not a folder")
    with caplog.at_level(logging.WARNING, LOG.name), start_run(patience=0.2) as run:
        run.log_metrics(loss=0.5)
    (left,) = laptop.glob(f"joinery-runs-{run.name}/*.json")
    assert json.loads(left.read_text())["status"]["phase"] == "Succeeded"
    assert any(str(left) in line for line in caplog.messages), caplog.messages


def test_where_the_folder_is(laptop, monkeypatch):
    monkeypatch.setenv("JOINERY_RUNS", str(laptop / "elsewhere"))
    with start_run(namespace="team-a") as run:
        pass
    assert run.where == str(laptop / "elsewhere" / f"{run.name}.json")
    assert json.loads((laptop / "elsewhere" / f"{run.name}.json").read_text())["metadata"]["namespace"] == "team-a"
    with start_run(folder=laptop / "named") as run:
        pass
    assert (laptop / "named" / f"{run.name}.json").is_file()


def test_the_commit_is_read_from_git_without_a_program(laptop, the_file, monkeypatch):
    commit = "0123456789abcdef" * 2 + "01234567"
    (laptop / ".git" / "refs" / "heads").mkdir(parents=True)
    (laptop / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (laptop / ".git" / "packed-refs").write_text(f"# pack-refs\n{commit} refs/heads/main\n")
    (laptop / "below").mkdir()
    monkeypatch.chdir(laptop / "below")
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(os, "posix_spawn", None)
    with start_run(folder=laptop / "runs"):
        pass
    assert the_file()["spec"]["commit"] == commit
    with start_run(folder="unnamed", commit=""):
        pass
    assert "commit" not in json.loads(next((laptop / "below" / "unnamed").iterdir()).read_text())["spec"]


def test_logging_waits_for_nothing(laptop, monkeypatch):
    from joinery.client.folder import FolderSink

    stuck, free = threading.Event(), threading.Event()

    def write(self, changes):
        stuck.set()
        free.wait(60)
        return {}

    monkeypatch.setattr(FolderSink, "write", write)
    with start_run() as run:
        assert stuck.wait(60)
        for step in range(10_000):
            run.log_metrics(loss=step, step=step)
        assert not free.is_set()
        assert not run.flush(timeout=0.01)
        free.set()
        assert run.flush(60)
