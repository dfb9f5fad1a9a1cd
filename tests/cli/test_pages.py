"""Every example of docs/command-line.md prints what the page says, and every command has its place there."""

from __future__ import annotations

import pytest
from pages import ROOT, answer, examples

PAGE = ROOT / "docs" / "command-line.md"


@pytest.mark.parametrize(("command", "output"), examples(PAGE), ids=[command for command, _ in examples(PAGE)])
def test_the_page_is_true(command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert answer(command) == output


def test_the_page_has_examples() -> None:
    assert {command.split()[1] for command, _ in examples(PAGE)} >= {"search", "resolve", "explain", "lint"}
