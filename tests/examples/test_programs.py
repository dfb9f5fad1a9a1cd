"""The programs in the examples' containers, run with the params that the operations resolve to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import joinery

from .reading import SWEEP
from .test_sweep import NOW

# What a program may need of the machine it runs on; nothing of Joinery's.
AROUND = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL")


def run(name: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """What the program printed and left as its outputs. Templates are only in the arguments after the program."""
    resolution = joinery.load_runs(SWEEP / "runs").resolve(SWEEP / name, now=NOW)
    params = folder / "params.json"
    params.write_text(json.dumps({key: param.value for key, param in resolution.params.items()}), encoding="utf-8")
    outputs = folder / "outputs.json"
    container = yaml.safe_load((SWEEP / name).read_text(encoding="utf-8"))["spec"]["component"]["run"]["container"]
    environment = {key: os.environ[key] for key in AROUND if key in os.environ} | {
        "JOINERY_PARAMS": str(params),
        "JOINERY_ARTIFACTS": "/joinery/artifacts",
        "JOINERY_OUTPUTS": str(outputs),
    }
    command = [sys.executable, *container["command"][1:], container["args"][0]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, json.loads(outputs.read_text(encoding="utf-8")) if outputs.exists() else {}


def test_the_comparison_prints_a_line_for_each_joined_run(tmp_path: Path) -> None:
    printed, _ = run("operation.yaml", tmp_path)
    lines = printed.splitlines()
    assert [line.split()[0:2] for line in lines[:5]] == [["learning", "rate"]] * 5
    count = int(lines[5].split()[0])
    assert len(lines) == 6 + 2 * count
    assert lines[-1].endswith("/subpath2/file2")


def test_the_report_names_the_best_run_and_leaves_it_as_its_output(tmp_path: Path) -> None:
    printed, outputs = run("best-of-sweep.yaml", tmp_path)
    best = printed.splitlines()[1].split()
    assert outputs["outputs"]["best"] == best[0]
    assert outputs["metrics"]["accuracy"] == pytest.approx(float(best[2]), abs=1e-4)
    assert printed.count(" failed with learning rate ") == 7
