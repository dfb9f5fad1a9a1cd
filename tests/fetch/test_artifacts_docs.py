"""The examples of docs/artifacts-and-connections.md: from the operation on the page to the files that arrive."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import yaml
from fetch_world import put
from typer.testing import CliRunner

from joinery.cli.app import build
from joinery.fetch import programs
from joinery.validation import check_manifest

PAGE = (Path(__file__).parents[2] / "docs" / "artifacts-and-connections.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```(\w+(?: \w+)?)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
UUIDS = ("0a" * 16, "0b" * 16, "0c" * 16)
LEFT = ("model.pt", "plots/loss.png")


def test_the_connection_is_right() -> None:
    found = check_manifest(yaml.safe_load(BLOCKS["yaml"]))
    assert (found.errors, found.warnings) == ((), ())


def test_what_the_page_says_arrives(tmp_path: Path) -> None:
    """A third run is worse than these two, and the second of them left no log."""
    for number, uuid in enumerate(UUIDS):
        run = {"spec": {"uuid": uuid, "tags": ["trained"]}, "status": {"metrics": {"loss": number}}}
        put(tmp_path / "runs", {f"{number}.yaml": yaml.safe_dump(_run(f"run-{number}", run))})
        files = [*LEFT, *(["log.txt"] if number != 1 else [])]
        put(tmp_path / "volume", {f"{uuid}/outputs/{name}": uuid for name in files})
    (tmp_path / "operation.yaml").write_text(BLOCKS["yaml operation"])
    manifest = _manifest(tmp_path)
    manifest["connection"]["root"] = str(tmp_path / "volume")
    put(tmp_path, {"manifest.json": json.dumps(manifest)})
    code = programs.fetch([tmp_path / "manifest.json"], tmp_path / "out", message=tmp_path / "message")
    assert code == 0, (tmp_path / "message").read_text()
    arrived = [str(place.relative_to(tmp_path / "out")) for place in (tmp_path / "out").rglob("*") if place.is_file()]
    assert sorted(arrived) == BLOCKS["text arrives"].splitlines()
    assert json.loads((tmp_path / "message").read_text())["missing"] == [f"{UUIDS[1]}/outputs/log.txt"]


def _run(name: str, parts: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", "metadata": {"name": name}, **parts}


def _manifest(folder: Path) -> dict[str, Any]:
    """What the operation's init container would be given."""
    command = ["render", "-f", str(folder / "operation.yaml"), "--runs", str(folder / "runs")]
    rendered = CliRunner().invoke(build(), command)
    assert rendered.exit_code == 0, rendered.output
    maps = [one for one in yaml.safe_load_all(rendered.stdout) if one["kind"] == "ConfigMap"]
    (packed,) = [
        one["binaryData"]["manifest.json.gz"] for one in maps if "manifest.json.gz" in one.get("binaryData", {})
    ]
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return found
