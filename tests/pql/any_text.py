"""Any text at all, made of the pieces that queries are made of, and any value that a template may give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from joinery.problems import InvalidQuery, Problem

NOW = 1_780_000_000_000_000


# Pieces that queries are made of, put together without sense: most of the parser's turns are a few draws away.
PIECES = st.sampled_from(
    [
        *(
            "status",
            "metrics.loss",
            "inputs.x",
            "tags",
            "created_at",
            "name",
            "uuid",
            "memory",
            "a",
            "nil",
            "_any_",
            "live_state",
        ),
        *(
            ":",
            ":",
            ":",
            ",",
            "(",
            ")",
            "|",
            "~",
            "~(",
            "not (",
            "%",
            "..",
            "<",
            "<=",
            "=>",
            ">",
            "=",
            " ",
            " ",
            "\n",
            "and",
            " or ",
        ),
        *(
            "1",
            ".5",
            "1e400",
            "2026-01-01",
            "last_7_days",
            "-7d",
            "10m",
            "500m",
            "true",
            "succeeded",
            "6f1c",
            "nan",
            "x y",
        ),
        *(
            '"',
            '"a"',
            '"a, b"',
            "\\",
            "\\u00e9",
            "[min]",
            "[",
            "]",
            "{{",
            "}}",
            "{{ x }}",
            "{{ 'a' }}",
            "{",
            "}",
            "é",
            "😀",
            "\0",
        ),
    ]
)


TEXTS = st.one_of(
    st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join), st.lists(PIECES, max_size=10).map(" ".join)
)


def problems_of(work: Callable[[], Any]) -> tuple[Problem, ...]:
    """What ``work`` finds wrong; nothing when it has an answer. Any other exception is a failure of the test."""
    try:
        work()
    except InvalidQuery as error:
        return error.problems
    return ()


KEYS = st.text(min_size=1, max_size=12)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
