"""Runs that go between a search and its commit."""

from __future__ import annotations

from joinery.control import departed
from joinery.control.departed import Departed


def test_only_what_went_since_the_mark_in_the_namespace_is_named():
    went = Departed()
    went.note("lab", "before")
    mark = went.mark()
    assert went.warnings(mark, "lab", ["before", "there"]) == []
    went.note("other", "there")
    assert went.warnings(mark, "lab", ["before", "there"]) == []
    went.note("lab", "there")
    [said] = went.warnings(mark, "lab", ["before", "there", "there"])
    assert said["rule"] == "deleted-run"
    assert "'there'" in said["message"]


def test_a_name_that_went_twice_went_last():
    went = Departed()
    went.note("lab", "again")
    mark = went.mark()
    went.note("lab", "again")
    assert len(went.warnings(mark, "lab", ["again"])) == 1


def test_many_are_counted_and_old_ones_forgotten(monkeypatch):
    monkeypatch.setattr(departed, "KEPT", 10)
    went = Departed()
    mark = went.mark()
    for number in range(15):
        went.note("lab", f"run-{number}")
    said = [item["message"] for item in went.warnings(mark, "lab", [f"run-{number}" for number in range(15)])]
    assert said[0].startswith("the run 'run-5' was deleted")
    assert said[-1] == "10 joined runs in all were deleted meanwhile"
    assert len(said) == departed.NAMED + 1
