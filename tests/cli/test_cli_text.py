"""What other people's runs hold is printed, never obeyed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.cli.blocks import Line, Table, heading
from joinery.cli.paper import as_text, show, table_lines, wants_colour
from joinery.cli.text import columns_of, plain, safe_json, short


def test_escape_sequences_are_shown_and_not_sent() -> None:
    assert plain("\x1b[2Jgone\r\nx\u202ey\x9b") == "\\x1b[2Jgone\\r\\nx\\u202ey\\x9b"
    assert plain("two\nlines", keep_lines=True) == "two\nlines"
    assert plain("größer 漢字 👍") == "größer 漢字 👍"


@given(st.text())
def test_nothing_unprintable_is_left(text: str) -> None:
    assert all(c.isprintable() or c in "\u200c\u200d" for c in plain(text))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_safe_json_is_the_same_json(value: object) -> None:
    text = safe_json(json.dumps(value, indent=1, ensure_ascii=False))
    assert json.loads(text) == value
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("as it is", "as it is"),
        ([1, None, "a"], '[1, null, "a"]'),
        ({"a": {"b": [1.5]}}, '{"a": {"b": [1.5]}}'),
        (float("nan"), "NaN"),
        ([float("-inf")], "[-Infinity]"),
        ("x" * 100, "x" * 19 + "…"),
        (list(range(5_000)), "[0, 1, 2, 3, 4, 5, …"),
        (["\x1b[2J"], '["\\u001b[2J"]'),
    ],
)
def test_values_are_short(value: object, text: str) -> None:
    assert short(value, width=20) == text


def test_tables_are_aligned_by_what_a_terminal_shows() -> None:
    table = Table(["NAME", "LOSS"], [["a", "0.25"], ["漢字", "1"]], right=frozenset((1,)), indent=2)
    assert table_lines(table) == ["  NAME   LOSS", "  a      0.25", "  漢字      1"]
    assert columns_of("e\u0301") == 1


def test_blocks_are_plain_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    show([heading("one"), Line("x", "bad"), heading("two")])
    assert capsys.readouterr().out == "one\nx\n\ntwo\n"
    assert as_text(Line("x")) == "x\n"


class Terminal:
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_and_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert wants_colour(Terminal())  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())  # type: ignore[arg-type]
