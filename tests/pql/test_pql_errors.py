"""The texts of errors, with their carets, as a person sees them: ``errors.txt`` holds each query and what it gives.

After a change on purpose, ``python tests/pql/test_pql_errors.py`` writes the file anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from joinery.pql import check_query, check_sort
from joinery.problems import InvalidQuery

GOLDEN = Path(__file__).parent / "errors.txt"
NOW = 1_780_000_000_000_000
QUERIES = [
    *(
        " ",
        "status",
        "status succeeded, kind: job",
        "status:",
        "status: , kind: job",
        ": failed",
        "kind: job,",
        ",kind: job",
    ),
    *(
        "kind: job,, name: a",
        "kind: job and",
        "or kind: job",
        "kind: job and or name: a",
        "(kind: job",
        "kind: job)",
        "()",
    ),
    *(
        "kind: job ()",
        "metrics.loss <0.1, kind = job or status != failed",
        "not status: failed",
        "status: not failed",
        "status in (failed, running)",
        "name: model (v2)",
        "(kind: job) name: a",
        "name: a|",
        "name: |",
        "metrics.loss: <",
        "~kind: job",
    ),
    *(
        'name: "abc',
        'name: "a" b',
        'name: "\\x"',
        "name: {{ x",
        "name: {{ }}",
        "metrics.: 1",
        "metrics.loss[mn]: 1",
        "metrics[min]: 1",
    ),
    *(
        "metrics.loss[min: 1",
        "inputs.x[min]: 1",
        "statsu: failed",
        "loss: <1",
        "user.uuid: x",
        "agent: a",
        "live_state: 0",
    ),
    *(
        "status: sucess",
        "status: foo",
        "status: succeeded kind: job",
        "metrics.loss: <abc",
        "metrics.loss: <1|2",
        "metrics.loss: =1",
    ),
    *(
        "metrics.loss: nan",
        "metrics.loss: 1e400",
        "metrics.loss: -1...5",
        "metrics.loss: null",
        "metrics: 1",
        "tags: <a",
        "name: >=a",
        "name: a..b",
        "name: %a%b%",
        "name: %",
    ),
    *("name: %a|b", "memory: 500m", "memory: 1Zi", "duration: 10x", "uuid: 12", "uuid: %6f", "meta_flags.a: maybe"),
    *(
        "created_at: soon",
        "created_at: 2026-01-01|2026-01-02",
        "created_at: >last_7_days",
        "created_at: 2026-01-01..",
        "inputs.x: >true",
    ),
    *("inputs.x: nan", "inputs.x: %a|b", "labels: x", "loss: <1, status: foo, tags: <a", "[a]: 1"),
]
SORTS = ["--name", "+name", "name,,kind", "name desc", "metric.loss", "tags", "metrics", "in.x, inputs.x", "-", "agent"]


def told() -> str:
    parts = [f"query: {query}\n{_answer(query)}\n" for query in QUERIES]
    parts += [f"sort: {sort}\n{_sort_answer(sort)}\n" for sort in SORTS]
    return "\n".join(parts)


def _answer(query: str) -> str:
    with pytest.raises(InvalidQuery) as caught:
        check_query(query, now=NOW)
    return str(caught.value)


def _sort_answer(sort: str) -> str:
    with pytest.raises(InvalidQuery) as caught:
        check_sort(sort)
    return str(caught.value)


@pytest.mark.spec("2:29", "2:30", "2:83", "2:84", "2:93", "1:136", "1:137")
def test_errors_read_as_they_did() -> None:
    assert told() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(told(), encoding="utf-8")
