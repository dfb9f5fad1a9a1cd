"""Files of every form into Runs and other objects; what cannot be read is an error or a warning, never silence."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.local.loading import Loaded, load
from joinery.local.sources import UnreadableFile
from joinery.problems import InvalidManifest, JoineryError
from joinery.runs.record import RunRecord


def run(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {"name": name, "uid": f"00000000-0000-0000-0000-{int(name.rpartition('-')[2]):012d}"},
        "spec": {"createdAt": "2026-01-01T00:00:00Z", **spec},
    }


def read(*given: Any, namespace: str = "default") -> tuple[list[RunRecord], Loaded]:
    records: list[RunRecord] = []

    def take(found: Iterable[RunRecord]) -> None:
        records.extend(found)

    return records, load(given, namespace=namespace, take=take)


def names(records: list[RunRecord]) -> list[str]:
    return [record.name for record in records]


TWO = [run("run-1"), run("run-2")]
FORMS: dict[str, bytes] = {
    "many.yaml": b"# two\n" + b"---\n".join(json.dumps(r).encode() + b"\n" for r in TWO),
    "list.yaml": ("apiVersion: v1\nkind: List\nitems:\n" + "".join(f"- {json.dumps(r)}\n" for r in TWO)).encode(),
    "list.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": TWO}, indent=2).encode(),
    "runlist.json": json.dumps(
        {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "RunList",
            "items": [{key: value for key, value in r.items() if key not in ("apiVersion", "kind")} for r in TWO],
        }
    ).encode(),
    "array.json": json.dumps(TWO).encode(),
    "array.yaml": "".join(f"- {json.dumps(r)}\n" for r in TWO).encode(),
    "lines.jsonl": b"\n".join(json.dumps(r).encode() for r in TWO),
    "lines-by-their-looks.json": b"\n\n".join(json.dumps(r).encode() for r in TWO) + b"\r\n",
    "one-after-another.json": b"".join(json.dumps(r, indent=1).encode() for r in TWO),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("compress", [False, True])
def test_every_form_gives_the_same_runs(tmp_path: Path, form: str, compress: bool) -> None:
    path = tmp_path / (form + ".gz" * compress)
    path.write_bytes(gzip.compress(FORMS[form]) if compress else FORMS[form])
    records, loaded = read(path)
    assert names(records) == ["run-1", "run-2"]
    assert (loaded.runs, loaded.damaged, loaded.warnings) == (2, 0, [])


def test_what_is_no_object_in_a_list_of_objects_is_named_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    path.write_text(json.dumps([run("run-1"), 5]))
    with pytest.raises(InvalidManifest, match=r"`\[1\]` is a number") as caught:
        read(path)
    assert caught.value.problems[0].path == "[1]"
    path.write_text("[5]")
    with pytest.raises(InvalidManifest, match="the document is a list, no Kubernetes object"):
        read(path)


def test_mappings_are_runs_without_saying_so_and_may_come_in_lists() -> None:
    first, second = run("run-1"), run("run-2")
    del first["kind"], first["apiVersion"]
    records, _ = read([first, second], {"kind": "List", "apiVersion": "v1", "items": [run("run-3")]})
    assert names(records) == ["run-1", "run-2", "run-3"]


def test_a_number_that_no_cluster_stores_damages_one_mapping_alone() -> None:
    records, loaded = read([run("run-1"), run("run-2", inputs={"lr": float("nan")})])
    assert names(records) == ["run-1"]
    assert loaded.damaged == 1
    (note,) = loaded.notes
    assert note[:2] == ("default", "run-2")
    assert "write them as text" in note[3]


def test_what_is_neither_path_nor_mapping_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="paths or mappings"):
        read([3])


def test_the_namespace_is_for_those_that_name_none(tmp_path: Path) -> None:
    elsewhere = run("run-2")
    elsewhere["metadata"]["namespace"] = "team-b"
    records, loaded = read([run("run-1"), elsewhere], namespace="team-a")
    assert [record.namespace for record in records] == ["team-a", "team-b"]
    assert loaded.by_namespace == {"team-a": 1, "team-b": 1}


def test_one_damaged_run_among_many_is_named_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    damaged = run("run-77")
    damaged["status"] = {"phase": "Nowhere"}
    lines = [json.dumps(run(f"run-{number}")) for number in range(200)]
    lines[77] = json.dumps(damaged)
    lines[99] = lines[99][:-9]
    path.write_text("\n".join(lines))
    records, loaded = read(path)
    assert len(records) == 198
    (note,) = loaded.notes
    assert note[1] == "run-77"
    assert "status.phase" in note[3]
    assert note[3].endswith(f"({path}:78)")
    (warning,) = loaded.warnings
    assert (warning.file, warning.line) == (str(path), 100)
    assert warning.message.startswith("left out: ")


def test_a_compressed_file_that_is_damaged_ends_a_folder_no_more_than_any_other(tmp_path: Path) -> None:
    whole = gzip.compress("".join(json.dumps(run(f"run-{number}")) + "\n" for number in range(5)).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(whole[:-6])
    (tmp_path / "b.jsonl").write_text(json.dumps(run("run-9")))
    (tmp_path / "c.yaml").symlink_to(tmp_path / "gone.yaml")
    records, loaded = read(tmp_path)
    assert "run-9" in {record.name for record in records}
    damaged, gone = loaded.warnings
    assert damaged.message.startswith("left out: the compressed file is damaged")
    assert (damaged.file, gone.file) == (str(tmp_path / "a.jsonl.gz"), str(tmp_path / "c.yaml"))
    with pytest.raises(InvalidManifest, match="the compressed file is damaged"):
        read(tmp_path / "a.jsonl.gz")
    with pytest.raises(UnreadableFile):
        read(tmp_path / "c.yaml")


def test_a_run_of_another_version_is_left_out_and_named() -> None:
    records, loaded = read([run("run-1"), {**run("run-2"), "apiVersion": "joinery.dev/v1"}])
    assert [record.name for record in records] == ["run-1"]
    (note,) = loaded.notes
    assert note[1] == "run-2"
    assert note[3].startswith("apiVersion: must be `joinery.dev/v1alpha1`, and is `joinery.dev/v1`")


def test_a_run_that_stands_twice_counts_once_with_a_warning() -> None:
    _, loaded = read([run("run-1"), run("run-1", tags=["later"])])
    assert loaded.runs == 1
    assert [warning.message for warning in loaded.warnings] == [
        "Run `default/run-1` stands twice: the later one is used"
    ]


@pytest.mark.spec("3:40")
def test_a_run_without_uid_is_known_by_its_name_with_a_warning() -> None:
    nameless = {"metadata": {"name": "a", "namespace": "team-a"}, "spec": {"createdAt": "2026-01-01T00:00:00Z"}}
    (record,), loaded = read(nameless)
    assert record.uid == "team-a/a"
    assert len(record.uuid) == 32
    assert read(nameless)[0][0].uuid == record.uuid
    (warning,) = loaded.warnings
    assert warning.message.startswith("Run `team-a/a`: it has neither spec.uuid nor")
    many = [{**nameless, "metadata": {"name": f"run-{number}"}} for number in range(10)]
    assert [warning.message for warning in read(many)[1].warnings][-1] == "7 more Runs have such oddities"


def test_other_objects_are_kept_or_counted(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(
        "{apiVersion: joinery.dev/v1alpha1, kind: Search, metadata: {name: good}, spec: {query: ''}}\n---\n"
        "{apiVersion: joinery.dev/v1alpha1, kind: Search, metadata: {name: good}, spec: {query: ''}}\n---\n"
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n---\n"
        "{apiVersion: tekton.dev/v1alpha1, kind: Run, metadata: {name: x}}\n"
    )
    records, loaded = read(path)
    assert records == []
    assert loaded.shelf.names("Search", "default") == ["good"]
    messages = [warning.message for warning in loaded.warnings]
    assert messages == [
        "Search `good` stands twice: the later one holds",
        "objects of other kinds left out: 1 ConfigMap, 1 Run (tekton.dev/v1alpha1)",
    ]


BAD = {
    "empty.yaml": (b"", "the file is empty"),
    "blank.yaml": (b" \n\n", "the file is empty"),
    "comment.yaml": (b"# nothing\n", "the file is empty"),
    "empty.jsonl": (b"", "the file is empty"),
    "text.yaml": (b"hello", "the document is text, no Kubernetes object"),
    "list.yaml": (b"- 1\n", "the document is a list, no Kubernetes object"),
    "mapping.json": (b'{"loss": 1}', "a mapping without `apiVersion` and `kind`"),
    "latin.yaml": ("größe: 1".encode("latin-1"), "is not UTF-8 text"),
    "tab.yaml": (b"kind: Run\n\tname: x\n", ":2:"),
    "twice.yaml": (b"kind: Run\nkind: Run\n", "twice"),
    "twice.json": (b'{"kind": "Run",\n "kind": "Run"}', "twice"),
    "nan.yaml": (b"apiVersion: v1\nkind: Run\nloss: .nan\n", ":3:"),
    "huge.yaml": (b"apiVersion: v1\nkind: Run\nloss: 1e400\n", ":3:"),
    "bomb.yaml": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)),
        "alias",
    ),
    "deep.yaml": (b"[" * 5000, ":1:"),
    "polyaxon.yaml": (b"version: 1.1\nkind: operation\njoins: []\n", "this looks like a Polyaxonfile"),
}


@pytest.mark.spec("3:38", "3:39")
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_that_was_named_is_an_error_with_its_place(tmp_path: Path, name: str) -> None:
    data, message = BAD[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InvalidManifest) as caught:
        read(path)
    from joinery.cli.problems import place

    texts = [place(problem) + str(problem) for problem in caught.value.problems]
    if data and name.endswith("jsonl"):
        assert texts
    assert any(message in text for text in texts), texts
    assert all(text.startswith(str(path)) for text in texts)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_in_a_folder_is_a_warning_and_the_others_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BAD[name][0])
    (tmp_path / "good.json").write_text(json.dumps(run("run-1")))
    records, loaded = read(tmp_path)
    assert names(records) == ["run-1"]
    assert loaded.warnings
    assert all(warning.file == str(tmp_path / name) for warning in loaded.warnings)


@given(
    st.binary(max_size=200)
    | st.text(alphabet=st.sampled_from('{}[]:,-"\n \tab1&*!|>#%@é\x00'), max_size=120).map(str.encode)
    | st.lists(st.sampled_from(list(FORMS.values()))).map(lambda parts: b"\n".join(parts)[::-1][:300][::-1])
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_at_all_are_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("file.yaml", "file.json", "file.jsonl"):
            path = Path(folder) / name
            path.write_bytes(data)
            with suppress(JoineryError):
                records, loaded = read(path)
                assert len(records) == loaded.runs + loaded.twice


def test_progress_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(run(f"run-{number}")) + "\n" for number in range(1200)))
    seen: list[tuple[int, int, int]] = []

    def take(found: Iterable[RunRecord]) -> None:
        assert sum(1 for _ in found) == 1200

    load([path], namespace="default", take=take, progress=lambda *step: seen.append(step))
    size = path.stat().st_size
    assert [runs for _, _, runs in seen] == [512, 1024, 1200]
    assert seen[-1] == (size, size, 1200)
    assert all(0 < done <= size for done, _, _ in seen)
