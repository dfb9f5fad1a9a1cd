"""Names and links that try to lead outside: of a run's record, of a store, of the destination. All are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fetch_world import OTHER, RUN, World, put
from hypothesis import given
from hypothesis import strategies as st

from joinery.fetch.errors import UnsafePath
from joinery.fetch.paths import shown, split
from joinery.fetch.tree import Tree

HOSTILE = [
    *("../../etc/passwd", "/etc/passwd", f"{RUN}/../../x", f"{RUN}/a\0b", "", ".", f"{RUN}/\ud800"),
    *("a" * 10_000, f"{RUN}/{'b' * 256}", "/".join(["c" * 200] * 50)),
]


@pytest.mark.spec("4:49")
@pytest.mark.parametrize("path", HOSTILE)
@pytest.mark.parametrize("where", ["source", "destination"])
def test_a_hostile_path_is_refused_and_shown(world: World, volume: Path, path: str, where: str) -> None:
    put(volume, {f"{RUN}/a": "x"})
    world.want(f"{RUN}/a", f"{OTHER}/fine").want(f"{RUN}/a", f"{OTHER}/b")
    world.items[1][where] = path
    assert world.fetch() == 4
    assert "the path `" in world.said
    assert len(world.said) < 1000
    assert not (world.out / OTHER / "fine").exists()


@pytest.mark.spec("4:49")
def test_all_hostile_paths_are_named_at_once(world: World) -> None:
    for path in HOSTILE:
        world.want(path, f"{RUN}/x")
    assert world.fetch() == 4
    assert world.said.count("the path `") == len(HOSTILE)
    assert "\0" not in world.said


@pytest.mark.spec("4:49")
@given(st.text(alphabet="./ab\0\\é", max_size=12) | st.text(max_size=20))
def test_a_path_is_refused_or_stays_below(path: str) -> None:
    try:
        names = split(path)
    except UnsafePath:
        return
    assert names
    place = os.path.normpath("/root/" + "/".join(names))
    assert place.startswith("/root/")
    assert not {"", ".", ".."} & set(names)


@pytest.mark.spec("4:49")
@given(st.text(max_size=700))
def test_a_path_is_printed_on_one_line_and_cut(path: str) -> None:
    assert shown(path).isprintable()
    assert len(shown(path)) < 220


@pytest.mark.spec("4:49")
@pytest.mark.parametrize("kind", ["file", "dir", "any"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside/secret", "../../outside", "/etc", "../../nothing"])
def test_a_link_in_the_store_that_leads_out_is_refused(world: World, volume: Path, target: str, kind: str) -> None:
    put(world.folder, {"outside/secret": "s3cret"})
    put(volume, {f"{RUN}/outputs/fine": "x"})
    (volume / RUN / "outputs" / "link").symlink_to(target if target.startswith("/") else f"../{target}")
    world.want(f"{RUN}/outputs" if kind == "dir" else f"{RUN}/outputs/link", kind=kind)
    assert world.fetch() == 4
    assert "a link that leads out" in world.said
    assert not [path for path in world.out.rglob("*") if path.is_symlink() or path.name in ("link", "secret")]


@pytest.mark.spec("4:49")
def test_a_run_folder_that_is_a_link_is_refused_too(world: World, volume: Path) -> None:
    (volume / RUN).symlink_to("/etc")
    assert world.want(f"{RUN}/passwd").fetch() == 4
    assert not list(world.out.rglob("passwd"))


@pytest.mark.spec("4:49")
def test_links_within_the_store_are_followed(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/outputs/model-3.pt": "weights", f"{RUN}/shared/x": "x"})
    (volume / RUN / "outputs" / "best.pt").symlink_to("model-3.pt")
    (volume / RUN / "outputs" / "more").symlink_to("../shared")
    (volume / RUN / "outputs" / "round").symlink_to("../outputs")
    assert world.want(f"{RUN}/outputs", kind="dir").fetch() == 0
    best = world.out / RUN / "outputs" / "best.pt"
    assert best.read_text() == "weights"
    assert not best.is_symlink()
    assert (world.out / RUN / "outputs" / "more" / "x").read_text() == "x"
    assert len(world.arrived) == 3


@pytest.mark.spec("4:49")
def test_a_link_to_itself_and_what_is_no_file_do_not_hang(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/outputs/file": "x"})
    os.mkfifo(volume / RUN / "outputs" / "pipe")
    assert world.want(f"{RUN}/outputs", kind="dir").fetch() == 0
    assert set(world.arrived) == {f"{RUN}/outputs/file"}
    assert world.want(f"{RUN}/outputs/pipe").fetch() == 3
    (volume / RUN / "loop").symlink_to("loop")
    world.items.clear()
    assert world.want(f"{RUN}/loop").fetch() == 4
    assert "a link to itself" in world.said


@pytest.mark.spec("4:49")
@pytest.mark.parametrize("planted", [RUN, f"{RUN}/outputs", f"{RUN}/outputs/file"])
def test_nothing_is_written_through_a_link_in_the_destination(world: World, volume: Path, planted: str) -> None:
    put(volume, {f"{RUN}/outputs/file": "x"})
    elsewhere = world.folder / "elsewhere"
    put(elsewhere, {"file": "untouched", "outputs/file": "untouched"})
    place = world.out / planted
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere / "file" if planted.endswith("file") else elsewhere)
    code = world.want(f"{RUN}/outputs/file").fetch()
    assert code == (0 if planted.endswith("file") else 4)  # a link at the very place is replaced, not followed
    assert (elsewhere / "file").read_text() == "untouched"
    assert (elsewhere / "outputs" / "file").read_text() == "untouched"


@pytest.mark.spec("4:49")
def test_our_own_records_cannot_be_overwritten(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/a": "x"})
    world.want(f"{RUN}/a", "manifest.json").want(f"{RUN}/a", ".joinery/fetched.jsonl")
    assert world.fetch() == 4
    assert world.said.count("own records") == 2


@pytest.mark.spec("4:49")
def test_a_file_where_a_folder_must_be_is_explained(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/a": "x"})
    world.want(f"{RUN}/a", f"{RUN}/b").want(f"{RUN}/a", f"{RUN}/b/c")
    assert world.fetch() == 4
    assert "a file where a folder must be" in world.said


@pytest.mark.spec("4:46")
@given(st.lists(st.text(alphabet="ab é\\\n", min_size=1, max_size=80), min_size=1, max_size=4))
def test_any_name_of_a_file_can_be_written(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    tree = Tree(tmp_path_factory.mktemp("tree"))
    part = tree.create(tuple(names))
    os.write(part.fd, b"content")
    part.commit()
    assert tree.root.joinpath(*names).read_bytes() == b"content"
    assert tree.digest(tuple(names), size=7) is not None
    assert tree.digest(tuple(names), size=8) is None
    tree.close()
