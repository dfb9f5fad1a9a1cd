"""Fetching from a mounted volume: what arrives, how it lies there, and what is said of it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fetch_world import RUN, World, put

from joinery.fetch.fetching import Fetcher
from joinery.fetch.manifest import read_manifest
from joinery.fetch.stores.base import Entry
from joinery.fetch.stores.volume import VolumeStore
from joinery.fetch.tree import Tree


@pytest.mark.spec("4:46", "4:47", "4:44")
def test_files_and_folders_arrive_as_they_are(world: World, volume: Path) -> None:
    deep = {f"{RUN}/outputs/a/b{number}/file.bin": os.urandom(number * 1000) for number in range(20)}
    put(volume, {f"{RUN}/model.pt": b"weights", f"{RUN}/log.txt": "lines", **deep})
    world.want(f"{RUN}/model.pt", f"{RUN}/best.pt").want(f"{RUN}/outputs", kind="dir").want(
        f"{RUN}/log.txt", kind="any"
    )
    before = os.umask(0o077)
    try:
        assert world.fetch(pieces=3) == 0
    finally:
        os.umask(before)
    assert (world.out / RUN / "best.pt").read_bytes() == b"weights"
    for name, content in deep.items():
        assert (world.out / name).read_bytes() == content
    for path in (world.out / RUN).rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path
    assert world.arrived[f"{RUN}/best.pt"] == {
        "path": f"{RUN}/best.pt",
        "bytes": 7,
        "sha256": hashlib.sha256(b"weights").hexdigest(),
        "run": RUN,
    }
    assert set(world.arrived) == {f"{RUN}/best.pt", f"{RUN}/log.txt", *deep}
    assert {key: world.summary[key] for key in ("files", "bytes", "skipped", "missing")} == {
        "files": 22,
        "bytes": 12 + sum(map(len, deep.values())),
        "skipped": 0,
        "missing": [],
    }


@pytest.mark.spec("4:46")
def test_of_a_wide_folder_every_file_arrives(world: World, volume: Path) -> None:
    """More than the store gives at a time, several times over."""
    wide = {f"{RUN}/outputs/{number:04}": str(number) for number in range(1030)}
    put(volume, wide)
    assert world.want(f"{RUN}/outputs", kind="dir").fetch() == 0
    assert set(world.arrived) == set(wide)
    assert world.summary["files"] == len(wide)


@pytest.mark.spec("4:46")
@pytest.mark.parametrize("size", [0, 1, 4 * 1024 * 1024, 4 * 1024 * 1024 + 1, 20_000_003])
def test_a_file_of_any_size_is_copied_and_hashed(world: World, volume: Path, size: int) -> None:
    content = os.urandom(size)
    put(volume, {f"{RUN}/file": content})
    assert world.want(f"{RUN}/file").fetch() == 0
    assert (world.out / RUN / "file").read_bytes() == content
    assert world.arrived[f"{RUN}/file"]["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.spec("4:50")
def test_what_is_missing_is_listed_and_the_exit_code_says_so(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/there": "x"})
    world.want(f"{RUN}/there").want(f"{RUN}/gone.pt").want(f"{RUN}/no/folder", kind="dir").want(f"{RUN}/x", kind="any")
    assert world.fetch() == 3
    for name in ("gone.pt", "no/folder", "x"):
        assert f"{RUN}/{name}" in world.said
    assert "3 artifacts are missing in the Connection `data`" in world.said
    assert f"{RUN}/there" not in world.said


@pytest.mark.spec("4:50")
def test_a_long_list_of_missing_files_keeps_its_first_sentence_among_the_last_lines(world: World) -> None:
    for number in range(5000):
        world.want(f"{RUN}/{'long' * 40}/{number}")
    assert world.fetch() == 3
    assert len(world.said.encode()) <= 4096
    last = world.said.strip().splitlines()[-20:]  # as many as the operator shows
    assert any("5,000 artifacts are missing" in line for line in last)
    assert any("4,985 more" in line for line in last)


@pytest.mark.spec("4:50")
def test_skip_goes_on_and_records_what_was_missing(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/there": "x"})
    for number in range(500):
        world.want(f"{RUN}/missing-{number}", skip=True)
    assert world.want(f"{RUN}/there").fetch() == 0
    assert (world.summary["files"], world.summary["skipped"]) == (1, 500)
    assert set(world.summary["missing"]) < {f"{RUN}/missing-{number}" for number in range(500)}
    assert len(world.said.encode()) <= 4096
    assert (world.out / RUN / "there").exists()


@pytest.mark.spec("4:46")
def test_an_empty_folder_is_there_and_not_missing(world: World, volume: Path) -> None:
    (volume / RUN / "outputs").mkdir(parents=True)
    assert world.want(f"{RUN}/outputs", kind="dir").fetch() == 0
    assert (world.out / RUN / "outputs").is_dir()


@pytest.mark.spec("4:46")
def test_a_file_asked_for_twice_arrives_once_and_two_files_of_one_place_do_not(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/outputs/a": "a", f"{RUN}/b": "b"})
    world.want(f"{RUN}/outputs", kind="dir").want(f"{RUN}/outputs/a")
    assert world.fetch() == 0
    assert (world.summary["files"], list(world.arrived)) == (1, [f"{RUN}/outputs/a"])
    world.want(f"{RUN}/b", f"{RUN}/outputs/a")
    assert world.fetch() == 1
    assert "would both become" in world.said


@pytest.mark.spec("4:45")
def test_many_runs_with_ten_files_each(world: World, volume: Path) -> None:
    files = {f"{number:032x}/f{index}": f"{number} {index}" for number in range(60) for index in range(10)}
    put(volume, files)
    for name in files:
        world.want(name)
    assert world.fetch(pieces=7) == 0
    assert {name: (world.out / name).read_text() for name in files} == files
    assert len(world.arrived) == 600


@pytest.mark.spec("4:45")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON document"),
        (b"\x1f\x8b\x08\x00broken", "no JSON document"),
        (b"[1]", "no JSON object"),
        (b'{"version": 2, "connection": {"name": "a", "kind": "s3"}}', "version"),
        (b'{"version": 1, "items": [{"source": "a"}, {"source": 1}]}', "`connection` does not say"),
        (b'{"version": 1, "connection": {"name": "a", "kind": "ftp"}}', "kind `ftp`"),
        (b'{"version": 1, "connection": {"name": "a", "kind": "volumeClaim"}}', "where the volume"),
    ],
)
def test_a_manifest_that_is_none_is_explained(tmp_path: Path, content: bytes, said: str) -> None:
    from joinery.fetch import programs

    path = tmp_path / "manifest"
    path.write_bytes(content)
    assert programs.fetch([path], tmp_path / "out", message=tmp_path / "message") == 2
    assert said in (tmp_path / "message").read_text()


@pytest.mark.spec("4:46")
def test_a_part_of_a_manifest_that_is_not_there_is_named(world: World) -> None:
    from joinery.fetch import programs

    parts = world.want(f"{RUN}/a").write(pieces=2)
    parts[1].unlink()
    assert programs.fetch(parts, world.out, message=world.folder / "message") == 2
    assert "part-0001" in world.said


@pytest.mark.spec("4:46")
def test_a_full_disk_is_an_error_and_no_hang(tmp_path: Path) -> None:
    from joinery.fetch.stores.copying import copy

    (tmp_path / "file").write_bytes(b"x" * 9_000_000)
    with (tmp_path / "file").open("rb") as source, Path("/dev/full").open("wb", buffering=0) as target:
        with pytest.raises(OSError, match="No space"):
            copy(source.fileno(), target.fileno(), size=9_000_000)
        with pytest.raises(OSError, match="No space"):
            copy(source.fileno(), target.fileno(), size=1000)


class _BreaksOff(VolumeStore):
    """A listing that breaks off once in its middle; until it is begun anew, what was listed first is deleted."""

    broken = False

    async def walk(self, path: str, faults: Any = None) -> AsyncIterator[Entry]:
        count = 0
        async for entry in super().walk(path, faults):
            if count == 3 and not self.broken:
                self.broken = True
                (self.root / RUN / "outputs" / "0").unlink()
                raise ConnectionResetError("in the middle")
            count += 1
            yield entry


@pytest.mark.spec("4:46")
async def test_a_listing_that_breaks_off_and_is_another_one_then_loses_nothing(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/outputs/{number}": "x" for number in range(8)})
    manifest = read_manifest(world.want(f"{RUN}/outputs", kind="dir").write())
    tree, store = Tree(world.out), _BreaksOff(volume)
    fetcher = Fetcher(manifest, tree, store, parallel=1)
    listed = [work.path async for work in fetcher._works([(manifest.items[0], (RUN, "outputs"))])]
    fetcher.journal.close()
    tree.close()
    await store.close()
    assert listed == [f"{RUN}/outputs/{number}" for number in range(8)]
