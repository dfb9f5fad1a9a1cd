"""What a newcomer types from *Your first join*, and then from the plugin's page, does what the pages say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from cluster.process import free_port
from cluster.server import Server
from pages_in_a_cluster import ROOT, Shell, answered, blocks
from typer.testing import CliRunner

from cluster_fixtures import Admin
from joinery.cli.app import build
from operator_fixtures import Objects, Operator

FIRST, PLUGIN = ROOT / "docs" / "first-join.md", ROOT / "docs" / "kubectl-plugin.md"


@pytest.fixture
def shell(
    api_server: Server,
    cluster_programs: Callable[..., Mapping[str, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shell]:
    """A shell of a newcomer's: a kubeconfig of their own, kubectl on PATH, and an operator."""
    monkeypatch.chdir(ROOT)
    config = tmp_path / "config"
    config.write_text(api_server.kubeconfig(namespace="default").read_text())
    config.chmod(0o600)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "kubectl").symlink_to(cluster_programs("kubectl")["kubectl"])
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(config),
        "COLUMNS": "120",
    }
    operator = Operator("-n", "first-join", kubeconfig=api_server.kubeconfig(), log=tmp_path / "log", port=free_port())
    operator.wait_ready()

    app, objects = build(), Objects(Admin(api_server), "first-join")

    def run(command: str) -> str:
        program, plugin, *arguments = shlex.split(command)
        if (program, plugin) == ("kubectl", "joinery"):
            if arguments[0] == "lineage":
                # A Run records where it came from just after its operation says that it is resolved.
                for found in objects.list("operations"):
                    if found["status"].get("digest"):
                        objects.wait_filled(found)
            # As kubectl would start it, which test_kubectl.py tries; in this process it is quicker.
            result = CliRunner(env=environment).invoke(app, arguments, prog_name="kubectl joinery")
            assert result.exit_code == 0, f"$ {command}\n{result.output}"
            return result.output
        done = subprocess.run(
            ["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    yield run
    operator.stop(9)


def test_the_pages_are_true(shell: Shell) -> None:
    first, clean_up = blocks(FIRST)[:-1], blocks(FIRST)[-1:]
    new = {FIRST: FIRST.read_text(), PLUGIN: PLUGIN.read_text()}
    for page, listed in ((FIRST, first), (PLUGIN, blocks(PLUGIN)), (FIRST, clean_up)):
        for block in listed:
            new[page] = new[page].replace(f"```console\n{block}```", f"```console\n{answered(block, shell)}```", 1)
    for page, text in new.items():
        if os.environ.get("JOINERY_GOLDEN") == "write":
            page.write_text(text)
        assert text == page.read_text()


def test_the_operation_on_the_page_is_the_one_in_the_file() -> None:
    shown = re.findall(r"^```yaml (\S+)\n(.*?)^```$", FIRST.read_text(), re.DOTALL | re.MULTILINE)
    assert [name for name, _ in shown] == ["examples/first-join/selection.yaml"]
    for name, text in shown:
        assert text == (ROOT / name).read_text()


def test_every_command_of_the_plugin_is_on_its_page() -> None:
    text = PLUGIN.read_text()
    for command in ("resolve", "search", "explain", "params", "lineage", "rerun", "lint"):
        assert f"| `kubectl joinery {command} " in text


@pytest.mark.parametrize("page", [FIRST, PLUGIN], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target
