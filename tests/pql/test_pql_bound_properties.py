"""What holds of any value that a template gives: it is bound as data, and never read as syntax."""

from __future__ import annotations

from typing import Any

import pytest
from any_text import JSON, NOW, TEXTS, problems_of
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.pql import (
    bind_query,
    check,
    explain_query,
    parse_query,
    query_templates,
)
from joinery.pql.ast import (
    EVERY_RUN,
    Bound,
)
from joinery.problems import InvalidQuery, InvalidTemplate, Problem


@pytest.mark.spec("1:109", "1:110", "1:111", "1:112")
@settings(max_examples=400, deadline=None)
@given(TEXTS, JSON)
def test_binding_any_value_is_a_query_or_an_error(text: str, value: Any) -> None:
    try:
        query = parse_query(text)
    except InvalidQuery:
        return

    def work() -> None:
        bound = bind_query(query, value=lambda _: value, early=lambda _: value)
        assert not query_templates(bound)
        check(bound, now=NOW)

    assert all(problem.position is not None for problem in problems_of(work))


@pytest.mark.spec("1:109", "1:111")
@settings(max_examples=300, deadline=None)
@given(
    TEXTS,
    st.sampled_from(["inputs.x: {}", "inputs.x: a|{}", 'inputs.x: "{}"', "tags: {}", "inputs.x: {}, status: failed"]),
)
def test_a_bound_text_is_never_syntax(text: str, shape: str) -> None:
    query = parse_query(shape.format("{{ x }}"))
    bound = check(bind_query(query, value=lambda _: text, early=lambda _: text), now=NOW)
    plain = check(bind_query(query, value=lambda _: "plain", early=lambda _: "plain"), now=NOW)
    assert explain_query(bound, lambda _: text).kind == explain_query(plain, lambda _: text).kind
    assert count(bound.root) == count(plain.root)
    first = explain_query(
        bound, lambda path: (text,) if path.name == "tags" else text if path.name == "inputs" else "failed"
    )
    assert first.matches


def count(node: Any) -> int:
    return sum(map(count, node.items)) if hasattr(node, "items") else 1


def test_a_bound_value_keeps_its_token_when_it_cannot_be_had() -> None:
    def fails(_: Any) -> Any:
        raise InvalidTemplate(Problem(message="`x` is not known", rule="undefined-name", hint="did you mean `y`?"))

    with pytest.raises(InvalidQuery) as caught:
        bind_query(parse_query("a: {{ x }}, b: {{ x }}, {{ x }}"), value=fails, early=fails)
    assert [problem.position for problem in caught.value.problems] == [3, 15, 24]
    assert caught.value.problems[0].hint == "did you mean `y`?"
    assert EVERY_RUN.root is None
    assert Bound(1) == Bound(1)
