"""A Search by itself: its query, sort, limit and offset. Source: spec 5, *Search*; spec 2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from joinery.joins.counts import check_count
from joinery.joins.limits import Limits
from joinery.pql import query_problems, query_templates, sort_problems, sort_templates
from joinery.pql.parser import read_query
from joinery.pql.sorts import read_sort
from joinery.pql.templates import Placed, token_problems
from joinery.problems import JoineryError, Problem

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import V1SearchSpec


def check_search(spec: V1SearchSpec, *, limits: Limits, now: int) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings. Names in templates are those of the operation whose join refers to it: not known here."""
    errors, warnings = list[Problem](), list[Problem]()
    try:
        query, report = read_query(spec.query)
        problems, texts = query_problems(query, now=now)
        errors += [
            problem.at("spec.query")
            for problem in (*report.problems, *problems, *_templates(query_templates(query), spec.query))
        ]
        warnings += [Problem(message=text, path="spec.query", rule="query-text") for text in texts]
    except JoineryError as error:
        errors += [problem.at("spec.query") for problem in error.problems]
    try:
        sort, report = read_sort(spec.sort or "")
        problems = sort_problems(sort)
        errors += [
            problem.at("spec.sort")
            for problem in (*report.problems, *problems, *_templates(sort_templates(sort), spec.sort or ""))
        ]
    except JoineryError as error:
        errors += [problem.at("spec.sort") for problem in error.problems]
    for what, written in (("limit", spec.limit), ("offset", spec.offset)):
        for problem in check_count(written, what=what, cap=limits.max_runs_per_join, known=None):
            errors.append(problem.at(f"spec.{what}"))
    return errors, warnings


def _templates(placed: Iterable[Placed], text: str) -> Iterator[Problem]:
    for one in placed:
        yield from token_problems(one.token, text, None)
