"""Every manifest of our kinds that a page of the docs shows is one that lint accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from joinery.cli.app import build

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^```(yaml[^\n]*)\n(.*?)^```\n(?=(\s*```text refused)?)", re.MULTILINE | re.DOTALL)


def manifests() -> Iterator[tuple[str, str, bool]]:
    """The page, the text of its block, and whether the page says that it is refused."""
    for page in PAGES:
        for found in BLOCK.finditer(page.read_text("utf-8")):
            if "apiVersion: joinery.dev/" in found[2]:
                yield page.name, found[2], found[3] is not None


FOUND = list(manifests())


@pytest.mark.parametrize(("page", "text", "refused"), FOUND, ids=[f"{page}-{n}" for n, (page, *_) in enumerate(FOUND)])
def test_lint_accepts_what_a_page_shows(page: str, text: str, refused: bool, tmp_path: Path) -> None:
    (tmp_path / "shown.yaml").write_text(text)
    done = CliRunner().invoke(build(), ["lint", str(tmp_path / "shown.yaml")])
    assert done.exit_code == (1 if refused else 0), done.output
    assert refused or "no problems" in done.output, done.output


def test_there_are_manifests_of_every_kind() -> None:
    kinds = {kind for _, text, _ in FOUND for kind in re.findall(r"^kind: (\w+)$", text, re.MULTILINE)}
    assert kinds >= {"Operation", "Component", "Search", "Connection", "Run"}
    assert sum(refused for *_, refused in FOUND) == 1
