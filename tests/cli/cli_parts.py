"""What the tests of the command line share: where their data is, what a fixture gives, and a Run by its name."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from typer.testing import Result

Invoke = Callable[..., Result]
Program = Callable[..., "subprocess.CompletedProcess[str]"]
DATA = Path(__file__).parent / "data"
RUNS = ("--runs", "runs.yaml")


def run_manifest(called: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {"name": called},
        "spec": {"createdAt": "2026-01-01T00:00:00Z", "uuid": uuid5(NAMESPACE_URL, called).hex, **spec},
    }
