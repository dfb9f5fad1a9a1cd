"""Where a path stands in a file."""

from __future__ import annotations

import pytest

from joinery.manifests import read_documents
from joinery.problems import Problem

TEXT = """\
apiVersion: joinery.dev/v1alpha1
kind: Run
---
apiVersion: joinery.dev/v1alpha1
kind: Operation
spec:
  joins:
  - query: "metrics.loss: <0.01"
    sort: 'é-x'
    on_null: Keep
    params:
      a b: {value: 3}
      "c.d": {value: 4}
  - query: >-
      folded
      text
  params:
    script: |
      first
        second
    text: "with \\t escape"
    merged: {<<: {k: 1}}
"""


@pytest.mark.parametrize(
    ("path", "position", "place"),
    [
        ("spec.joins", None, (7, 3)),
        ("spec.joins[0]", None, (8, 5)),
        ("spec.joins[0].query", None, (8, 12)),
        ("spec.joins[0].query", 14, (8, 27)),
        ("spec.joins[0].sort", 2, (9, 14)),
        ("spec.joins[0].onNull", None, (10, 14)),
        ("spec.joins[0].params[a b].value", None, (12, 20)),
        ("spec.joins[0].params.c.d.value", None, (13, 22)),
        ("spec.joins[0].params[c.d]", None, (13, 7)),
        ("spec.joins[0].nowhere.at[3].all", None, (8, 5)),
        ("spec.joins[7].query", None, (7, 3)),
        ("spec.joins[1].query", 3, (14, 12)),
        ("spec.params.script", 8, (20, 9)),
        ("spec.params.script", 0, (19, 7)),
        ("spec.params.text", 6, (21, 11)),
        ("spec.params.merged.k", None, (22, 5)),
        ("", None, (3, 1)),
    ],
)
def test_a_path_has_a_place(path: str, position: int | None, place: tuple[int, int]) -> None:
    document = read_documents(TEXT)[1]
    line, column = document.locate(path, position=position)
    if path:
        assert (line, column) == place
    else:
        assert line in (3, 4)


def test_json_has_places_too() -> None:
    (document,) = read_documents('\n {"a": {"b": [1, {"c": "x\\n"}]},\n  "d": "plain"}')
    assert document.locate("a.b[1].c") == (2, 24)
    assert document.locate("a.b") == (2, 9)
    assert document.locate("d", position=2) == (3, 11)


def test_a_problem_is_placed_by_its_path() -> None:
    document = read_documents(TEXT, file="op.yaml")[1]
    placed = document.place(Problem(message="m", path="spec.joins[0].query", text="metrics.loss: <0.01", position=9))
    assert (placed.file, placed.line, placed.column) == ("op.yaml", 8, 22)


def test_a_position_in_a_part_of_a_text_counts_from_that_part() -> None:
    document = read_documents(TEXT)[1]
    assert document.locate("spec.joins[0].query", position=2, text="<0.01") == (8, 29)
    assert document.locate("spec.joins[0].query", position=2, text="rendered") == (8, 12)
