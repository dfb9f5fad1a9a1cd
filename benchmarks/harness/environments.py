"""Virtual environments of the rivals, each with its versions pinned, in a cache that git does not see."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("JOINERY_BENCH_CACHE") or Path.home() / ".cache" / "joinery" / "bench")
# One file of pinned versions for each. haupt is AGPL: it is installed by whoever runs the benchmark, run as a program,
# and only ever spoken to over HTTP.
PINNED = Path(__file__).resolve().parents[1] / "rivals" / "pinned"


def environment(name: str, say: Callable[[str], None] = print) -> str:
    """The Python of the environment. Made the first time."""
    home, pinned = CACHE / "venvs" / name, PINNED / f"{name}.txt"
    done = home / "installed.txt"
    if not done.exists() or done.read_text() != pinned.read_text():
        say(f"  installing the environment {name} (once)")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(home / "bin" / "pip"), "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--no-deps", "--requirement", str(pinned)], check=True)
        done.write_text(pinned.read_text())
    return str(home / "bin" / "python")
