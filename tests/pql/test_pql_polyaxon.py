"""Queries and operands that Polyaxon answered, and what they are here.

``cases_polyaxon.json`` holds facts: what the polyaxon package gave for each text (a tree of field and operand, or
operator, negation and values; null where it refused). What differs is listed here, each with its reason.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joinery.pql import check_query, parse_query
from joinery.pql.ast import AndNode, Between, Clause, Compare, IsNil, Like, Node, OneOf, OrNode, Predicate, Test, Within
from joinery.problems import InvalidQuery

CASES = json.loads((Path(__file__).parent / "cases_polyaxon.json").read_text(encoding="utf-8"))
FLIPPED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
FIELDS = {
    "value": "inputs.x",
    "fixed": "queue",
    "text": "name",
    "number": "metrics.x",
    "datetime": "created_at",
    "membership": "tags",
    "cpu": "cpu",
    "memory": "memory",
    "boolean": "meta_flags.x",
}

# Texts that its grammar takes and ours refuses: its operand readers refuse them later, or a keyword is left over.
REFUSED_LATER = {
    *("(a:1 AND)", "(a:1 OR)", "a: x |", "a: | x", "a:|x", "a: ~", "a: ~ and b:1", "a:1 |", "a:1 | ", "a:1 | | b:2"),
}
# A control character that Python counts as space and its grammar does not.
CONTROL = {"a: x\x1cAND\x1cb:1"}


def tree(node: Node | None, text: str) -> Any:
    match node:
        case Clause():
            field, _, operand = text[node.span.start : node.span.stop].partition(":")
            return [field.strip(), operand.strip()]
        case AndNode():
            return {"and": [tree(item, text) for item in node.items]}
        case OrNode():
            return {"or": [tree(item, text) for item in node.items]}
        case _:
            return None


READ = [(query, expected) for query, expected in CASES["queries"] if expected is not None]
UNREAD = [query for query, expected in CASES["queries"] if expected is None and query]  # "" is every run (spec 1)
# What only we read: keys of any characters, keywords beside parentheses, texts in quotes, templates, negated groups.
OURS = {
    *("a:1 | b.c.d:2", "a:1 OR(b:2)", "a:1 AND(b:2)", "a:1 |(b:2)", "a.b.c:1", "a.b-c:1", "a.1:1", "a.é:1"),
    *("~(a:1)", "not (a:1)", 'a:"x,y"', "a:{{ f(1,2) }}", "a.9b:1", "(a:1)|b :2", "a:1 and(b:2)", "a..b:1", "a.b/c:1"),
}


@pytest.mark.spec("2:3", "2:9", "2:10", "2:11", "2:12", "2:13", "2:15", "2:16", "2:17", "2:23", "2:24", "2:25")
@pytest.mark.parametrize(("query", "expected"), READ)
def test_a_query_that_polyaxon_reads_has_the_same_tree(query: str, expected: Any) -> None:
    if query in REFUSED_LATER:
        with pytest.raises(InvalidQuery):
            parse_query(query)
    elif query in CONTROL:
        assert isinstance(parse_query(query).root, AndNode)
    elif "_any_" in query and expected == ["a", "_any_"]:
        assert parse_query(query).root is None
    else:
        assert tree(parse_query(query).root, query) == expected


@pytest.mark.spec("2:4", "2:14", "2:18", "2:19", "2:20", "2:29", "2:30")
@pytest.mark.parametrize("query", UNREAD)
def test_a_query_that_polyaxon_cannot_read_is_refused_or_an_extension(query: str) -> None:
    if query in OURS:
        assert parse_query(query).root is not None
        return
    with pytest.raises(InvalidQuery) as caught:
        parse_query(query)
    assert all(problem.position is not None for problem in caught.value.problems)


OPERANDS = [
    (kind, operand, answer)
    for kind, rows in CASES["operands"].items()
    for operand, *answer in rows
    if answer != [None] and operand != "_any_" and "," not in operand
]


def agrees(kind: str, operand: str, answer: list[Any], negated: bool, test: Test) -> bool:
    op, was_negated, given = answer
    texts = kind in ("text", "fixed", "membership")
    match test:
        case IsNil():
            return op == "nil" and negated == was_negated
        case Compare():
            asked = FLIPPED[op] if was_negated else op
            same = kind == "datetime" or (test.value == given if isinstance(given, str) else float(test.value) == given)
            return test.op == asked and not negated and same
        case Within():
            return op in ("=", "..") and negated == was_negated
        case Like():
            sign = {"contains": "%%", "prefix": "_%", "suffix": "%_"}[test.kind]
            return op == sign and negated == was_negated and test.text == str(given).casefold()
        case OneOf():
            wanted = given if op == "|" else [given]
            if negated != was_negated or op not in ("=", "|"):
                return False
            if texts:  # numbers and booleans stay the texts they are written as
                written = operand.strip().removeprefix("~").strip()
                parts = [part.strip() for part in written.split("|") if part.strip()] if op == "|" else [written]
                return list(test.values) == [part.strip('"') for part in parts]
            if kind in ("cpu", "memory"):
                return [float(value) for value in test.values] == [float(value) for value in wanted]
            if kind == "boolean":
                return len(test.values) == 1
            return [(type(value), value) for value in test.values] == [(type(value), value) for value in wanted]
        case Between():
            return False


# kind → reason → operands whose answer is another one here. Nothing else may differ.
DIFFERENT: dict[str, dict[str, set[str]]] = {
    "value": {
        "nil is an alternative (ours)": {"a|nil", "nil|a", "nil|nil"},
        "a value is missing": {"=>", ">", "<", "<="},
        "patterns of texts (ours)": {
            *(
                "%a",
                "a%",
                "%a%",
                "~%a%",
                "% a %",
                "%1%",
                "%.9",
                "%a b%",
                "%A%",
                "~%a",
                "~a%",
                "100%",
                "%1",
                "1%",
                "nil%",
            ),
        },
        "no pattern": {"%", "%%", "%a%b", "a%b%", "%a%b%", "~%", "%%a", "a%%", "%a%%"},
        "patterns stand alone": {"%a|b", "a|%b", "%a%|b", "a%|b%", "%|a", "50%|60%"},
        "nan and inf are refused": {"inf", "nan", "Infinity", "NaN"},
        "else text": {'{"a":1}'},
        "booleans have no order": {">true"},
        "quotes may hold anything (ours)": {'"a|b"'},
    },
    "fixed": {"nil is an alternative (ours)": {"nil|nil", "a|nil", "nil|a"}, "quotes (ours)": {'"a|b"'}},
    "text": {
        "nil is an alternative (ours)": {"nil|nil", "a|nil", "nil|a"},
        "patterns stand alone": {"%a|b", "a|%b", "%a%|b", "a%|b%", "%|a", "50%|60%"},
        "quotes may hold anything (ours)": {'"a|b"'},
    },
    "number": {
        "always a number (differs)": {
            *(".9", "-.5", "+1", '"1"', "1.", "01", "00", "<.5", "<+1", "=<.5", '<"1"'),
        },
        "not a number": {"1_000", "inf", "nan", "Infinity", "NaN", "true", "false", "1e400", ">true", "~true"},
    },
    "membership": {
        "nil is an alternative (ours)": {"nil|nil", "a|nil", "nil|a"},
        "takes no patterns": {
            *(
                "%a",
                "a%",
                "%a%",
                "%",
                "%%",
                "%a%b",
                "a%b%",
                "%a%b%",
                "~%a%",
                "% a %",
                "%a|b",
                "a|%b",
                "%1%",
                "%.9",
                "~%",
            ),
            *(
                "%a b%",
                "%A%",
                "~%a",
                "~a%",
                "%a%|b",
                "a%|b%",
                "%|a",
                "100%",
                "50%|60%",
                "%1",
                "1%",
                "%%a",
                "a%%",
                "%a%%",
            ),
            "nil%",
        },
        "takes no comparisons": {
            *("<1", "< 1", "<=1", "=<1", ">1", ">=1", "=>1", "~<1", "~ < 1", "~>=1", "=>", ">", "<>1", "><1", "<500m"),
        },
        "quotes may hold anything (ours)": {'"a|b"'},
    },
    "cpu": {
        "not a number": {"1_000", "true", "false", ">true", "~true"},
        "M is a million, as in Kubernetes": {"2M"},
    },
    "boolean": {"only the words listed": {"1.0", "-0", "0.0", "y", "n", "t", "f"}},
}
DATES = ("2020-", "last_month", "~last_month", "<2020", "<=2020", "=<2020", ">2020", ">=2020", "~2020", "~>2020")


@pytest.mark.spec(
    "2:34", "2:38", "2:39", "2:40", "2:43", "2:44", "2:45", "2:46", "2:48", "2:49", "2:50", "2:53", "2:56"
)
@pytest.mark.parametrize(("kind", "operand", "answer"), OPERANDS)
def test_an_operand_that_polyaxon_reads_means_the_same(kind: str, operand: str, answer: list[Any]) -> None:
    if kind == "datetime" and answer[0] != "nil" and not operand.strip().startswith(DATES):
        if operand not in ("today", "last_7_days"):  # ours; for the rest, it hands any text to its database
            _refused(kind, operand)
        return
    if kind == "memory" and ("m" in operand or answer[2] != _number(operand)):
        return  # [differs: 500m was a million times as much, and every text that is no number was 0]
    reasons = [reason for reason, operands in DIFFERENT.get(kind, {}).items() if operand in operands]
    try:
        root = check_query(f"{FIELDS[kind]}: {operand}", now=0).root
    except InvalidQuery:
        assert reasons, f"refused here, {answer} there"
        return
    assert isinstance(root, Predicate)
    assert agrees(kind, operand, answer, root.negated, root.test) is not bool(reasons), (root, answer)


def _refused(kind: str, operand: str) -> None:
    with pytest.raises(InvalidQuery):
        check_query(f"{FIELDS[kind]}: {operand}", now=0)


def _number(operand: str) -> float | None:
    """The bytes that the operand writes, read independently: digits and a binary or decimal suffix."""
    text = operand.strip().lstrip("~<>= ").strip().strip('"')
    scales = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40, "g": 10**9, "k": 10**3}
    for suffix, scale in scales.items():
        if text.lower().endswith(suffix):
            text, factor = text[: -len(suffix)], scale
            break
    else:
        factor = 1
    try:
        return float(text) * factor if "_" not in text else None
    except ValueError:
        return None
