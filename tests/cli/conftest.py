"""Runs the command line as a person would: in this process for most tests, as a program for a few."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

HERE = Path(__file__).parent
DATA = HERE / "data"
GOLDEN = HERE / "golden"
ROOT = HERE.parents[1]

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    """``invoke("search", "", "--runs", "runs.yaml")``, in the folder of the test data."""
    from joinery.cli.app import build

    monkeypatch.chdir(DATA)
    monkeypatch.setenv("COLUMNS", "100")
    # No cluster is asked, whatever the machine of the tests has.
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    app = build()

    def run(*args: str | Path, stdin: bytes | str | None = None) -> Result:
        return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, prog_name="joinery")

    return run


@pytest.fixture
def program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """The real program, in a process of its own."""

    def run(
        *args: str | Path, stdin: str | None = None, name: str = "joinery", **env: str
    ) -> subprocess.CompletedProcess[str]:
        code = f"import sys; sys.argv[0] = {name!r}; from joinery.cli.main import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, args)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=DATA,
            env={**os.environ, "COLUMNS": "100", **env},
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare with a file of ``golden/``; ``JOINERY_GOLDEN=write`` writes it anew (then read the difference)."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("JOINERY_GOLDEN") == "write":
            path.write_text(text)
        assert text == path.read_text()

    return compare
