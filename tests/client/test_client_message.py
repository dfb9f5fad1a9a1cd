"""The termination message: what fits of a run, most important first, never half a document."""

from __future__ import annotations

import json
import logging
import os

import pytest
from client_waiting import wait_for
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.client.message import LEFT_OUT, document_of
from joinery.client.notes import LOG
from joinery.control import outputs
from joinery.tracking import start_run


@pytest.fixture
def message(laptop, monkeypatch):
    """The pod of an operation without a service account. The file that is the termination message."""
    file = laptop / "outputs.json"
    file.touch()
    (laptop / "outputs").mkdir()
    for key, value in {
        "JOINERY_RUN_NAME": "op-1", "JOINERY_RUN_UUID": "ab" * 16, "JOINERY_NAMESPACE": "team",
        "JOINERY_OUTPUTS": str(file), "JOINERY_OUTPUTS_PATH": str(laptop / "outputs"),
    }.items():  # fmt: skip
        monkeypatch.setenv(key, value)
    return file


def test_it_is_written_in_place(message, caplog):
    before = message.stat().st_ino
    with start_run() as run:
        run.log_metrics(loss=0.5, step=1)
        assert run.flush()
        assert json.loads(message.read_text())["metrics"]["loss"]["last"] == 0.5
        run.log_outputs(best=1)
    assert message.stat().st_ino == before
    assert outputs.read(message.read_text(), containers=2).outputs == {"best": 1}
    assert not list((message.parent / "outputs").iterdir())
    assert caplog.messages == []


def test_a_document_that_shrinks_is_whole_at_every_moment(message):
    with start_run() as run:
        run.log_outputs(text="x" * 2000)
        assert run.flush()
        size = message.stat().st_size
        run.log_outputs(text="y")
    assert message.stat().st_size == size
    assert outputs.read(message.read_text(), containers=2).outputs == {"text": "y"}


def test_what_does_not_fit_is_said_counted_and_kept(message, caplog):
    with caplog.at_level(logging.WARNING, LOG.name), start_run(inputs={"seed": 1}) as run:
        run.log_outputs(long="z" * 1_000)
        run.log_outputs(result=0.25, table="w" * 3_000)
        run.log_metrics({f"metric-{number}": number / 7 for number in range(40)}, step=5)
        run.log_artifact("s3://bucket/model.pt")
    text = message.read_text()
    assert len(text.encode()) <= 4_095
    said = outputs.read(text, containers=3)
    assert said.outputs == {"result": 0.25, "long": "z" * 1_000, LEFT_OUT: 2}
    assert said.metrics["metric-39"] == 39 / 7
    assert (len(said.metrics), len(said.artifacts)) == (40, 1)
    left = json.loads((message.parent / "outputs" / "joinery-run.json").read_text())
    assert (left["status"]["outputs"]["table"], left["spec"]["inputs"]) == ("w" * 3_000, {"seed": 1})
    assert left["status"]["metrics"]["metric-1"]["step"] == 5
    assert any("outputs table" in line and "joinery-run.json" in line for line in caplog.messages), caplog.messages


def test_a_smaller_room_is_heeded(message, monkeypatch):
    monkeypatch.setenv("JOINERY_OUTPUTS_LIMIT", "200")
    with start_run() as run:
        run.log_metrics({f"metric-{number}": number for number in range(40)})
    assert len(message.read_bytes()) <= 200
    assert LEFT_OUT in outputs.read(message.read_text(), containers=3).outputs


def test_what_the_container_wrote_itself_is_left_alone(message, caplog):
    with caplog.at_level(logging.WARNING, LOG.name), start_run() as run:
        run.log_metrics(loss=1)
        assert run.flush()
        message.write_text('{"outputs": {"own": 1}}')
        run.log_metrics(loss=2)
    assert message.read_text() == '{"outputs": {"own": 1}}'
    assert any("is left as it is" in line for line in caplog.messages)
    left = json.loads((message.parent / "outputs" / "joinery-run.json").read_text())
    assert left["status"]["metrics"]["loss"]["last"] == 2


def test_a_kill_never_leaves_half_a_document(message, program):
    code = """
        from joinery.tracking import start_run
        with start_run() as run:
            for step in range(10**9):
                run.log_metrics(loss=step, step=step)
                run.log_outputs(text="x" * (step * 37 % 3000))
                run.flush()
    """
    for _ in range(3):
        os.truncate(message, 0)
        process = program(code)
        wait_for(message.read_text)
        process.kill()
        process.wait()
        said = outputs.read(message.read_text(), containers=3)
        assert (said.warning, set(said.metrics)) == ("", {"loss"})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
metrics = st.fixed_dictionaries({name: st.floats(allow_nan=False) for name in ("last", "min", "max")})


@settings(max_examples=150, deadline=None)
@given(
    found=st.dictionaries(st.tuples(st.just("outputs"), st.text(min_size=1, max_size=20)), values, max_size=30),
    measured=st.dictionaries(st.tuples(st.just("metrics"), st.text(min_size=1, max_size=20)), metrics, max_size=30),
    limit=st.integers(min_value=120, max_value=4_095),
)
def test_the_document_fits_and_says_what_it_lacks(found, measured, limit):
    everything = found | measured
    document = document_of(everything, limit=limit)
    assert len(document.content) <= limit
    said = json.loads(document.content)
    present = {(section, key) for section in ("outputs", "metrics") for key in said.get(section, {})}
    if document.left:
        assert said["outputs"][LEFT_OUT] == len(document.left)
        present -= {("outputs", LEFT_OUT)}
    assert present | set(document.left) == set(everything)
    assert not present & set(document.left)
    for section, key in present:
        expected = everything[section, key]
        assert said[section][key] == (expected["last"] if section == "metrics" and document.is_cut else expected)
