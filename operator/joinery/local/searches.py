"""One search as a person writes it, checked whole: query, sort, selector, limit and offset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.api.v1alpha1.limits import whole_number
from joinery.local.language import text_of
from joinery.local.selectors import read_selector
from joinery.problems import InvalidQuery, Problem
from joinery.runs.search import PARTS, SearchRequest


def search_request(
    query: str,
    *,
    sort: str,
    limit: int | str | None,
    offset: int | str,
    namespace: str,
    selector: str | Mapping[str, Any] | None,
    now: int,
) -> SearchRequest:
    """Check all of it. Raises InvalidQuery with every problem of query, sort, selector, limit and offset."""
    from joinery import pql

    problems: list[Problem] = []
    most = None if limit is None else _count(limit, "limit", problems)
    if most is not None and most < 1:
        problems.append(Problem(message=f"is {most}, and must be at least 1", path="limit", rule="limit"))
    skipped = _count(offset, "offset", problems)
    if skipped < 0:
        problems.append(Problem(message=f"is {skipped}, and must not be negative", path="offset", rule="offset"))
    parts: list[Any] = []
    for path, read in (
        ("query", lambda: pql.check_query(text_of(query, "a query"), now=now)),
        ("sort", lambda: pql.check_sort(text_of(sort, "a sort"))),
        ("", lambda: read_selector(selector)),
    ):
        try:
            parts.append(read())
        except InvalidQuery as error:
            problems += [problem if problem.path else problem.at(path) for problem in error.problems]
    if problems:
        raise InvalidQuery(problems)
    checked, order, labels = parts
    return SearchRequest(
        namespace=namespace,
        query=checked,
        sort=order,
        limit=most,
        offset=skipped,
        selector=labels,
        parts=frozenset(PARTS),
    )


def _count(value: int | str, what: str, problems: list[Problem]) -> int:
    """A whole number, or its digits as text, as joins take them; anything else is a problem."""
    if isinstance(value, str) and (number := whole_number(value)) is not None:
        return number
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    problems.append(Problem(message=f"is no whole number: {value!r:.80}", path=what, rule=what))
    return 1
