"""Every YAML of ``examples/`` is one of our kinds and passes the check that lint, admission and operator share."""

from __future__ import annotations

import py_compile
from pathlib import Path

import pytest

from joinery.manifests import read_documents
from joinery.validation import check_manifest

from .reading import EXAMPLES

FILES = sorted(EXAMPLES.rglob("*.yaml"))


def label(path: Path) -> str:
    return str(path.relative_to(EXAMPLES))


@pytest.mark.parametrize("path", FILES, ids=label)
def test_it_is_valid(path: Path) -> None:
    for document in read_documents(path.read_bytes(), file=label(path)):
        findings = check_manifest(document.value)
        assert findings.errors == ()
        assert findings.warnings == ()


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name != "runs"], ids=label)
def test_the_python_in_a_container_compiles(path: Path, tmp_path: Path) -> None:
    for document in read_documents(path.read_bytes(), file=label(path)):
        container = document.value.get("spec", {}).get("component", {}).get("run", {}).get("container", {})
        if not container:
            continue
        program = container["args"][0]
        if container["command"] == ["sh", "-c"]:
            program = program.partition("<<'PYTHON'\n")[2].partition("\nPYTHON")[0]
        written = tmp_path / "program.py"
        written.write_text(program, encoding="utf-8")
        assert py_compile.compile(str(written), doraise=True)
