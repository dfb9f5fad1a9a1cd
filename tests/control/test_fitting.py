"""What is recorded of the largest resolutions fits into one object each; what is left out is counted, never lost."""

from __future__ import annotations

import orjson
import pytest

from joinery.control import own_run, snapshot
from joinery.control.fitting import FEW_RUNS, OBJECT_BYTES, fitting_status
from joinery.control.snapshot import Committed, SnapshotTooLarge, needs_config_maps
from joinery.joins import DEFAULT_LIMITS
from joinery.joins.resolution import JoinRecord, Resolution, ResolvedParam, TakenRun
from joinery.runs import read_run
from operator_fixtures import run

OPERATION = {"metadata": {"name": "op", "uid": "u"}, "spec": {}}


def resolution(*, params: int = 1, value: object = 0.5, runs: int = 1, component: object = "x") -> Resolution:
    taken = tuple(
        TakenRun(
            uid=str(number), uuid=f"{number:032x}", name=f"run-{number}", resource_version="1", sort_keys={},
            record=read_run(run(f"run-{number}"), namespace="a"),
        )
        for number in range(runs)
    )  # fmt: skip
    names = tuple(f"param-{number}" for number in range(params))
    record = JoinRecord(
        index=0, query="", sort="", limit=None, offset=0, ref=None, candidates=runs, matched=runs, runs=taken,
        params=names,
    )  # fmt: skip
    return Resolution(
        name="op", namespace="a", digest="sha256:" + "0" * 64, now=0, runs_version="1", joins=(record,), warnings=(),
        params={name: ResolvedParam(name=name, value=value, type="float") for name in names},
        component={"run": {"container": {"args": [component]}}},
    )  # fmt: skip


def test_a_small_one_is_whole():
    found = resolution()
    status = fitting_status(found, OPERATION, limits=DEFAULT_LIMITS)
    assert status["component"] == found.component
    assert not needs_config_maps(status, found)


def test_of_a_large_component_status_holds_no_second_copy():
    found = resolution(component="x" * 800_000)
    large = {**OPERATION, "spec": {"component": dict(found.component or {})}}
    status = fitting_status(found, large, limits=DEFAULT_LIMITS)
    assert "component" not in status
    assert status["params"]["param-0"]["value"] == 0.5
    assert needs_config_maps(status, found), "it would be recorded nowhere"
    assert snapshot.document(found)["component"] == found.component


def test_of_thousands_of_large_params_it_holds_what_there_is_room_for():
    found = resolution(params=4_096, value="y" * 20_000, runs=100)
    status = fitting_status(found, OPERATION, limits=DEFAULT_LIMITS)
    assert len(orjson.dumps(status)) <= OBJECT_BYTES
    assert len(status["params"]) == 4_096
    assert all(len(param["sha256"]) == 64 and param["size"] == 20_002 for param in status["params"].values())
    assert len(status["joins"][0]["runs"]) == FEW_RUNS
    assert status["joins"][0]["taken"] == 100


def test_what_no_shortening_helps_is_refused_with_figures():
    with pytest.raises(SnapshotTooLarge, match="one object may have 1,400,000") as refused:
        fitting_status(resolution(), {**OPERATION, "spec": {"text": "z" * 1_399_900}}, limits=DEFAULT_LIMITS)
    assert "componentRef" in str(refused.value)


def committed(*, params: dict[str, object], joins: list[dict[str, object]]) -> Committed:
    return Committed(digest="d", params={name: {"value": value} for name, value in params.items()}, joins=joins)


def test_inputs_are_recorded_whole_as_far_as_there_is_room():
    many = {f"p{number:03}": "x" * 15_000 for number in range(100)}
    inputs = own_run.fill(committed(params=many, joins=[]))["spec"]["inputs"]
    assert list(inputs) == list(many)
    assert inputs["p000"] == many["p000"]
    assert inputs["p099"]["count"] == 15_000
    assert len(orjson.dumps(inputs)) < own_run.INPUTS_BYTES + 100 * 128


@pytest.mark.parametrize(("count", "kept"), [(3, 3), (256, 256), (257, 255), (4_096, 255)])
def test_an_upstream_entry_names_so_many_params_and_counts_the_rest(count: int, kept: int):
    names = [f"p{number}" for number in range(count)]
    joins = [{"params": names, "runs": [{"uuid": "1", "name": "one"}]}]
    [entry] = own_run.upstream(committed(params={}, joins=joins))["upstream"]
    assert entry["params"][:kept] == names[:kept]
    assert entry["params"][kept:] == ([] if kept == count else [f"… {count - kept:,} more"])


def test_the_names_of_params_in_all_of_upstream_have_their_bound():
    names = [f"a-rather-long-name-of-a-param-{number}" for number in range(128)]
    runs = [{"uuid": str(number), "name": f"run-{number}"} for number in range(300)]
    joins = [{"params": names, "runs": runs}, {"params": ["another"], "runs": runs[:1]}]
    found = own_run.upstream(committed(params={}, joins=joins))
    assert found["upstreamCount"] == 300
    assert [entry["name"] for entry in found["upstream"]] == [f"run-{number}" for number in range(200)]
    assert sum(len(orjson.dumps(entry["params"])) for entry in found["upstream"]) < own_run.UPSTREAM_BYTES + 200 * 24
    assert found["upstream"][1]["params"][0] == names[0]
    assert found["upstream"][1]["params"][-1].endswith(" more")


def test_a_run_that_two_joins_took_is_there_once_with_the_params_of_both():
    one = [{"uuid": "1", "name": "one"}]
    found = own_run.upstream(
        committed(params={}, joins=[{"params": ["a"], "runs": one}, {"params": ["b"], "runs": one}])
    )
    assert found == {"upstream": [{"uuid": "1", "name": "one", "params": ["a", "b"]}]}
