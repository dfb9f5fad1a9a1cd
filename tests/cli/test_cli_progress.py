"""The progress bar: for people at a terminal, after a second, and for nobody else."""

from __future__ import annotations

import io

import pytest

from joinery.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_watches_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress.reading() as advance:
        assert advance is None


def test_a_quick_load_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress.reading() as advance:
        assert advance is not None
        advance(10, 100, 5)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("total", [0, 100])
def test_a_long_load_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch, total: int) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "AFTER", -1.0)
    monkeypatch.setenv("TERM", "xterm")
    with progress.reading() as advance:
        assert advance is not None
        advance(10, total, 1234)
        advance(50, total, 5678)
    assert "reading" in terminal.getvalue()
    assert "5,678 runs" in terminal.getvalue()
