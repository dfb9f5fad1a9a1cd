"""Streams and endings: pipes, terminals, faults of ours, and readers that have enough."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_parts import DATA, RUNS, Invoke, Program, run_manifest


def test_runs_come_through_a_pipe(program: Program) -> None:
    done = program("search", "metrics.loss: <0.2", "--runs", "-", "-o", "name", stdin=(DATA / "runs.yaml").read_text())
    assert (done.returncode, done.stdout) == (0, "run.joinery.dev/train-3\n")


NASTY = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x9b31m"


@pytest.mark.parametrize("output", ["table", "wide", "json", "yaml", "name"])
@pytest.mark.parametrize("command", ["search", "resolve", "explain"])
def test_what_runs_recorded_never_reaches_the_terminal_raw(
    invoke: Invoke, tmp_path: Path, command: str, output: str
) -> None:
    manifest = run_manifest("nasty", name=NASTY, tags=[NASTY], inputs={"lr": NASTY, NASTY: 1})
    (tmp_path / "runs.json").write_text(json.dumps(manifest))
    operation = (DATA / "operation.yaml").read_text().replace("metrics.loss: <{{ most }}", "").replace("float", "any")
    (tmp_path / "op.yaml").write_text(operation.replace("sort: metrics.loss", "sort: inputs.lr"))
    runs = ("--runs", tmp_path / "runs.json", "-o", output)
    args: dict[str, tuple[str | Path, ...]] = {
        "search": ("search", "", "--sort", "inputs.lr", "--columns", "inputs,tags,name", *runs),
        "resolve": ("resolve", tmp_path / "op.yaml", *runs),
        "explain": ("explain", tmp_path / "op.yaml", "--run", "nasty", *runs),
    }
    result = invoke(*args[command])
    assert result.exit_code == 0, result.output
    assert all(line.isprintable() for line in result.output.split("\n"))
    if output == "json":
        assert "\\u001b" in result.stdout or command == "explain"


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(*args: str, **env: str) -> str:
    """What a person would see: both streams are one terminal."""
    leader, follower = pty.openpty()
    code = "from joinery.cli.main import main; main()"
    settings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **env}
    settings.pop("NO_COLOR", None) if "NO_COLOR" not in env else None
    with subprocess.Popen(
        [sys.executable, "-c", code, *args], stdin=follower, stdout=follower, stderr=follower, cwd=DATA, env=settings
    ) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        process.wait(timeout=60)
    os.close(leader)
    return seen.decode()


def test_a_terminal_gets_colour_unless_it_is_refused() -> None:
    args = ("search", "metrics.loss: <0.3", "--sort", "metrics.loss", *RUNS)
    coloured = on_a_terminal(*args)
    assert COLOUR.search(coloured)
    assert "train-3" in coloured
    # On a slow machine there is a progress bar, which moves the cursor: that is no colour.
    assert not COLOUR.search(on_a_terminal(*args, NO_COLOR="1"))
    assert COLOUR.search(on_a_terminal("lint", "broken.yaml"))


def test_a_fault_of_ours_is_one_line(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the \x1b[31mroof\nfell in")

    monkeypatch.setattr("joinery.local.linting.lint", fail)
    result = invoke("lint", "operation.yaml")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: Joinery itself failed (RuntimeError: the \\x1b[31mroof\\nfell in); please report it with the command "
        "and its files (JOINERY_DEBUG=1 shows where it happened)\n"
    )
    monkeypatch.setenv("JOINERY_DEBUG", "1")
    assert isinstance(invoke("lint", "operation.yaml").exception, RuntimeError)


def test_interrupting_is_no_fault(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("joinery.local.linting.lint", interrupt)
    result = invoke("lint", "operation.yaml")
    assert result.exit_code == 130
    assert "Traceback" not in result.output


def test_a_reader_that_has_enough_is_no_fault(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(run_manifest(f"run-{number:05}")) for number in range(3000))
    (tmp_path / "runs.jsonl").write_text(lines)
    command = "from joinery.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", command, "search", "", "--limit", "3000", "--runs", str(tmp_path), "-o", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # unbuffered, Python itself passes over a write that was cut short
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("args", [("--help",), ("lint", "operation.yaml"), ("lint", "-o", "json", "operation.yaml")])
def test_a_reader_that_is_gone_before_the_first_line_is_no_fault(args: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", "from joinery.cli.main import main; main()", *args]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=DATA, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")
