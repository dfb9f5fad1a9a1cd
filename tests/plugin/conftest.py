"""A namespace with recorded runs and operations over them, made once, and the plugin as people of different rights."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster.process import free_port
from cluster.server import Server
from plugin_world import Plugin, World, final_operation, people_and_runs, steady
from typer.testing import CliRunner, Result

from cluster_fixtures import OUR_KINDS, Admin
from operator_fixtures import Operator, until

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def world(
    api_server: Server, admin: Admin, cluster_programs: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    world = World(admin, f"plugin-{secrets.token_hex(3)}")
    world.folder = tmp_path_factory.mktemp("plugin")
    admin.request("POST", "/api/v1/namespaces", {"metadata": {"name": world.namespace}})
    for plural, manifest in people_and_runs():
        world.create(plural, manifest)
    operator = Operator(
        "--namespace", world.namespace, kubeconfig=world.kubeconfig(), log=world.folder / "log", port=free_port()
    )
    try:
        operator.wait_ready()
        for name in ("best", "drift", "large", "mixed"):
            world.wait_filled(world.wait(name, "Resolved", "True"))
        world.wait("waiting", "Resolved", "Unknown", reason="WaitingForRuns")
        few = f"few-{world.wait('few', 'Resolved', 'False')['metadata']['uid'][:8]}"
        until(lambda: world.get("runs", few)["status"]["phase"] == "Failed")
        world.create("operations", final_operation())
        world.wait_filled(world.wait("final", "Resolved", "True"))
    finally:
        operator.stop(9)
    yield world
    for plural in OUR_KINDS:
        world.admin.request("DELETE", world.path(plural))


@pytest.fixture
def plugin(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Plugin:
    """``plugin("params", "best", rules=[…])``: as the administrator, or with these rights and no others."""
    from joinery.cli.app import build

    app = build()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")

    def invoke(*args: str | Path, rules: list[dict[str, Any]] | None = None, stdin: str | None = None) -> Result:
        monkeypatch.setenv("KUBECONFIG", str(world.kubeconfig(rules)))
        return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, prog_name="kubectl joinery")

    return invoke


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare with a file of ``golden/``; ``JOINERY_GOLDEN=write`` writes it anew (then read the difference)."""

    def compare(name: str, text: str) -> None:
        path, found = GOLDEN / name, steady(text)
        if os.environ.get("JOINERY_GOLDEN") == "write":
            path.write_text(found)
        assert found == path.read_text()

    return compare
