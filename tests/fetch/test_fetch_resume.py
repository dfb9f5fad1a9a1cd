"""A fetcher that is killed goes on where it was: every file once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fetch_world import RUN, World, put
from web_world import Answer, serving


@pytest.mark.spec("4:46")
def test_killed_in_the_middle_it_brings_every_file_once(world: World) -> None:
    """Files come slowly until it is killed; those that had arrived are never got again."""
    count, slow = 60, threading.Event()

    def answer(path: str, headers: dict[str, str]) -> Answer:
        number = int(path.rpartition("-")[2])
        if not slow.is_set() and number >= 30:
            slow.wait(60)  # held until the kill
        return 200, {"ETag": f'"v{number}"'}, b"x" * (1000 + number)

    with serving(answer) as site:
        world.connection = {"name": "web", "kind": "http", "schema": {"endpoint": site.url}, "secretPath": None}
        for number in range(count):
            world.want(f"{RUN}/file-{number}")
        process = world.start("fetch", "--destination", world.out, "--parallel", "4")
        journal = world.out / ".joinery" / "fetched.jsonl"
        _until(lambda: journal.is_file() and journal.read_bytes().count(b"\n") >= 30)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with journal.open("ab") as file:
            file.write(b'{"path": "torn')  # as a kill in the middle of a write leaves it
        slow.set()
        damaged = world.out / RUN / "file-3"
        damaged.write_bytes(b"y" * 1003)  # of the right size, and not what arrived
        before = site.gets
        assert world.fetch() == 0
        again = {path for path, times in (site.gets - before).items() if times}
        assert again == {f"/{RUN}/file-3", *(f"/{RUN}/file-{number}" for number in range(30, count))}
        for number in range(count):
            assert (world.out / RUN / f"file-{number}").read_bytes() == b"x" * (1000 + number)
        assert (world.summary["files"], world.summary["kept"]) == (count, 29)
        assert len(world.arrived) == count
        assert not list(world.out.rglob("*.part"))


@pytest.mark.spec("4:46")
def test_what_has_changed_in_the_store_is_fetched_again(world: World, volume: Path) -> None:
    put(volume, {f"{RUN}/a": "old", f"{RUN}/b": "same"})
    assert world.want(f"{RUN}/a").want(f"{RUN}/b").fetch() == 0
    put(volume, {f"{RUN}/a": "new"})
    os.utime(volume / RUN / "a", ns=(0, 12345))
    assert world.fetch() == 0
    assert (world.out / RUN / "a").read_text() == "new"
    assert world.summary["kept"] == 1


@pytest.mark.spec("4:46")
def test_stopped_by_kubernetes_it_says_so(world: World) -> None:
    held = threading.Event()

    def answer(path: str, headers: dict[str, str]) -> Answer:
        held.wait(60)
        return 200, {}, b"x"

    with serving(answer) as site:
        world.connection = {"name": "web", "kind": "http", "schema": {"endpoint": site.url}, "secretPath": None}
        process = world.want(f"{RUN}/a").start("fetch", "--destination", world.out)
        _until(lambda: bool(site.seen))
        process.terminate()
        assert process.wait(60) == 143
        held.set()
    assert "stopped before it was done" in world.said
    assert not list(world.out.rglob("*.part"))


def _until(condition: Callable[[], bool], deadline: float = 60) -> None:
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.02)
