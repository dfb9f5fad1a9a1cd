"""The operation that the contract starts from, value by value, on a handful of runs."""

from __future__ import annotations

import pytest

from joinery.runs.search import RunStore

from .world import resolved, run, store_of, uuid

BEST = {
    "query": "metrics.loss: <0.01",
    "sort": "metrics.loss",
    "limit": 5,
    "params": {
        "all_param1": {"value": "inputs.param1"},
        "all_result1": {"value": "outputs.result1"},
        "all_result2": {"value": "outputs.result2"},
        "tensorboard_paths": {"value": "artifacts.tensorboard", "contextOnly": True},
    },
}
ACCURATE = {
    "query": "metrics.accuracy: >.9",
    "sort": "-metrics.accuracy",
    "params": {
        "all_inputs": {"value": "inputs"},
        "all_outputs": {"value": "outputs"},
        "run_artifact_paths": {"value": "artifacts.base"},
        "uuids": {"value": "globals.uuid", "contextOnly": True},
        "files": {"value": {"files": ["subpath/files", "subpath2/file2"]}, "toInit": True},
    },
}
INPUTS = [
    {"name": "all_param1", "type": "float", "isList": True},
    {"name": "all_result1", "type": "int", "isList": True, "isOptional": True},
    {"name": "all_result2", "type": "str", "isList": True, "isOptional": True},
    {"name": "all_inputs", "type": "List[dict]"},
    {"name": "all_outputs", "type": "any"},
    {"name": "run_artifact_paths", "type": "path", "isList": True},
    {"name": "files", "type": "artifacts"},
]


@pytest.fixture(scope="module")
def store() -> RunStore:
    tensorboard = {"name": "tensorboard", "kind": "tensorboard"}
    return store_of(
        run(1, inputs={"param1": 0.1}, outputs={"result1": 11, "result2": "a"}, metrics={"loss": 0.005}),
        run(
            2,
            inputs={"param1": 2},
            outputs={"result1": 12},
            metrics={"loss": 0.001, "accuracy": 0.99},
            artifacts=[{**tensorboard, "path": "tb/logs"}],
        ),
        run(3, inputs={"param1": 0.3}, outputs={"result1": 13, "result2": "c"}, metrics={"loss": 0.01}),
        run(
            4,
            inputs={"param1": 0.4, "nested": {"a": [1]}},
            metrics={"loss": 0.002, "accuracy": 0.91},
            artifacts=[{**tensorboard, "path": f"{uuid(4)}/tb"}],
        ),
        run(5, inputs={"param1": 0.5}, metrics={"accuracy": 0.9}, phase="Failed"),
        run(6, metrics={"accuracy": 0.95}, outputs={"loss": "unknown"}),
        run(
            7,
            inputs={"param1": 0.7},
            metrics={"loss": 0.0001},
            artifacts=[{**tensorboard, "path": "/mnt/tb"}],
            phase="Running",
        ),
        run(8, inputs={"param1": 0.8}, metrics={"loss": 0.0099}),
        run(9, inputs={"param1": 0.9}, metrics={"loss": 0.0098}),
    )


@pytest.mark.spec("1:3", "1:4", "1:7", "1:10", "1:11", "1:12", "1:13", "1:14", "1:15", "1:16", "1:17", "1:18")
def test_the_first_join_takes_the_five_best_in_order(store: RunStore) -> None:
    done = resolved(store, [BEST, ACCURATE], inputs=INPUTS)
    join = done.joins[0]
    assert [one.name for one in join.runs] == ["run-7", "run-2", "run-4", "run-1", "run-9"]
    assert [one.sort_keys for one in join.runs][:2] == [{"metrics.loss": 0.0001}, {"metrics.loss": 0.001}]
    assert (join.candidates, join.matched, join.limit, join.offset) == (9, 6, 5, 0)
    assert done.params["all_param1"].value == [0.7, 2.0, 0.4, 0.1, 0.9]
    assert [type(value) for value in done.params["all_param1"].value] == [float] * 5
    assert done.params["all_result1"].value == [None, 12, None, 11, None]
    assert done.params["all_result1"].nulls == 3
    assert done.params["all_result2"].value == [None, None, None, "a", None]
    assert done.params["tensorboard_paths"].value == ["/mnt/tb", f"{uuid(2)}/tb/logs", f"{uuid(4)}/tb", None, None]
    assert done.params["tensorboard_paths"].context_only


@pytest.mark.spec("1:19", "1:20", "1:21", "1:22", "1:23", "1:24", "1:25", "1:26", "1:81", "1:91")
def test_the_second_join_takes_all_that_are_accurate(store: RunStore) -> None:
    done = resolved(store, [BEST, ACCURATE], inputs=INPUTS)
    join = done.joins[1]
    assert [one.name for one in join.runs] == ["run-2", "run-6", "run-4"]
    assert (join.limit, join.matched) == (None, 3)
    assert done.params["all_inputs"].value == [{"param1": 2}, {}, {"param1": 0.4, "nested": {"a": [1]}}]
    # Outputs are the metrics overlaid by the outputs.
    assert done.params["all_outputs"].value == [
        {"loss": 0.001, "accuracy": 0.99, "result1": 12},
        {"accuracy": 0.95, "loss": "unknown"},
        {"loss": 0.002, "accuracy": 0.91},
    ]
    assert done.params["run_artifact_paths"].value == [uuid(2), uuid(6), uuid(4)]
    assert done.params["uuids"].value == [uuid(2), uuid(6), uuid(4)]
    assert done.params["files"].value == {
        "files": [f"{uuid(n)}/{path}" for n in (2, 6, 4) for path in ("subpath/files", "subpath2/file2")],
        "dirs": [],
    }
    assert done.params["files"].to_init
    assert done.joined == 6
    assert done.digest.startswith("sha256:")


@pytest.mark.spec("1:29", "1:30", "1:36", "1:37", "1:38", "1:39")
def test_the_other_forms_work_exactly_as_written(store: RunStore) -> None:
    join = {
        "query": "metrics.loss: <0.01, project.name: {{ globals.project_name}}, kind: job",
        "sort": "created_at, -metrics.loss",
        "limit": "10",
        "offset": "2",
        "params": {"names": {"value": "globals.name"}},
    }
    done = resolved(store, [join])
    assert done.params["names"].value == ["run-4", "run-7", "run-8", "run-9"]
    assert (done.joins[0].limit, done.joins[0].offset, done.joins[0].matched) == (10, 2, 6)
    assert done.joins[0].sort == "created_at, -metrics.loss"
    assert '"default"' in done.joins[0].query or "default" in done.joins[0].query
    assert resolved(store, [{**join, "offset": "100"}]).params["names"].value == []


@pytest.mark.spec("1:36", "1:95", "1:96", "1:97")
def test_the_empty_query_takes_every_run_newest_first_and_no_match_gives_an_empty_list(store: RunStore) -> None:
    every = {"query": "", "params": {"names": {"value": "globals.name"}, "lrs": {"value": "inputs.param1"}}}
    none = {"query": "metrics.loss: >100", "params": {"nothing": {"value": "inputs"}}}
    done = resolved(store, [every, none])
    assert done.params["names"].value == [f"run-{n}" for n in range(9, 0, -1)]
    assert len(done.params["lrs"].value) == 9
    assert done.joins[0].nulls == {"names": 0, "lrs": 1}
    assert done.params["nothing"].value == []
    assert any("match" in warning.message and warning.path.startswith("spec.joins[1]") for warning in done.warnings)
