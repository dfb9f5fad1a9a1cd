"""Reading a Run's manifest: defaults, normalising, and everything that is wrong with it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from joinery.runs import DamagedRun, read_run, run_globals, write_run
from joinery.runs.quantities import parse_quantity
from worlds_of_runs import manifest


@pytest.mark.spec("5:40", "1:91", "3:40")
def test_defaults() -> None:
    record = read_run({"metadata": {"name": "a"}})
    assert (record.namespace, record.project, record.kind, record.display_name) == ("default", "default", "job", "a")
    assert record.uid == "default/a"
    assert len(record.uuid) == 32
    assert any("uuid" in warning for warning in record.warnings)
    uid = "ABCDEF00-1111-2222-3333-444455556666"
    assert read_run({"metadata": {"name": "a", "uid": uid}}).uuid == "abcdef00111122223333444455556666"
    times = read_run(manifest("a", startedAt="2026-01-02T00:00:00Z", finishedAt="2026-01-02T02:00:01+02:00"))
    assert times.duration == 1
    assert times.updated_at == times.finished_at


@pytest.mark.spec("1:131", "5:41")
def test_values_are_as_the_api_server_stores_them() -> None:
    record = read_run(
        manifest(
            "a", inputs={"i": 1.0, "z": -0.0, "big": 2**63, "s": "\ud800", "l": [2.0]}, metrics={"n": "NaN", "f": 2.0}
        )
    )
    assert record.inputs == {"i": 1, "z": 0, "big": 2.0**63, "s": "\ufffd", "l": [2]}
    assert str(record.inputs["z"]) == "0"
    assert math.isnan(record.metrics["n"].last or 0)


@pytest.mark.spec("5:41", "1:137")
def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(DamagedRun) as caught:
        read_run(
            {
                "metadata": {"name": 3, "labels": {"a": 1}},
                "spec": {"uuid": "zz", "tags": "a", "inputs": [1]},
                "status": {
                    "phase": "Succeded",
                    "metrics": {"a": "x"},
                    "startedAt": "soon",
                    "artifacts": [{"path": "p"}],
                },
            }
        )
    paths = {problem.path for problem in caught.value.problems}
    assert {"metadata.name", "metadata.labels", "spec.uuid", "spec.tags", "spec.inputs"} <= paths
    assert {"status.phase", "status.metrics.a", "status.startedAt", "status.artifacts[0].name"} <= paths
    assert "Succeeded" in str(caught.value)


@pytest.mark.spec("5:42")
def test_what_is_not_searched_is_warned_of() -> None:
    assert any(
        "2,000" in warning for warning in read_run(manifest("a", inputs={str(n): n for n in range(2_001)})).warnings
    )
    assert any("U+0000" in warning for warning in read_run(manifest("a", inputs={"x": "\0"})).warnings)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(["name", "uid", "labels", "uuid", "inputs", "tags", "metrics", "phase", "outputs", "createdAt"])


@example({"metadata": {"name": "0"}})  # no time at all
@given(
    st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), JSON | st.dictionaries(NAMES, JSON, max_size=4))
)
def test_any_mapping_is_read_or_is_damaged(written: dict[str, Any]) -> None:
    try:
        record = read_run(written)
    except DamagedRun as error:
        event("damaged")
        if not all(problem.message for problem in error.problems) or not error.problems:
            pytest.fail("damaged without a word")
    else:
        assert repr(read_run(write_run(record))).split("warnings=")[0] == repr(record).split("warnings=")[0]


@pytest.mark.spec("1:88", "1:91", "1:93", "5:43")
def test_globals() -> None:
    record = read_run(manifest("a", uuid="ab" * 16, phase="UpstreamFailed", project="p"))
    found = run_globals(record)
    assert found["status"] == "upstream_failed"
    assert found["created_at"] == "2026-01-01T00:00:00+00:00"
    assert found["project_unique_name"] == "default.p"
    assert found["owner_name"] == "default"
    assert found["run_outputs_path"] == f"/joinery/artifacts/{'ab' * 16}/outputs"
    assert found["finished_at"] is None


@pytest.mark.spec("2:44", "2:57")
@pytest.mark.parametrize(
    ("text", "number"),
    [("500m", 0.5), ("1Gi", 2**30), ("1e3", 1000), ("2", 2), (".5k", 500), ("1u", 1e-6), ("1E", 10**18)],
)
def test_quantities(text: str, number: float) -> None:
    assert parse_quantity(text) == number
