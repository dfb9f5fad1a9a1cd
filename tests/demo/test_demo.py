"""`make demo`, as a stranger runs it: what it prints, what it leaves alone, and that it ends what it started."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("etcd", "kube-apiserver", "kubectl")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user with a home and a kubeconfig of their own; the cache of built programs is the machine's."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    (home / ".kube").mkdir(parents=True)
    (home / ".kube" / "config").write_text("mine: not to be touched\n")
    temporary.mkdir()
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    own = {"HOME": str(home), "KUBECONFIG": str(home / ".kube" / "config"), "TMPDIR": str(temporary)}
    return os.environ | own | {"XDG_CACHE_HOME": cache}


def demo(environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["tests/demo.sh"], cwd=ROOT, env=dict(environment), capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def digests(text: str) -> list[str]:
    return re.findall(r"digest (sha256:[0-9a-f]{64})", text)


def running_in(folder: Path) -> list[str]:
    """The command lines of processes that name the folder."""
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            lines.append(line)
    return lines


def test_offline_it_resolves_the_operation_and_explains_the_run_that_the_limit_cut(environment: dict[str, str]) -> None:
    text = demo(environment | {"OFFLINE": "1"})
    assert "[0.01, 0.1, 0.1, 0.003, 0.003] (5)" in text
    assert len(digests(text)) == 1
    assert re.search(r"joinery explain .* --run run-21", text)
    assert "not taken: it matches, at rank 6 of 7 by metrics.loss, and the limit of 5 ends at rank 5" in text
    assert "cluster" not in text


def test_a_machine_with_no_way_to_a_cluster_is_told_so_in_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "head"):
        (programs / name).symlink_to(shutil.which(name) or name)
    environment.pop("KUBEBUILDER_ASSETS", None)
    text = demo(environment | {"PATH": str(programs), "XDG_CACHE_HOME": str(tmp_path / "empty")})
    last = text.splitlines()[-1]
    assert "Docker with kind" in last
    assert "KUBEBUILDER_ASSETS" in last
    assert "Go 1.26" in last
    assert "kubectl apply" not in text


def test_online_the_same_operation_is_resolved_to_the_same_values_in_a_real_cluster(
    environment: dict[str, str], cluster_programs: Callable[..., Mapping[str, Path]], tmp_path: Path
) -> None:
    cluster_programs(*NEEDED)
    text = demo(environment)
    assert "Now in a real cluster: " in text
    assert "\033" not in text, "colours are for terminals"
    watched = text.partition("$ kubectl get ops --watch &")[2]
    assert re.search(r"^compare-sweep +True +50 ", watched, re.MULTILINE)
    assert "$ kubectl joinery params compare-sweep" in text
    offline, online = digests(text)
    assert offline == online
    home = tmp_path / "home"
    assert [str(path.relative_to(home)) for path in home.rglob("*")] == [".kube", ".kube/config"]
    assert (home / ".kube" / "config").read_text() == "mine: not to be touched\n"
    assert list((tmp_path / "tmp").iterdir()) == []
    assert running_in(tmp_path / "tmp") == []


def test_interrupted_in_the_middle_it_ends_what_it_started(
    environment: dict[str, str], cluster_programs: Callable[..., Mapping[str, Path]], tmp_path: Path
) -> None:
    cluster_programs(*NEEDED)
    command = [sys.executable, "examples/demo/demo.py"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any("joinery operator --no-launch" in line for line in process.stdout)
        assert running_in(tmp_path / "tmp"), "the API server should run by now"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert said.strip().endswith("interrupted: everything that was started has ended")
    assert running_in(tmp_path / "tmp") == []
    assert list((tmp_path / "tmp").iterdir()) == []
