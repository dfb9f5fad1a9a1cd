"""What holds of any text at all: an answer or an error, the same tree after printing, steps in proportion to length."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from any_text import KEYS, NOW, TEXTS, problems_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from joinery.pql import (
    check_query,
    check_sort,
    explain_query,
    format_query,
    format_sort,
    parse_query,
    parse_sort,
    query_problems,
)
from joinery.pql.ast import (
    AndNode,
    Clause,
    FieldName,
    Node,
    NotNode,
    OrNode,
    Query,
    Raw,
    ValuesOperand,
)
from joinery.problems import InvalidQuery, Problem


@pytest.mark.spec("2:27", "2:28", "2:30")
@settings(max_examples=600, deadline=None)
@given(TEXTS)
@example("a:" + "{{" * 50)
@example('a:"\\')
@example("a: x\ud800")
def test_any_text_is_a_query_or_an_error_with_its_place(text: str) -> None:
    problems = problems_of(lambda: check_query(text, now=NOW))
    for problem in problems:
        assert problem.message
        assert problem.rule
        assert problem.position is not None
        assert 0 <= problem.position <= len(text)
        assert "^" in str(problem) or not text
    if not problems:
        checked = check_query(text, now=NOW)
        assert explain_query(checked, lambda _: None).verdict in ("true", "false", "absent")


@pytest.mark.spec("2:28", "2:93")
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_is_a_sort_or_an_error_with_its_place(text: str) -> None:
    assert all(problem.position is not None for problem in problems_of(lambda: check_sort(text)))


@pytest.mark.spec("2:9", "2:27")
@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_what_is_read_reads_the_same_when_printed(text: str) -> None:
    try:
        query = parse_query(text)
    except InvalidQuery:
        return
    printed = format_query(query)
    assert parse_query(printed) == query
    assert format_query(parse_query(printed)) == printed
    problems, warnings = query_problems(query, now=NOW)
    assert all(isinstance(problem, Problem) for problem in problems)
    assert all(isinstance(warning, str) for warning in warnings)


@pytest.mark.spec("2:89")
@given(TEXTS)
def test_a_sort_reads_the_same_when_printed(text: str) -> None:
    try:
        sort = parse_sort(text)
    except InvalidQuery:
        return
    assert parse_sort(format_sort(sort)) == sort


QUOTED = st.text(max_size=12).map(lambda text: ValuesOperand((Raw((text,) if text else (), quoted=True),)))

CLAUSES = st.builds(
    Clause,
    st.builds(
        FieldName, st.sampled_from(["metrics", "inputs", "labels"]), KEYS, st.sampled_from([None, "min", "step"])
    ),
    QUOTED,
    st.booleans(),
)


def groups(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    members = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(AndNode, members), st.builds(OrNode, members), st.builds(NotNode, inner))


@pytest.mark.spec("2:9", "2:14", "2:18", "2:19", "2:25")
@given(st.recursive(CLAUSES, groups, max_leaves=8))
def test_any_tree_with_any_keys_and_texts_survives_printing(node: Node) -> None:
    query = Query(node)
    assert parse_query(format_query(query)) == query


def count(node: Any) -> int:
    return sum(map(count, node.items)) if hasattr(node, "items") else 1


def steps(work: Callable[[str], Any], text: str) -> int:
    """How many lines of Python ``work`` runs for a text; an error is an answer as well."""
    count = 0

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += 1
        return local

    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: local)
    try:
        problems_of(lambda: work(text))
    finally:
        sys.settrace(before)
    return count


@pytest.mark.spec("2:28")
@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a: x | ",
            "x",
            " ",
            "a: x and ",
            "| a.",
            '| a."',
            "a|",
            '"',
            "\\",
            "{ ",
            "..",
            "%",
            "~",
            "a: x ",
            "a:b",
            "name:",
            "1 | b-",
            "\n",
            "(a:1)",
        ),
        *("{{ x }}", "a: {{ x }}|", "x a.b: "),
    ],
)
def test_the_steps_grow_as_the_text_does(piece: str) -> None:
    def work(text: str) -> None:
        check_query(text, now=NOW)

    start = "name: "
    short, long = (start + piece * (size // len(piece)) for size in (1500, 3000))
    steps(work, short)
    assert steps(work, long) < 2.6 * steps(work, short) + 2_000
