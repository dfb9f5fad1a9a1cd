"""Every test of the store runs on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from joinery.store import SqlStore
from worlds_of_runs import Searcher


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[SqlStore]:
    """An empty store."""
    in_memory = request.param == "sqlite"
    made = SqlStore.in_memory() if in_memory else SqlStore.open(request.getfixturevalue("postgres_url"))
    yield made
    made.close()


@pytest.fixture
def searcher(store: SqlStore) -> Searcher:
    """The store with short ways to fill and to ask it."""
    return Searcher(store)
