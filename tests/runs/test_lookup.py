"""Dotted keys, the overlay, and what is searched of a run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.pql.ast import FieldPath
from joinery.runs import ABSENT, Metric, find, flatten, read_run
from joinery.runs.lookup import query_metrics, query_outputs, value_of
from worlds_of_runs import manifest

KEYS = st.sampled_from(["a", "b", "a.b", "b.c", "", "c"])
TREES = st.recursive(
    st.none() | st.integers(0, 3), lambda inner: st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@pytest.mark.spec("1:82", "2:75")
@pytest.mark.parametrize(
    ("mapping", "key", "value"),
    [
        ({"a.b": 1, "a": {"b": 2}}, "a.b", 1),
        ({"a": {"b": 2}}, "a.b", 2),
        ({"a.b": None, "a": {"b": 2}}, "a.b", None),
        ({"a.b": 5, "a": {"b": {"c": 3}}}, "a.b.c", 3),
        ({"a.b": {"x": 1}, "a": {"b": {"c": 3}}}, "a.b.c", 3),
        ({"a": {"b": 2}}, "a.c", ABSENT),
        ({"a": 1}, "a.b", ABSENT),
    ],
)
def test_the_longest_existing_key_wins_then_nesting(mapping: dict[str, Any], key: str, value: Any) -> None:
    assert find(mapping, key) == value


@pytest.mark.spec("1:82")
@given(st.dictionaries(KEYS, TREES, max_size=4), st.lists(KEYS, min_size=1, max_size=4))
def test_flatten_answers_as_find_does(mapping: dict[str, Any], parts: list[str]) -> None:
    flat = flatten(mapping)
    assert all(find(mapping, key) == value for key, value in flat.items())
    key = ".".join(parts)
    assert find(mapping, key) is ABSENT or key in flat


@pytest.mark.spec("1:81", "5:43")
def test_outputs_and_metrics_overlay_each_other() -> None:
    record = read_run(
        manifest("a", outputs={"o": 1, "t": "x", "m": None, "b": True}, metrics={"m": 2, "o": {"min": 0}})
    )
    assert query_outputs(record) == {"o": 1, "t": "x", "m": 2, "b": True}
    assert query_metrics(record) == {"o": Metric(1, 0), "m": Metric(2)}
    assert value_of(record, FieldPath("outputs", "m")) == 2
    assert value_of(record, FieldPath("metrics", "o", "min")) == 0
    assert value_of(record, FieldPath("metrics", "t", "last")) is ABSENT
    assert value_of(record, FieldPath("tags")) == ()
