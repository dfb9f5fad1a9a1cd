"""PATHs: files, folders, globs, standard input, compressed or not."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from joinery.local.sources import UnreadableFile, expand, open_source


def names(*paths: str | Path) -> list[str]:
    return [Path(source.name).name for source in expand(paths)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b.yaml", "a.yml", "deep/c.json", "d.jsonl", "e.ndjson.gz", "notes.md", ".hidden.yaml", ".git/x.yaml"):
        (tmp_path / name).write_bytes(b"{}")
    return tmp_path


def test_a_folder_gives_its_manifests_in_order_and_nothing_hidden(folder: Path) -> None:
    assert names(folder) == ["a.yml", "b.yaml", "d.jsonl", "e.ndjson.gz", "c.json"]
    assert not any(source.named for source in expand([folder]))


def test_a_glob_is_expanded_and_a_file_named_with_its_characters_is_itself(folder: Path) -> None:
    assert names(f"{folder}/*.y*ml") == ["a.yml", "b.yaml"]
    assert names(f"{folder}/**/*.json") == ["c.json"]
    (folder / "run[1].yaml").write_text("x: 1")
    assert names(folder / "run[1].yaml") == ["run[1].yaml"]


def test_a_relative_glob_keeps_its_relative_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert [source.name for source in expand(["deep/*.json"])] == ["deep/c.json"]


def test_a_file_is_read_once_and_naming_it_makes_it_strict(folder: Path) -> None:
    sources = {Path(source.name).name: source for source in expand([folder, folder / "b.yaml"])}
    assert sources["b.yaml"].named
    assert not sources["a.yml"].named
    assert len(expand([folder, folder])) == 5


def test_paths_that_name_nothing_are_reported_together_with_the_nearest(folder: Path) -> None:
    with pytest.raises(UnreadableFile) as caught:
        expand([folder / "b.yml", f"{folder}/*.toml", "s3://bucket/runs", "", "bad\0name"])
    texts = [str(problem) for problem in caught.value.problems]
    assert "there is no such file or folder" in texts[0]
    assert "`b.yaml`" in texts[0]
    assert "no file matches this glob" in texts[1]
    assert "addresses are not read" in texts[2]
    assert len(texts) == 5


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="holds no file to read"):
        expand([tmp_path])


def test_gzip_is_seen_by_its_first_bytes_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    path.write_bytes(gzip.compress(b"hello"))
    with open_source(expand([path])[0]) as opened:
        assert opened.stream.read() == b"hello"
        assert opened.position() > 0


@pytest.mark.parametrize("data", [gzip.compress(b"hello" * 100, mtime=0)[:-12], b"\x1f\x8b nonsense"])
def test_a_damaged_gzip_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "runs.json.gz"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="compressed file is damaged"), open_source(expand([path])[0]) as opened:
        opened.stream.read()


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"piped"))))
    with open_source(expand(["-"])[0]) as opened:
        assert opened.stream.read() == b"piped"
