"""Spec 1, line 131: values are normalised as the API server stores them; and what is dumped reads back the same."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.manifests import dump_yaml, normalise, read_documents, read_json, read_json_line
from joinery.manifests.normal import settle
from joinery.problems import InvalidManifest, Problem

numbers = st.one_of(
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e20, max_value=1e20).map(lambda x: float(round(x))),
)
plain = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
tricky = st.sampled_from(
    [
        "y",
        "no",
        "1e5",
        "0o17",
        "12:30",
        "2024-01-01",
        ".nan",
        "<<",
        "~",
        "",
        "- a",
        "a: b",
        "#x",
        "x\n y\n",
        "\n",
        " ",
        "=",
        "{{ x }}",
        "\ttab",
        "a\r\nb",
        "end \n",
        "---",
        "...",
    ]
)
texts = st.one_of(plain, tricky)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def problems_of(read: Callable[[Any], object], data: Any) -> tuple[Problem, ...]:
    try:
        read(data)
    except InvalidManifest as error:
        return error.problems
    return ()


@pytest.mark.spec("1:131")
@pytest.mark.parametrize(
    ("given_value", "stored"),
    [
        (2**63 - 1, 2**63 - 1),
        (2**63, 9.223372036854775808e18),
        (-(2**63), -(2**63)),
        (-(2**63) - 1, -9.223372036854775808e18),
        (1.0, 1),
        (1e18, 10**18),
        (1234567890123456768.0, 1234567890123456800),  # its shortest digits, not its exact value
        (1e22, 1e22),
        (-0.0, 0),
        (0.1, 0.1),
        (True, True),
        ("a\ud800b", "a\ufffdb"),
        ("\U0001f600", "\U0001f600"),
        ({"k": (1.0, [2.0])}, {"k": [1, [2]]}),
    ],
)
def test_numbers_and_texts_are_stored_so(given_value: Any, stored: Any) -> None:
    value = normalise(given_value)
    assert value == stored
    assert type(value) is type(stored)
    if isinstance(stored, float | int):
        assert math.copysign(1, value) == math.copysign(1, stored)


@pytest.mark.spec("1:131")
@pytest.mark.parametrize("bad", [math.nan, math.inf, 10**400, {1: 2}, object(), {"a": {"b": [1, {3}]}}])
def test_what_is_no_json_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidManifest):
        normalise(bad)


def test_what_is_refused_has_its_path() -> None:
    with pytest.raises(InvalidManifest) as caught:
        normalise({"a": {"b": [1, math.nan]}})
    assert caught.value.problems[0].path == "a.b[1]"


def test_depth_is_capped() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(InvalidManifest, match="nested deeper"):
        normalise(deep)


@pytest.mark.spec("1:131")
@settings(max_examples=150, deadline=None)
@given(values)
def test_normalising_twice_changes_nothing(value: Any) -> None:
    once = normalise(value)
    assert normalise(once) == once
    assert json.dumps(normalise(once)) == json.dumps(once)


@settings(max_examples=150, deadline=None)
@given(values)
def test_the_quick_reader_and_the_strict_one_agree(value: Any) -> None:
    text = json.dumps({"v": value})
    assert read_json_line(text.encode()) == read_json(text) == normalise({"v": value})
    fresh = json.loads(text)
    settle(fresh)
    assert json.dumps(fresh) == json.dumps(normalise({"v": value}))


@settings(max_examples=200, deadline=None)
@given(values)
def test_dumped_yaml_reads_back_the_same(value: Any) -> None:
    wanted = normalise({"v": value})
    text = dump_yaml(wanted)
    (document,) = read_documents(text)
    assert document.value == wanted


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(), plain.map(str.encode), values.map(lambda v: dump_yaml(v)[:-2].encode())))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    for read in (read_documents, read_json_line):
        found = problems_of(read, data)
        assert all(problem.line and problem.column for problem in found)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="{}[]\",:\n \t-&*!#|>?%a1.<y'\\", max_size=60))
def test_no_yaml_like_text_crashes_the_reader(text: str) -> None:
    found = problems_of(read_documents, text)
    assert all(problem.line and problem.column for problem in found)
    for document in [] if found else read_documents(text):
        assert normalise(document.value) == document.value
        assert document.locate("a.b[0]")[0] >= document.line
