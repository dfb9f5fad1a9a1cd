"""What `e2e/run.py` does on which machine: with an engine that is there, with none, with a cluster that is there.

Programs of the machine are small scripts here, which write down what they were asked.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))

from cluster.build import Unavailable
from image import build as image
from lab import machine, parts, preflight, session
from lab.clusters import Cluster
from lab.commands import Failed
from lab.engine import Engine
from lab.preflight import CannotHere

ANSWERS = 'case "$1" in version) echo 27.0 ;; image) echo "$found" ;; esac'


@dataclass(frozen=True)
class Machine:
    folder: Path

    def has(self, name: str, script: str, *, at: str = "bin") -> None:
        """A program of that name, which writes its arguments down and then does what ``script`` says."""
        place = self.folder / at / name
        place.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.folder}/calls\n{script}\n')
        place.chmod(0o755)

    def calls(self, word: str = "") -> list[str]:
        file = self.folder / "calls"
        return [line for line in file.read_text().splitlines() if word in line] if file.exists() else []


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """What the program sets for its own process is not for the other tests of this one."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without root and without Docker, where everything is built already."""
    made = Machine(tmp_path)
    for folder in ("bin", "assets", "logs"):
        (tmp_path / folder).mkdir()
    for name in parts.PROGRAMS:
        made.has(name, "", at="assets")
    for name in ("CI", "E2E_USE_CURRENT", "E2E_NODE_IMAGE", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(machine, "is_root", lambda: False)
    monkeypatch.setattr(machine, "see_admin_programs", lambda: None)
    monkeypatch.setattr(session, "LOGS", tmp_path / "session-logs")
    monkeypatch.setattr(image, "check", lambda: None)
    return made


def test_without_root_and_docker_the_code_is_one_of_its_own_and_the_reason_is_said(
    bare: Machine, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert session.main(["prepare"]) == session.main([]) == session.CANNOT_HERE
    said = capfd.readouterr().err
    assert "NO END TO END TEST CAN RUN HERE" in said
    assert "a Docker engine: none answers, and only root can start one" in said


@pytest.mark.parametrize(
    ("go", "why"),
    [("", "there is no Go"), ("echo go1.19.8", "Go 1.26 or newer is needed, and this is go1.19"),
     ('[ "$1" = env ] && echo go1.26.1 || { echo no route to the proxy; exit 1; }', "no route to the proxy")],
)  # fmt: skip
def test_what_must_be_built_needs_go_and_its_modules(bare: Machine, go: str, why: str) -> None:
    bare.has("docker", ANSWERS)
    (bare.folder / "assets" / "kind").unlink()
    if go:
        bare.has("go", go)
    with pytest.raises(CannotHere, match="programs, built from Go modules") as refused:
        preflight.begin(bare.folder / "logs")
    assert why in str(refused.value)


def test_an_engine_that_is_there_is_taken_and_none_is_started(bare: Machine) -> None:
    bare.has("docker", ANSWERS)
    bare.has("dockerd", "exit 1")
    engine = preflight.begin(bare.folder / "logs")
    assert not engine.ours
    engine.stop()
    assert bare.calls("run --rm --privileged")[0].split()[-5:] == ["mount", "-t", "tmpfs", "tmpfs", "/tmp"]
    assert bare.calls(f"pull {image.base()}")
    assert not bare.calls("dockerd")


@pytest.mark.parametrize(
    ("refused", "why"), [("run", "a privileged container, which a node is"), ("network", "which a node is"),
                         ("pull", "images: none can be pulled from here, and only root can make one")]
)  # fmt: skip
def test_an_engine_that_cannot_do_it_is_named_for_what_it_cannot(bare: Machine, refused: str, why: str) -> None:
    bare.has("docker", f'{ANSWERS}\n[ "$1" != {refused} ] || {{ echo operation not permitted; exit 1; }}')
    with pytest.raises(CannotHere, match=why):
        preflight.begin(bare.folder / "logs")
    assert len(bare.calls("network rm")) == (refused == "run")


@pytest.mark.parametrize(
    ("raised", "code"),
    [(CannotHere("x"), session.CANNOT_HERE), (Unavailable("etcd could not be built"), 1), (Failed("helm"), 1),
     (PermissionError("cache"), 1)],
)  # fmt: skip
def test_only_what_the_preflight_says_is_no_failure(
    bare: Machine, monkeypatch: pytest.MonkeyPatch, raised: Exception, code: int
) -> None:
    def up() -> Cluster:
        raise raised

    monkeypatch.setattr(session, "up", up)
    assert session.main([]) == code


def test_a_cluster_that_is_there_is_taken_with_nothing_made(bare: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare.folder / ".venv" / "bin").mkdir(parents=True)
    bare.has("python", 'echo "at $KUBECONFIG $E2E_CLUSTER_MADE" >> "$CALLS"', at=".venv/bin")
    monkeypatch.setattr(session, "ROOT", bare.folder)
    monkeypatch.setenv("CALLS", str(bare.folder / "calls"))
    monkeypatch.setenv("KUBECONFIG", "/of/a/person")
    monkeypatch.setenv("E2E_USE_CURRENT", "1")
    assert session.main(["prepare"]) == session.main([]) == 0
    together, at, alone, still_at = bare.calls()
    for tests in (together, alone):
        assert tests.startswith("python -m pytest")
        assert tests.endswith("/e2e/tests")
    assert (" -m not alone " in together, " -m alone " in alone) == (True, True)
    assert at == still_at == "at /of/a/person "


@pytest.mark.parametrize("failing", ["-m not alone ", "-m alone "])
def test_a_failure_of_either_part_is_one_of_the_whole(
    bare: Machine, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    (bare.folder / ".venv" / "bin").mkdir(parents=True)
    bare.has("python", f'case "$* " in *"{failing}"*) exit 3;; esac', at=".venv/bin")
    monkeypatch.setattr(session, "ROOT", bare.folder)
    monkeypatch.setenv("E2E_USE_CURRENT", "1")
    assert session.main([]) == 3
    assert len(bare.calls("pytest")) == 2


def _cluster(folder: Path) -> Cluster:
    kind, kubectl = folder / "assets" / "kind", folder / "assets" / "kubectl"
    return Cluster(engine=Engine(), kind=kind, kubectl=kubectl, kubeconfig=folder / "kubeconfig", logs=folder)


def _images(calls: list[str]) -> list[str]:
    """The image of each `kind create cluster`; empty where kind is to take its own."""
    return [line.partition("--image ")[2] for line in calls if " create cluster" in line]


def test_another_engine_makes_the_cluster_with_kinds_own_node_image(bare: Machine) -> None:
    _cluster(bare.folder).create(lambda: pytest.fail("no node image is needed"))
    assert _images(bare.calls("kind")) == [""]


def test_a_node_image_that_is_named_is_taken(bare: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2E_NODE_IMAGE", "mirror/node:1")
    _cluster(bare.folder).create(lambda: pytest.fail("no node image is needed"))
    assert _images(bare.calls("kind")) == ["mirror/node:1"]


@pytest.mark.parametrize(
    ("said", "images"), [("failed to pull image", ["", "own"]), ("could not find a log line", [""])]
)
def test_one_that_cannot_pull_it_gets_ours_and_another_failure_is_one(
    bare: Machine, said: str, images: list[str]
) -> None:
    bare.has("kind", f'case "$*" in *--image*|delete*) ;; *) echo ERROR: {said}; exit 1 ;; esac', at="assets")
    refused = pytest.raises(Failed, match=said) if len(images) == 1 else contextlib.nullcontext()
    with refused:
        _cluster(bare.folder).create(lambda: "own")
    assert _images(bare.calls("kind")) == images


@pytest.mark.parametrize(("found", "base"), [("4f1c", ""), ("", "made")])
def test_our_image_is_built_upon_the_dockerfiles_base_where_that_can_be_had(
    bare: Machine, monkeypatch: pytest.MonkeyPatch, found: str, base: str
) -> None:
    bare.has("docker", f"found='{found}'\n{ANSWERS}")
    monkeypatch.setattr(parts.base, "bring", lambda engine, made, log: made.name)
    parts.own_image(Engine(), _made(bare), bare.folder)
    assert len(built := bare.calls("docker build")) == 2
    assert all((f"BASE={base}" in line) is bool(base) for line in built)


def _made(bare: Machine) -> parts.Parts:
    wheels: Future[None] = Future()
    wheels.set_result(None)
    return parts.Parts(
        tools=Future(), wheels=wheels, minio=Future(), node=lambda: bare.folder, base=lambda: Path("made")
    )
