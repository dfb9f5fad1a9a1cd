"""The program as such: its version, its names, its help, completion, and what it does not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli_parts import DATA, Invoke, Program


def test_the_program_runs_and_says_its_version(program: Program) -> None:
    from joinery import __version__

    done = program("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"joinery {__version__}\n", "")


def test_the_version_is_that_of_the_distribution() -> None:
    import tomllib

    from joinery import __version__

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == __version__


def test_as_a_kubectl_plugin_it_calls_itself_so(program: Program) -> None:
    assert "Usage: kubectl joinery [OPTIONS]" in program("--help", name="/usr/local/bin/kubectl-joinery").stdout
    assert "Usage: joinery [OPTIONS]" in program("--help", name="/usr/local/bin/joinery").stdout


def test_every_command_has_a_page_of_help(invoke: Invoke) -> None:
    overview = invoke("--help").stdout.partition("Commands:")[2]
    for command in ("resolve", "search", "explain", "lint", "fields", "crds", "schema"):
        (line,) = [line for line in overview.splitlines() if line.startswith(f"  {command} ")]
        assert not line.endswith("...")
        page = invoke(command, "-h")
        assert page.exit_code == 0
        assert "Usage: joinery" in page.stdout


def imported_by(*args: str) -> set[str]:
    """The modules that are there at the end of the program."""
    code = (
        "import sys\n"
        "from joinery.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=DATA, check=True)
    assert "Usage: " in done.stdout or "no problems" in done.stdout
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    heavy = {"pydantic", "sqlalchemy", "rich", "yaml", "jinja2", "orjson", "kubernetes", "kopf", "aiohttp"}
    assert not imported_by("--help") & heavy


def test_lint_imports_no_database_no_rich_and_no_other_command() -> None:
    there = imported_by("lint", "operation.yaml")
    assert not there & {"sqlalchemy", "sqlite3", "rich", "kubernetes", "kopf", "aiohttp", "pandas"}
    assert {name for name in there if name.startswith("joinery.cli.commands.")} == {"joinery.cli.commands.lint"}


def test_lint_builds_only_the_models_of_the_kinds_that_it_reads() -> None:
    there = imported_by("lint", "operation.yaml")
    assert "joinery.api.v1alpha1.operation" in there
    assert not there & {f"joinery.api.v1alpha1.{name}" for name in ("run", "search", "connection", "crd")}


def test_importing_joinery_imports_nothing() -> None:
    code = "import sys, joinery; print([n for n in sys.modules if n.startswith(('joinery.', 'pydantic'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "['joinery.lazy']\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(program: Program, shell: str) -> None:
    script = program("--show-completion", shell)
    assert script.returncode == 0, script.stderr
    assert "_JOINERY_COMPLETE" in script.stdout
