"""How a database is opened, and what a reader and a writer may do at once.

* SQLite in memory: one connection that every thread takes in turn, so that each search and each batch of writes
  is of one instant.
* SQLite in a file: WAL; readers see the instant their transaction began at, while one writer writes.
* PostgreSQL: the same, by REPEATABLE READ.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

_STATEMENTS_REMEMBERED = 1_000
# Pages are read where the system has them, and not copied into SQLite's own 2 MB: a page of runs is all over the file.
_MAPPED = f"PRAGMA mmap_size={2**30}"


class Database:
    """An engine with the rules above."""

    def __init__(self, engine: Engine, *, in_turn: bool) -> None:
        self.engine = engine
        self._in_turn: AbstractContextManager[Any] = threading.RLock() if in_turn else nullcontext()
        self._writing = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one instant."""
        with self._in_turn, self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept when the block ends well, and undone when it does not."""
        with self._writing, self._in_turn, self.engine.connect() as connection, connection.begin():
            yield connection


def in_memory() -> Database:
    """A new, empty SQLite database in memory."""
    engine = create_engine(
        "sqlite://",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "cached_statements": 512},
        query_cache_size=_STATEMENTS_REMEMBERED,
    )
    _begin_by_hand(
        engine, "BEGIN", ("PRAGMA page_size=16384", "PRAGMA temp_store=MEMORY", "PRAGMA journal_mode=MEMORY")
    )
    return Database(engine, in_turn=True)


def from_url(url: str) -> Database:
    """A database by its URL: ``sqlite:///FILE`` or ``postgresql+psycopg://…``."""
    if url in ("sqlite://", "sqlite:///:memory:"):
        return in_memory()
    if url.startswith("sqlite"):
        engine = create_engine(url, query_cache_size=_STATEMENTS_REMEMBERED)
        pragmas = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA busy_timeout=30000", _MAPPED)
        _begin_by_hand(engine, "BEGIN", pragmas)
        return Database(engine, in_turn=False)
    engine = create_engine(
        url, isolation_level="REPEATABLE READ", pool_pre_ping=True, query_cache_size=_STATEMENTS_REMEMBERED
    )
    return Database(engine, in_turn=False)


def _begin_by_hand(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    """Python's sqlite3 begins transactions only before writes: then two reads are of two instants."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
