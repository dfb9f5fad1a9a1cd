"""The program that finds, builds and starts a cluster (e2e/cluster), and the fixtures that stand on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cluster import build, credentials, programs
from cluster.process import start
from cluster.server import Server
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PROGRAM = Path(build.__file__).parent / "cluster.py"


def executable(path: Path, *, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any of the programs, and without Go."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_programs_are_looked_for_in_order(nothing_there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert programs.find("etcd") is None
    on_path = executable(nothing_there / "bin" / "etcd", says="etcd Version: 3.6.2")
    assert programs.find("etcd") == on_path
    cached = executable(nothing_there / "cache" / "joinery" / "etcd" / "v3.6.16" / "etcd", says="")
    assert programs.find("etcd") == cached
    asset = executable(nothing_there / "assets" / "etcd", says="")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(asset.parent))
    assert programs.find("etcd") == asset


@pytest.mark.parametrize("says", ["Client Version: v1.20.2", "garbage", ""])
def test_a_program_of_another_release_is_not_taken(nothing_there: Path, says: str) -> None:
    executable(nothing_there / "bin" / "kubectl", says=says)
    assert programs.find("kubectl") is None


def test_without_go_it_says_what_is_missing_and_what_would_help(nothing_there: Path) -> None:
    with pytest.raises(build.Unavailable, match=r"kube-apiserver: not in .*no Go is there"):
        build.ensure(["kube-apiserver"])


def test_a_build_that_fails_says_why_and_leaves_nothing(nothing_there: Path) -> None:
    broken = nothing_there / "bin" / "go"
    executable(broken, says="cannot find module")
    broken.write_text(broken.read_text() + "exit 1\n")
    said: list[str] = []
    with pytest.raises(build.Unavailable, match="etcd could not be built:\n  cannot find module"):
        build.ensure(["etcd"], tell=said.append)
    assert programs.find("etcd") is None
    assert "building etcd" in said[0]
    assert [path.name for path in programs.PROGRAMS["etcd"].cached.parent.iterdir()] == [".lock"]


def test_every_program_is_a_tool_of_its_module() -> None:
    for program in programs.PROGRAMS.values():
        text = (program.module.folder / "go.mod").read_text()
        assert f"{program.package}\n" in text, program.name
        assert program.module.version in text
        assert (program.module.folder / "go.sum").is_file()


def test_the_key_for_service_accounts_is_one() -> None:
    key: Any = load_pem_private_key(credentials.service_account_key().encode(), password=None)
    assert key.curve.name == "secp256r1"


def test_a_process_is_ended_by_its_id_and_only_if_it_is_still_the_same(tmp_path: Path) -> None:
    process = start("sleeper", ["sleep", "60"], log=tmp_path / "log", with_parent=True)
    assert process.alive
    stranger = type(process)(name="stranger", pid=process.pid, started="1")
    stranger.end()
    assert process.alive, "another process has that id now: it is left alone"
    process.end()
    assert not process.alive
    process.end()


def test_up_and_down(cluster_programs: Callable[..., Mapping[str, Path]], tmp_path: Path) -> None:
    """As a person would: up prints the kubeconfig, up again changes nothing, down leaves nothing."""
    kubectl = cluster_programs("etcd", "kube-apiserver", "kubectl")["kubectl"]
    folder = tmp_path / "cluster"

    def run(command: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, PROGRAM, command, "--folder", folder]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=400, check=True)

    try:
        kubeconfig = run("up").stdout.strip()
        again = run("up")
        assert again.stdout.strip() == kubeconfig
        assert "already up" in again.stderr
        command = [kubectl, "--kubeconfig", kubeconfig, "version", "-o", "json"]
        environment = os.environ | {"HOME": str(tmp_path)}
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env=environment)
        assert json.loads(answer.stdout)["serverVersion"]["gitVersion"] == programs.KUBERNETES.version
    finally:
        down = run("down")
    assert "down: etcd, kube-apiserver" in down.stderr
    assert not folder.exists()
    assert "nothing is up" in run("down").stderr


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("important")
    arguments = [sys.executable, PROGRAM, "up", "--folder", tmp_path]
    refused = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr
    assert (tmp_path / "thesis.txt").read_text() == "important"


def test_people_have_no_rights_until_they_are_given_some(
    api_server: Server, namespace: str, kubectl: Callable[..., Any], make_identity: Callable[..., Path]
) -> None:
    alice = api_server.kubeconfig("alice", namespace=namespace)
    refused = kubectl("get", "limitranges", kubeconfig=alice, check=False)
    assert refused.returncode == 1
    assert 'User "alice" cannot list' in refused.stderr
    rules = [{"apiGroups": [""], "resources": ["limitranges"], "verbs": ["list"]}]
    reader = make_identity(rules=rules)
    assert "No resources found" in kubectl("get", "limitranges", kubeconfig=reader).stderr
    assert kubectl("get", "secrets", kubeconfig=reader, check=False).returncode == 1
