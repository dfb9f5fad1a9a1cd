"""Fetching from, and collecting to, a real S3 server."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fetch_world import OTHER, PASSWORD, RUN, S3, World, put


@pytest.fixture
def store(world: World, s3: S3) -> World:
    """A world whose Connection is the bucket."""
    world.connection = s3.connection(world.folder)
    world.destination = f"{RUN}/outputs"
    return world


@pytest.mark.spec("4:46", "4:47", "4:50")
def test_objects_and_prefixes_arrive(store: World, s3: S3) -> None:
    odd = "a b/ü?#%41+.txt"
    large = os.urandom(12_000_000)
    files = {f"{RUN}/in/{number}.txt": b"%d" % number for number in range(30)}
    s3.put({f"{RUN}/in/{odd}": b"odd", f"{RUN}/large": large, f"{RUN}/in/": b"", f"{RUN}/input": b"no", **files})
    store.want(f"{RUN}/in", kind="dir").want(f"{RUN}/large", f"{RUN}/best").want(f"{RUN}/in/3.txt", kind="any")
    assert store.fetch() == 0
    assert (store.out / RUN / "in" / odd).read_bytes() == b"odd"
    assert (store.out / RUN / "best").read_bytes() == large
    assert store.arrived[f"{RUN}/best"]["sha256"] == hashlib.sha256(large).hexdigest()
    assert set(store.arrived) == {f"{RUN}/in/{odd}", f"{RUN}/best", *files}
    assert store.fetch() == 0
    assert (store.summary["kept"], store.summary["files"]) == (32, 32)
    s3.put({f"{RUN}/in/3.txt": b"changed"})
    assert store.want(f"{RUN}/gone", skip=True).want(f"{RUN}/none", kind="dir", skip=True).fetch() == 0
    assert (store.out / RUN / "in" / "3.txt").read_bytes() == b"changed"
    assert (store.summary["kept"], sorted(store.summary["missing"])) == (31, [f"{RUN}/gone", f"{RUN}/none"])
    assert store.want(f"{RUN}/required").fetch() == 3
    assert f"{RUN}/required" in store.said


@pytest.mark.spec("4:49")
@pytest.mark.parametrize("name", ["..hidden/../../x", "a/../../../x", "b/../x"])
def test_an_object_whose_key_leads_out_is_refused(world: World, name: str) -> None:
    """A listing is what a store says. The real server refuses such keys, so one that does not is stood in for it."""
    from web_world import serving

    key = f"{RUN}/evil/{name}"
    page = (
        '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>false</IsTruncated><Contents><Key>{key}</Key><Size>1</Size></Contents></ListBucketResult>"
    )
    with serving(lambda path, headers: (200, {"Content-Type": "application/xml"}, page.encode())) as site:
        schema = {"bucket": "b", "endpoint": site.url}
        world.connection = S3(site.url, None).connection(world.folder) | {"schema": schema}
        assert world.want(f"{RUN}/evil", kind="dir").fetch() == 4
        assert "holds `..`" in world.said
        assert not [path for path in world.folder.rglob("x") if path.name == "x"]


@pytest.mark.spec("4:47")
def test_faults_of_the_connection_are_explained_and_show_no_secret(
    store: World, s3: S3, capfd: pytest.CaptureFixture[str]
) -> None:
    s3.put({f"{RUN}/a": b"x"})
    store.want(f"{RUN}/a").want(f"{RUN}", f"{OTHER}", kind="dir")
    for change, said in (
        ({"schema": {"bucket": "not-there", "endpoint": s3.endpoint}}, "there is no bucket `not-there`"),
        ({"secretPath": s3.connection(store.folder / "2", password="wrong")["secretPath"]}, "the store refuses it"),
    ):
        store.connection = s3.connection(store.folder) | change
        assert store.fetch() == 1
        assert said in store.said
        assert (
            PASSWORD not in store.said + (store.folder / "log").read_text() if (store.folder / "log").exists() else True
        )
    (store.folder / "2/secret/AWS_SECRET_ACCESS_KEY").unlink()
    assert store.fetch() == 2
    assert "has `AWS_ACCESS_KEY_ID` and no `AWS_SECRET_ACCESS_KEY`" in store.said


@pytest.mark.spec("4:56", "4:54")
def test_outputs_are_collected_manifest_last_and_fetched_again(store: World, s3: S3, tmp_path: Path) -> None:
    large = os.urandom(20_000_000)  # goes up in parts
    put(
        tmp_path / "outputs",
        {"model.pt": large, "sub/log é.txt": "lines", "manifest.json": "the user's own", "empty": ""},
    )
    (tmp_path / "outputs" / "best").symlink_to("model.pt")
    (tmp_path / "outputs" / "sub" / "none").mkdir()
    assert store.collect(tmp_path / "outputs") == 0
    names = {"model.pt", "sub/log é.txt", "manifest.json", "empty", "best"}
    assert s3.names(RUN) >= {f"{RUN}/outputs/{name}" for name in names}
    record = json.loads(s3.read(f"{RUN}/manifest.json"))
    listed = {one["path"]: one for one in record["files"]}
    assert set(listed) == {f"outputs/{name}" for name in names}
    assert listed["outputs/model.pt"]["sha256"] == hashlib.sha256(large).hexdigest()
    assert listed["outputs/model.pt"]["run"] == RUN
    assert store.summary["files"] == 5
    assert store.want(f"{RUN}/outputs", kind="dir").fetch() == 0
    assert (store.out / RUN / "outputs" / "best").read_bytes() == large
    assert (store.out / RUN / "outputs" / "manifest.json").read_text() == "the user's own"


@pytest.mark.spec("4:54", "4:56")
@pytest.mark.parametrize("kind", ["dir", "any"])
def test_a_run_that_left_no_file_has_an_empty_folder_of_outputs(
    store: World, s3: S3, tmp_path: Path, kind: str
) -> None:
    """As on a volume; while a run that was never collected has none."""
    run = "0c" * 15 + {"dir": "01", "any": "02"}[kind]
    (tmp_path / "outputs").mkdir()
    assert store.want(f"{run}/outputs", kind=kind).fetch() == 3
    store.destination = f"{run}/outputs"
    assert store.collect(tmp_path / "outputs") == 0
    assert store.fetch() == 0
    assert list((store.out / run / "outputs").iterdir()) == []
    assert store.summary["files"] == 0
    assert store.want(f"{run}/others", kind=kind).fetch() == 3


@pytest.mark.spec("4:56")
def test_the_later_attempts_artifacts_alone(store: World, s3: S3, tmp_path: Path) -> None:
    store.destination = f"{OTHER}/outputs"
    put(tmp_path / "first", {"a": "1", "b": "1", "sub/c": "1"})
    put(tmp_path / "second", {"a": "2", "d": "2"})
    s3.put({f"{OTHER}/outputs-of-another/x": b"x"})
    for folder in ("first", "second"):
        assert store.collect(tmp_path / folder) == 0
    kept = {f"{OTHER}/outputs-of-another/x", f"{OTHER}/manifest.json"}
    assert s3.names(OTHER) == kept | {f"{OTHER}/outputs/a", f"{OTHER}/outputs/d"}
    assert s3.read(f"{OTHER}/outputs/a") == b"2"


@pytest.mark.spec("4:56", "4:57")
def test_what_cannot_be_collected_is_named_and_there_is_no_manifest(store: World, s3: S3, tmp_path: Path) -> None:
    store.destination = f"{'0c' * 16}/outputs"
    outputs = tmp_path / "outputs"
    put(outputs, {"fine": "x"})
    (outputs / "out").symlink_to("/etc/passwd")
    (outputs / "nothing").symlink_to("gone")
    (outputs / os.fsdecode(b"not-\xff-text")).write_text("x")
    assert store.collect(outputs) == 1
    for said in (
        "3 files did not arrive",
        "`out` is a link that leads out",
        "`nothing` is a link to nothing",
        "not text",
    ):
        assert said in store.said
    assert s3.names("0c" * 16) == {f"{'0c' * 16}/outputs/fine"}


@pytest.mark.spec("4:56", "4:57")
def test_refused_by_the_store_it_fails(store: World, s3: S3, tmp_path: Path) -> None:
    put(tmp_path / "outputs", {"a": "x"})
    store.connection = s3.connection(store.folder, password="wrong")
    assert store.collect(tmp_path / "outputs") == 1
    assert "the store refuses it" in store.said
    store.connection["schema"]["endpoint"] = "http://127.0.0.1:9"
    assert store.collect(tmp_path / "outputs", timeout=3) == 1
    assert "it took longer than 3 s" in store.said or "failed after" in store.said


@pytest.mark.spec("4:56")
@pytest.mark.parametrize("at_once", [False, True])
def test_it_waits_for_the_main_containers_end(store: World, s3: S3, tmp_path: Path, at_once: bool) -> None:
    """As the first process of a container, which a signal does not end by itself; also when it comes at the start."""
    if os.geteuid() != 0:
        pytest.skip("a process namespace of one's own needs root")
    run = f"{'0d' if at_once else '0e'}" * 16
    store.destination = f"{run}/outputs"
    put(tmp_path / "outputs", {"early": "x"})
    sidecar = _as_first_process(store, tmp_path / "outputs")
    log = store.folder / "log"
    _until(lambda: at_once or (store.folder / "ready").exists())
    assert s3.names(run) == set()
    put(tmp_path / "outputs", {"late": "x"})
    child = _child_of(sidecar.pid)
    if at_once:
        _until(lambda: "TERM" in _blocked(child))
    os.kill(child, signal.SIGTERM)
    assert sidecar.wait(60) == 0, log.read_text()
    assert s3.names(run) == {f"{run}/manifest.json", f"{run}/outputs/early", f"{run}/outputs/late"}
    assert json.loads(store.said)["files"] == 2


def _as_first_process(store: World, source: Path) -> subprocess.Popen[bytes]:
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", "joinery.cli.main", "collect"]
    command += ["--manifest", str(store.write()[0]), "--message", str(store.folder / "message")]
    command += ["--ready", str(store.folder / "ready")]
    with (store.folder / "log").open("wb") as log:
        return subprocess.Popen([*command, "--source", str(source)], stdout=log, stderr=log)


def _child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    _until(lambda: bool(children.read_text().split()))
    return int(children.read_text().split()[0])


def _blocked(pid: int) -> set[str]:
    status = Path(f"/proc/{pid}/status").read_text()
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    heard = int(lines["SigBlk"], 16) | int(lines["SigCgt"], 16)
    return {"TERM"} if heard & 1 << (signal.SIGTERM - 1) else set()


def _until(condition: Callable[[], bool], deadline: float = 60) -> None:
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.02)
