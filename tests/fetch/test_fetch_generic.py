"""What GCS and Azure are fetched by: any asynchronous fsspec file system, here fsspec's own in memory."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fetch_world import RUN, World, put
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.memory import MemoryFileSystem

from joinery.fetch.collecting import Collector, NotCollected
from joinery.fetch.errors import BadConnection, MissingSources, UnsafePath
from joinery.fetch.fetching import Fetcher
from joinery.fetch.manifest import Connection, read_manifest
from joinery.fetch.stores import credentials, generic, open_store
from joinery.fetch.stores.generic import GenericStore
from joinery.fetch.tree import Tree


@pytest.fixture
def memory() -> Iterator[MemoryFileSystem]:
    fs = MemoryFileSystem()
    fs.store.clear()
    yield fs
    fs.store.clear()


def _store(fs: MemoryFileSystem) -> GenericStore:
    return GenericStore(AsyncFileSystemWrapper(fs, asynchronous=True), "/bucket/prefix")


async def _fetch(world: World, store: Any) -> Any:
    tree = Tree(world.out)
    fetcher = Fetcher(read_manifest(world.write()), tree, store)
    try:
        return await fetcher.run()
    finally:
        fetcher.journal.close()
        tree.close()


@pytest.mark.spec("4:47")
async def test_files_and_folders_arrive(world: World, memory: MemoryFileSystem) -> None:
    files = {f"{RUN}/outputs/{number}/f": os.urandom(number) for number in range(8)} | {f"{RUN}/a": b"a"}
    for name, content in files.items():
        memory.pipe_file(f"/bucket/prefix/{name}", content)
    memory.pipe_file(f"/bucket/prefix/{RUN}/outputs-of-another/x", b"x")
    world.want(f"{RUN}/outputs", kind="any").want(f"{RUN}/a").want(f"{RUN}/none", skip=True)
    summary = await _fetch(world, _store(memory))
    assert {name: (world.out / name).read_bytes() for name in files} == files
    assert (summary.files, summary.missing) == (9, [f"{RUN}/none"])
    with pytest.raises(MissingSources, match="none"):
        await _fetch(world.want(f"{RUN}/none-either"), _store(memory))


@pytest.mark.spec("4:49")
async def test_a_listing_that_leads_out_is_refused(world: World, memory: MemoryFileSystem) -> None:
    memory.store[f"/bucket/prefix/{RUN}/evil/../../../x"] = memory.open("/tmp-file", "wb")
    store = _store(memory)

    async def find(path: str, detail: bool) -> dict[str, Any]:
        return {f"{path}/../../../x": {"type": "file", "size": 1}}

    store.fs._find = find
    with pytest.raises(UnsafePath):
        await _fetch(world.want(f"{RUN}/evil", kind="dir"), store)


@pytest.mark.spec("4:46")
async def test_a_checksum_of_the_store_is_tested(world: World, memory: MemoryFileSystem) -> None:
    memory.pipe_file(f"/bucket/prefix/{RUN}/a", b"content")
    store = _store(memory)
    inner = store.fs._info

    async def info(path: str) -> dict[str, Any]:
        return {**await inner(path), "md5Hash": base64.b64encode(hashlib.md5(said).digest()).decode()}

    store.fs._info = info
    said = b"content"
    assert (await _fetch(world.want(f"{RUN}/a"), store)).files == 1
    said = b"other"
    (world.out / RUN / "a").unlink()
    with pytest.raises(Exception, match="checksum"):
        await _fetch(world, store)


@pytest.mark.spec("4:56")
async def test_outputs_are_collected(world: World, memory: MemoryFileSystem, tmp_path: Path) -> None:
    put(tmp_path / "outputs", {"a": "1", "sub/b": "2"})
    memory.pipe_file(f"/bucket/prefix/{RUN}/outputs/old", b"0")
    world.destination = f"{RUN}/outputs"
    summary = await Collector(read_manifest(world.write()), tmp_path / "outputs", _store(memory)).run(timeout=60)
    assert summary.files == 2
    root = f"/bucket/prefix/{RUN}"
    assert set(memory.find(root)) == {f"{root}/manifest.json", f"{root}/outputs/a", f"{root}/outputs/sub/b"}


@pytest.mark.spec("4:56")
async def test_a_file_that_cannot_be_read_is_named(world: World, memory: MemoryFileSystem, open_folder: Path) -> None:
    """As where the main container was another user with umask 077."""
    put(open_folder / "outputs", {"fine": "1", "closed/x": "1", "private": "2"})
    (open_folder / "outputs" / "private").chmod(0)
    (open_folder / "outputs" / "closed").chmod(0)
    world.destination = f"{RUN}/outputs"
    collector = Collector(read_manifest(world.write()), open_folder / "outputs", _store(memory))
    user = os.geteuid()
    os.seteuid(65532 if user == 0 else user)
    try:
        with pytest.raises(NotCollected) as error:
            await collector.run(timeout=60)
    finally:
        os.seteuid(user)
    assert "2 files did not arrive" in str(error.value)
    for name in ("closed", "private"):
        assert f"`{name}` cannot be read by user" in str(error.value)
    assert set(memory.find("/bucket")) == {f"/bucket/prefix/{RUN}/outputs/fine"}


@pytest.mark.spec("4:57")
async def test_what_takes_too_long_says_so(world: World, memory: MemoryFileSystem, tmp_path: Path) -> None:
    import asyncio

    put(tmp_path / "outputs", {"a": "1"})
    world.destination = f"{RUN}/outputs"
    store = _store(memory)

    async def never(fd: int, size: int, path: str) -> str:
        await asyncio.sleep(600)
        raise AssertionError

    store.upload = never  # type: ignore[method-assign]
    with pytest.raises(NotCollected, match="it took longer than 1 s"):
        await Collector(read_manifest(world.write()), tmp_path / "outputs", store).run(timeout=1)


@pytest.mark.spec("4:47")
async def test_the_secrets_keys_become_the_librarys_options(tmp_path: Path) -> None:
    account = '{"type": "service_account"}'
    for kind, keys, made, wanted in (
        ("gcs", {"key__json": account}, generic._gcs, {"token": {"type": "service_account"}}),
        ("wasb", {"AZURE_STORAGE_CONNECTION_STRING": "x"}, generic._wasb, {"connection_string": "x"}),
    ):
        folder = tmp_path / kind
        put(folder, {key.replace("__", "."): value for key, value in keys.items()})
        connection = Connection(name="c", kind=kind, schema={"bucket": "b"}, secret_path=str(folder))
        secret = credentials.read_secret(connection)
        assert made(connection, secret) == wanted
        assert "service_account" not in repr(secret)


@pytest.mark.spec("4:47")
async def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for kind, library, extra in (("gcs", "gcsfs", "gcs"), ("wasb", "adlfs", "azure"), ("s3", "s3fs", "s3")):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(BadConnection, match=rf"needs {library}") as error:
            await open_store(Connection(name="c", kind=kind, schema={"bucket": "b"}))
        assert f"[{extra}]" in str(error.value)
