"""The user's page on queries: every example in it runs, and it leaves no field and no difference out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from joinery.pql import FIELDS, check_query, check_sort, parse_query
from joinery.pql.fields import REFUSED
from joinery.problems import InvalidQuery

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
SPEC = (ROOT / "docs" / "spec" / "2-pql.md").read_text(encoding="utf-8")
NOW = 1_780_000_000_000_000


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in found for line in block.splitlines()]


def table_queries() -> list[str]:
    """The queries in the first column of tables, and those in running text: code that has a field and its colon."""
    return [code for code in re.findall(r"`([^`\n]+)`", PAGE) if re.match(r"[~(]*[a-z_]+[^ ]*: ", code)]


@pytest.mark.parametrize("query", blocks("pql"))
def test_every_query_of_the_page_is_one(query: str) -> None:
    checked = check_query(query, now=NOW)
    assert checked.root is not None or "_any_" in query
    assert checked.warnings == ()


@pytest.mark.parametrize("sort", blocks("sort"))
def test_every_sort_of_the_page_is_one(sort: str) -> None:
    assert check_sort(sort).keys


@pytest.mark.parametrize("query", sorted(set(table_queries())))
def test_every_query_in_the_text_of_the_page_can_be_read(query: str) -> None:
    assert parse_query(query).text == query


def test_the_error_on_the_page_reads_like_that() -> None:
    (query,) = blocks("error")
    with pytest.raises(InvalidQuery) as caught:
        check_query(query, now=NOW)
    assert str(caught.value).splitlines() == blocks("text")


def test_the_page_names_every_field_and_every_refused_one() -> None:
    for field in FIELDS:
        name = field.name.removesuffix(".name") if field.name.count(".") and field.kind == "text" else field.name
        assert re.search(rf"`{re.escape(name)}(\.KEY|\.name)?`", PAGE), field.name
        for alias in field.aliases:
            assert f"`{alias}" in PAGE
    for name in REFUSED:
        assert f"`{name}`" in PAGE


def test_every_difference_of_the_contract_is_told() -> None:
    """The contract marks each difference with what Polyaxon did; the page says the same in the same mark."""
    marks = re.findall(r"\[differs: [^\]]+\]", SPEC)
    assert len(marks) > 10
    assert [mark for mark in marks if mark not in PAGE] == []
