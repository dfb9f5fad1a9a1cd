"""What is no object of ours, the texts of errors, and that no value at all crashes the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import GOOD, problems, with_join

from joinery.manifests import read_documents
from joinery.problems import Problem


def test_the_good_one_is_good() -> None:
    assert problems(GOOD) == ()
    assert with_join() == GOOD


@pytest.mark.parametrize(
    ("manifest", "path", "rule"),
    [
        (None, "", "no-object"),
        ([], "", "no-object"),
        ("kind: Run", "", "no-object"),
        ({}, "", "no-object"),
        ({**GOOD, "kind": "operation"}, "kind", "kind"),
        ({**GOOD, "apiVersion": "joinery.dev/v1"}, "apiVersion", "api-version"),
        ({**GOOD, "apiVersion": 5}, "apiVersion", "api-version"),
        ({**GOOD, "metadata": {}}, "metadata.name", "required"),
        ({**GOOD, "metadata": {"name": "x" * 53}}, "metadata.name", "too-long"),
        ({**GOOD, "metadata": {"name": "X"}}, "metadata.name", "object-name"),
        ({**GOOD, "spec": []}, "spec", "wrong-type"),
        ({**GOOD, "extra": 1}, "extra", "unknown-field"),
    ],
)
def test_what_is_no_object_of_ours(manifest: Any, path: str, rule: str) -> None:
    assert [(found.path, found.rule) for found in problems(manifest)] == [(path, rule)]


GOLDEN = Path(__file__).parent / "golden"


def test_the_texts_of_errors() -> None:
    """Every problem of one bad operation, as people read it. Rewrite the file by hand: it is to be read."""
    (document,) = read_documents((GOLDEN / "bad-operation.yaml").read_bytes())
    text = "\n".join(str(found) for found in problems(document.value)) + "\n"
    assert text == (GOLDEN / "bad-operation.txt").read_text(encoding="utf-8")


KEYS = (
    "spec", "joins", "params", "query", "limit", "value", "ref", "component", "inputs", "name", "type", "run", "kind",
    "status", "minRuns", "files", "validation", "context_only",
)  # fmt: skip

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("{{ x }}")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(KEYS),
                st.text(max_size=4),
                st.integers(),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(json_values, st.sampled_from(["Operation", "Component", "Run", "Search", "Connection"]))
def test_no_value_crashes_the_models(value: Any, kind: str) -> None:
    head = {"apiVersion": "joinery.dev/v1alpha1", "metadata": {"name": "x"}, "kind": kind}
    for manifest in (value, {**head, "spec": value}, {**head, "spec": {"joins": [value], "params": value}},
                     {**head, "spec": {"component": value, "inputs": [value]}, "status": value}):  # fmt: skip
        assert all(isinstance(found, Problem) for found in problems(manifest))
