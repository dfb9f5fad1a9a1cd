"""The artifacts form: written, bound per run, and never outside a run's directory."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.problems import InvalidOperation, JoineryError

from .world import resolved, run, store_of, uuid

A, B = uuid(3), uuid(4)


def store() -> Any:
    return store_of(
        run(3, artifacts=[{"name": "model", "path": "m.pt"}], inputs={"ckpt": "c/7"}),
        run(4, artifacts=[{"name": "other", "path": "o.pt"}], inputs={"ckpt": "c/8"}),
    )


def form(value: Any, **flags: Any) -> Any:
    join = {"query": "", "sort": "created_at", "params": {"files": {"value": value, **flags}}}
    return resolved(store(), [join])


@pytest.mark.spec("1:89", "1:99", "1:100", "1:101", "1:102")
def test_every_entry_has_the_run_path_before_it_grouped_by_run() -> None:
    value = form({"files": ["subpath/files", "subpath2/file2"]}).params["files"].value
    assert value == {
        "files": [f"{A}/subpath/files", f"{A}/subpath2/file2", f"{B}/subpath/files", f"{B}/subpath2/file2"],
        "dirs": [],
    }


@pytest.mark.spec("1:99")
def test_a_text_a_list_and_pairs() -> None:
    assert form({"dirs": "logs"}).params["files"].value == {"files": [], "dirs": [f"{A}/logs", f"{B}/logs"]}
    value = form({"files": [["from/x", "to/x"], "y"], "dirs": [["d", "e"]]}).params["files"].value
    assert value["files"] == [[f"{A}/from/x", f"{A}/to/x"], f"{A}/y", [f"{B}/from/x", f"{B}/to/x"], f"{B}/y"]
    assert value["dirs"] == [[f"{A}/d", f"{A}/e"], [f"{B}/d", f"{B}/e"]]


@pytest.mark.spec("1:102")
def test_entries_in_braces_are_bound_per_run_and_a_null_one_is_left_out_with_a_warning() -> None:
    done = form({"files": ["{{ artifacts.model }}", "{{ inputs.ckpt }}/w.bin"], "dirs": ["{{ artifacts.outputs }}"]})
    assert done.params["files"].value == {
        "files": [f"{A}/m.pt", f"{A}/c/7/w.bin", f"{B}/c/8/w.bin"],
        "dirs": [f"{A}/outputs", f"{B}/outputs"],
    }
    assert [one.rule for one in done.warnings] == ["null-artifact"]
    assert "run-4" in done.warnings[0].message


@pytest.mark.spec("1:102", "1:103")
@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a\0b", "..", "s3://bucket/x", ""])
def test_what_leaves_the_run_is_refused_where_it_is_written(path: str) -> None:
    with pytest.raises(InvalidOperation) as caught:
        form({"files": ["fine", path]})
    assert caught.value.reason == "Invalid"
    assert caught.value.problems[0].path == "spec.joins[0].params.files.value.files[1]"


@pytest.mark.spec("1:87", "1:103")
@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", f"{uuid(1)}/../x", "s3://bucket/x"])
def test_what_leaves_the_run_is_refused_where_a_run_recorded_it(path: str) -> None:
    hostile = store_of(run(1, artifacts=[{"name": "model", "path": path}]), run(2))
    join = {"query": "", "params": {"files": {"value": {"files": ["{{ artifacts.model }}"]}}}}
    with pytest.raises(InvalidOperation) as caught:
        resolved(hostile, [join])
    assert caught.value.reason == "InvalidParams"
    assert "run-1" in caught.value.problems[0].message
    plain = {"query": "", "params": {"paths": {"value": "artifacts.model", "toInit": True}}}
    with pytest.raises(InvalidOperation, match="run-1"):
        resolved(hostile, [plain])


@pytest.mark.spec("1:87")
def test_an_absolute_path_stays_as_a_value() -> None:
    join = {"query": "", "params": {"paths": {"value": "artifacts.model"}}}
    store = store_of(run(1, artifacts=[{"name": "model", "path": "/mnt/model"}]))
    assert resolved(store, [join]).params["paths"].value == ["/mnt/model"]


@pytest.mark.spec("1:47")
def test_at_most_256_files_and_dirs() -> None:
    with pytest.raises(JoineryError, match="256"):
        form({"files": [f"f{n}" for n in range(200)], "dirs": [f"d{n}" for n in range(57)]})


@pytest.mark.spec("1:118", "1:122")
def test_the_form_goes_with_type_artifacts_and_names_with_paths() -> None:
    files = {"query": "", "params": {"x": {"value": {"files": ["a"]}}}}
    with pytest.raises(JoineryError, match="artifacts"):
        resolved(store(), [files], inputs=[{"name": "x", "type": "path", "isList": True}])
    names = {"query": "", "sort": "created_at", "params": {"x": {"value": "artifacts.model"}}}
    with pytest.raises(JoineryError, match="artifacts"):
        resolved(store(), [names], inputs=[{"name": "x", "type": "artifacts"}])
    paths = [{"name": "x", "type": "path", "isList": True, "isOptional": True}]
    assert resolved(store(), [names], inputs=paths).params["x"].value == [f"{A}/m.pt", None]
