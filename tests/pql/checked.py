"""Queries as `check_query` reads them at one fixed instant: the one predicate, the problems, the warnings."""

from __future__ import annotations

import pytest

from joinery.pql import check_query
from joinery.pql.ast import (
    Predicate,
)
from joinery.problems import InvalidQuery, Problem

NOW = 1_780_000_000_123_456  # 2026-05-28T20:26:40.123456Z

UUID = "6f1c3b0a9d5e4c7f8a2b1c0d9e8f7a6b"


def one(text: str) -> Predicate:
    root = check_query(text, now=NOW).root
    assert isinstance(root, Predicate)
    return root


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidQuery) as caught:
        check_query(text, now=NOW)
    return caught.value.problems


def warnings(text: str) -> str:
    return "\n".join(check_query(text, now=NOW).warnings)
