"""What is valid and yet most likely not meant: warnings of an operation that need no run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from joinery.joins.plan import Join, Plan
from joinery.joins.values import RunPath
from joinery.pql import query_problems
from joinery.pql.parser import read_query
from joinery.problems import JoineryError, Problem

_MINUS = re.compile(r"-(?:inputs|outputs|metrics|artifacts|io|globals)\.")


def _query_warnings(join: Join) -> Iterator[Problem]:
    """What the text of a query alone gives reason to say: a comma that seems forgotten."""
    try:
        query, _ = read_query(join.query)
        texts = query_problems(query, now=0)[1]
    except JoineryError:
        return  # said as an error
    for text in texts:
        yield Problem(message=text, path=f"{join.path}.query", rule="query-text")


def plan_warnings(plan: Plan) -> Iterator[Problem]:
    """Params that a join overrides; keys that look like a subtraction; waits that have no end or no sense."""
    given = plan.given_by_joins()
    for name, param in plan.params.items():
        if name in given:
            yield Problem(
                message=f"`{name}` is given by {given[name][0].path} too, which overrides it",
                path=param.path,
                rule="overridden-param",
            )
    for join in plan.joins:
        yield from _query_warnings(join)
        for one in join.params.values():
            if isinstance(one.expression, RunPath) and one.expression.key and _MINUS.search(one.expression.key):
                yield Problem(
                    message=f"`{one.expression}` is read as one key, dashes and all",
                    path=f"{one.path}.value",
                    rule="dash-in-key",
                    hint="for a difference, write spaces around the minus sign",
                )
        if join.wait_for and not join.min_runs:
            yield Problem(
                message="`waitFor` without `minRuns` waits for nothing",
                path=f"{join.path}.waitFor",
                rule="wait-without-min",
            )
