"""Jinja2 itself as the judge: where we give a value, it is Jinja2's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined, Undefined

from joinery.problems import InvalidTemplate
from joinery.templates import parse_expression, parse_template

NAMES: dict[str, Any] = {
    "n": 3, "x": 2.5, "neg": -4, "zero": 0, "big": 10**20, "flag": True, "off": False, "none": None,
    "s": "Hello wOrld-x", "t": "  padded ", "e": "", "quote": "it's <b> & \"q\" é",
    "xs": [3, 1, 2], "fs": [0.5, 0.25], "names": ["b", "A", "a", "C"], "empty": [], "nulls": [1, None, 2],
    "m": {"b": 1, "a": {"c": [1, 2]}, "k": "v"}, "rows": [{"loss": 0.3, "n": "b"}, {"loss": 0.1, "n": "A"}],
    "gaps": [{"n": "a", "v": 3}, {"n": "b"}, {"n": "c", "v": None}],
    "deep": [{"m": {"loss": 2}}, {"m": {"loss": 1}}],
}  # fmt: skip

EXPRESSIONS = (Path(__file__).parent / "expressions_jinja2.txt").read_text("utf-8").splitlines()


def oracle(expression: str) -> Any:
    environment = Environment(autoescape=False, undefined=StrictUndefined)
    environment.filters["map_format"] = lambda value, pattern: pattern % value
    environment.filters = {name: listing(run) for name, run in environment.filters.items()}
    found = environment.compile_expression(expression, undefined_to_none=False)(**NAMES)
    return plain(found)


def listing(run: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with lists for iterators, which have neither elements nor a truth of their own."""

    @wraps(run)
    def listed(*places: Any, **words: Any) -> Any:
        found = run(*places, **words)
        return list(found) if isinstance(found, Iterator) else found

    return listed


def plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, Iterator)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Undefined):
        return ""
    return str(value) if isinstance(value, str) else value


OURS_ALONE = {
    "n | n + 1": "there is no filter `n`",
    "s.upper is defined": False,  # Jinja2 sees Python's method
}


@pytest.mark.parametrize("expression", [e for e in EXPRESSIONS if e not in OURS_ALONE])
def test_the_same_value_as_jinja2(expression: str) -> None:
    ours = parse_expression(expression).evaluate(NAMES)
    theirs = oracle(expression)
    assert type(ours) is type(theirs)
    assert ours == theirs


def test_where_jinja2_reaches_python_we_do_not() -> None:
    with pytest.raises(InvalidTemplate, match="there is no filter `n`"):
        parse_expression("n | n + 1")
    assert parse_expression("s.upper is defined").evaluate(NAMES) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {{ n }} b", "a 3 b"),
        ("{{ x }}{{ s }}", "2.5Hello wOrld-x"),
        ("v={{ flag }};{{ none }}", "v=True;None"),
        ("{{- n }}  x", "3  x"),
        ("a  {{- n -}}  b", "a3b"),
        ("a\n{{ n }}\n", "a\n3\n"),
        ("{{ n if off }}|", "|"),
        ("}} {{ n }}", "}} 3"),
    ],
)
def test_texts_as_jinja2_writes_them(text: str, expected: str) -> None:
    rendered = Environment(keep_trailing_newline=True).from_string(text).render(NAMES)
    assert rendered == expected
    assert str(parse_template(text).render(NAMES)) == expected


atoms = st.sampled_from([*NAMES, "missing", "1", "2.5", "'a'", "''", "true", "none", "[]", "[2, 1]", "{'a': 1}"])
filters = st.sampled_from(
    [
        *("join(',')", "tojson", "length", "first", "last", "min", "max", "sum", "sort", "unique", "round", "upper"),
        *("lower", "trim", "abs", "int", "float", "string", "list", "title", "capitalize", "reverse", "default(1)"),
        *("map('string')|list", "map(attribute='loss')|list", "items|list"),
    ]
)
operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "~", "and", "or", "in"])


def combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("({} | {})".format, inner, filters),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("({})[0]".format, inner),
        st.builds("({}).a".format, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} is defined)".format, inner),
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(atoms, combine, max_leaves=8))
def test_where_both_give_a_value_it_is_the_same(expression: str) -> None:
    try:
        ours = parse_expression(expression).evaluate(NAMES)
    except InvalidTemplate:
        return
    try:
        theirs = oracle(expression)
    except Exception:  # `default` after two missing names, and mappings under `unique`, which we let pass
        assert any(word in expression for word in ("default", "defined", "unique"))
        return
    if "~" in expression or "string" in expression or "join" in expression or "upper" in expression:
        return  # lists and mappings in a text are JSON with us
    if isinstance(theirs, str) != isinstance(ours, str) or any(f in expression for f in TEXT_FILTERS):
        return
    assert ours == theirs


TEXT_FILTERS = ("lower", "trim", "title", "capitalize")
