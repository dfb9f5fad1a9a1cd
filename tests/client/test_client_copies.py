"""Files that are logged under an operation: copied into the folder of outputs, and nothing there is written over."""

from __future__ import annotations

import json
import threading

import pytest

from joinery.tracking import start_run


@pytest.fixture
def outputs(laptop, monkeypatch):
    """The folder of outputs of a pod that may not write its Run."""
    folder = laptop / "outputs"
    folder.mkdir()
    for key, value in {
        "JOINERY_RUN_NAME": "op-1", "JOINERY_RUN_UUID": "0a" * 16, "JOINERY_NAMESPACE": "n",
        "JOINERY_OUTPUTS": str(laptop / "outputs.json"), "JOINERY_OUTPUTS_PATH": str(folder),
    }.items():  # fmt: skip
        monkeypatch.setenv(key, value)
    return folder


def _write(place, text):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return place


def _recorded(laptop):
    """Path of each artifact that the termination message names."""
    found = json.loads((laptop / "outputs.json").read_text())["artifacts"]
    return {one["name"]: one["path"] for one in found}


def _content(outputs, path):
    return (outputs.parent / path).read_text()


def test_two_files_of_one_name_are_both_kept(laptop, outputs):
    with start_run() as run:
        run.log_artifact(_write(laptop / "a" / "model.pt", "A"), name="first")
        run.log_artifact(_write(laptop / "b" / "model.pt", "B"), name="second")
    recorded = _recorded(laptop)
    assert {name: _content(outputs, path) for name, path in recorded.items()} == {"first": "A", "second": "B"}
    assert recorded == {"first": "outputs/model.pt", "second": "outputs/model-2.pt"}


def test_what_the_program_wrote_there_itself_stays(laptop, outputs):
    _write(outputs / "model.pt", "the program's own")
    _write(outputs / "plots" / "old.png", "old")
    with start_run() as run:
        run.log_artifact(_write(laptop / "model.pt", "logged"))
        run.log_artifact(_write(laptop / "plots" / "new.png", "new").parent)
    recorded = _recorded(laptop)
    assert (outputs / "model.pt").read_text() == "the program's own"
    assert _content(outputs, recorded["model.pt"]) == "logged"
    assert [place.name for place in (outputs / "plots").iterdir()] == ["old.png"]
    assert _content(outputs, f"{recorded['plots']}/new.png") == "new"


def test_an_artifact_that_is_logged_again_replaces_its_copy(laptop, outputs):
    with start_run() as run:
        for step in range(3):
            run.log_artifact(_write(laptop / f"step-{step}" / "model.pt", f"after {step}"), name="best")
            folder = _write(laptop / f"step-{step}" / "plots" / f"{step}.png", "plot").parent
            run.log_artifact(folder)
    assert _recorded(laptop) == {"best": "outputs/model.pt", "plots": "outputs/plots"}
    assert (outputs / "model.pt").read_text() == "after 2"
    assert [place.name for place in (outputs / "plots").iterdir()] == ["2.png"], "of that call alone"
    assert sorted(place.name for place in outputs.iterdir()) == ["model.pt", "plots"]


def test_another_process_takes_no_name_that_is_taken(laptop, outputs, program):
    code = """
        import sys, joinery
        with joinery.start_run() as run:
            run.log_artifact(sys.argv[1], name=sys.argv[2])
    """
    for name in ("one", "two"):
        process = program(code, str(_write(laptop / name / "model.pt", name)), name)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert {place.read_text() for place in outputs.glob("model*.pt")} == {"one", "two"}


def test_threads_that_log_one_name_at_once_lose_nothing(laptop, outputs):
    files = [_write(laptop / str(number) / "part.bin", str(number)) for number in range(8)]
    with start_run() as run:
        threads = [threading.Thread(target=run.log_artifact, args=(file,), kwargs={"name": file.parent.name})
                   for file in files]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    recorded = _recorded(laptop)
    assert {name: _content(outputs, path) for name, path in recorded.items()} == {str(n): str(n) for n in range(8)}


def test_a_copy_that_fails_leaves_nothing_and_no_entry(laptop, outputs, caplog):
    folder = laptop / "broken"
    folder.mkdir()
    (folder / "link").symlink_to(laptop / "gone")
    with start_run() as run:
        run.log_artifact(folder)
        run.log_metrics(loss=1.0)
    assert list(outputs.iterdir()) == []
    assert "artifacts" not in json.loads((laptop / "outputs.json").read_text())
    assert "is not recorded" in caplog.text


def test_two_files_that_take_one_name_unawares_are_said(laptop, outputs, caplog):
    with start_run() as run:
        run.log_artifact(_write(laptop / "a" / "model.pt", "A"))
        run.log_artifact(laptop / "a" / "model.pt")
        assert caplog.messages == []
        run.log_artifact(_write(laptop / "b" / "model.pt", "B"))
        run.log_artifact(_write(laptop / "c" / "best.pt", "C"), name="best")
        run.log_artifact(_write(laptop / "d" / "best.pt", "D"), name="best")  # meant so
    (said,) = caplog.messages
    assert f"the artifact 'model.pt' is now {laptop}/b/model.pt, and no longer {laptop}/a/model.pt" in said
    assert _content(outputs, _recorded(laptop)["model.pt"]) == "B"
