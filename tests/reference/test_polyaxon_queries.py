"""What Polyaxon's own package answered, recorded from it as a black box, and what Joinery answers.

``polyaxon_facts.json``: how Polyaxon splits queries into clauses, which texts it refuses, and how it reads operands.
A line of the specification marked *differs* or *ours* wins over a fact here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joinery.pql import ast, check_query, parse_query
from joinery.problems import InvalidQuery

FACTS = json.loads((Path(__file__).parent / "polyaxon_facts.json").read_text(encoding="utf-8"))
DAY = 86_400_000_000
JANUARY, FEBRUARY = 1_514_764_800_000_000, 1_517_443_200_000_000  # 2018-01-01 and 2018-02-01, UTC


def tree(node: Any, text: str) -> Any:
    if isinstance(node, ast.Clause):
        field, _, operand = text[node.span.start : node.span.stop].partition(":")
        return [field.strip(), operand.strip()]
    return [type(node).__name__.removesuffix("Node").lower(), [tree(item, text) for item in node.items]]


@pytest.mark.spec("2:3", "2:11", "2:12", "2:14", "2:15", "2:17", "2:25", "2:26")
@pytest.mark.parametrize("query", list(FACTS["trees"]))
def test_a_query_has_the_clauses_that_polyaxon_sees(query: str) -> None:
    assert tree(parse_query(query).root, query) == FACTS["trees"][query]


@pytest.mark.spec("2:30")
@pytest.mark.parametrize("query", FACTS["refused"])
def test_what_polyaxon_cannot_read_is_refused(query: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_query(query)


def read(operand: str, field: str) -> list[Any]:
    """Our reading of an operand in Polyaxon's terms: operator, negation, values."""
    root = check_query(f"{field}: {operand}", now=FEBRUARY).root
    assert isinstance(root, ast.Predicate)
    match root.test:
        case ast.IsNil():
            return ["nil", root.negated, None]
        case ast.Compare(op, value):
            return [op, root.negated, value]
        case ast.Within(start, stop):
            return ["..", root.negated, [start, stop]]
        case ast.Between(low, high):
            return ["..", root.negated, [low, high]]
        case ast.Like(kind, text):
            return [{"prefix": "_%", "suffix": "%_", "contains": "%%"}[kind], root.negated, text]
        case ast.OneOf((value,), False):
            return ["=", root.negated, value]
        case ast.OneOf(values, False):
            return ["|", root.negated, list(values)]
    raise AssertionError(root)


FLIPPED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def in_our_terms(fact: list[Any]) -> list[Any]:
    """Polyaxon negates a comparison; we flip it. Its datetimes are texts still."""
    op, negated, values = fact
    if op in FLIPPED and negated:
        op, negated = FLIPPED[op], False
    return [op, negated, values]


def operands(name: str) -> list[tuple[str, Any]]:
    return list(FACTS["operands"][name].items())


def agree(operand: str, field: str, fact: Any) -> None:
    if fact == "refused":
        with pytest.raises(InvalidQuery):
            check_query(f"{field}: {operand}", now=FEBRUARY)
    else:
        found, wanted = read(operand, field), in_our_terms(fact)
        assert found == wanted
        assert [type(v) for v in found] == [type(v) for v in wanted]


@pytest.mark.spec("2:38", "2:49", "2:48")
@pytest.mark.parametrize(("operand", "fact"), operands("value"))
def test_operands_of_inputs(operand: str, fact: Any) -> None:
    agree(operand, "inputs.x", fact)


@pytest.mark.spec("2:43", "2:49", "2:50")
@pytest.mark.parametrize(("operand", "fact"), operands("number"))
def test_operands_of_metrics(operand: str, fact: Any) -> None:
    agree(operand, "metrics.x", fact)


@pytest.mark.spec("2:46", "2:55")
@pytest.mark.parametrize(("operand", "fact"), operands("text"))
def test_operands_of_names(operand: str, fact: Any) -> None:
    agree(operand, "name", fact)


@pytest.mark.spec("2:45", "2:59", "2:60", "2:61")
@pytest.mark.parametrize(("operand", "fact"), operands("datetime"))
def test_operands_of_times(operand: str, fact: Any) -> None:
    instants = {
        "2018-01-01": ["..", False, [JANUARY, JANUARY + DAY]],
        ">2018-01-01": [">", False, JANUARY],
        "<=2018-01-01 10:00": ["<=", False, JANUARY + 10 * 3_600_000_000],
        "2018-01-01..2018-02-01": ["..", False, [JANUARY, FEBRUARY + DAY]],
        "~2018-01-01..2018-02-01": ["..", True, [JANUARY, FEBRUARY + DAY]],
        "~>2018-01-01": ["<=", False, JANUARY],
    }
    agree(operand, "created_at", instants.get(operand, fact))
