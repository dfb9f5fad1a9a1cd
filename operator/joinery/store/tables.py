"""The tables, the same on SQLite and PostgreSQL.

* ``space``: the namespaces, with how many runs each has to search.
* ``run``: one row a Run, with the fields that every run has one of, and its parts as JSON, for projection. ``shadowed``
  is 1 for the younger of two Runs with one uuid: it is not searched, and has no values.
* ``key``: an integer for each (namespace, scope, name) that any run ever had, with how many values of each kind.
* ``value``: every other searched value of every run, in the order that sorts and comparisons need.
* ``damaged``: Runs that could not be read.

``ord`` is smaller for newer runs, so that ties come out of the index newest first. Two indexes serve all
values: ``value`` by key and value, and ``value`` by run and key. docs/performance.md has the plans.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    literal_column,
)

metadata = MetaData()

# Code point order on both: SQLite compares UTF-8 bytes, PostgreSQL does under the collation "C".
_TEXT = String().with_variant(Text(collation="C"), "postgresql")
# SQLite makes a column its row id only when it is called INTEGER.
_ID = BigInteger().with_variant(Integer, "sqlite")


class _Json(LargeBinary):
    """JSON as bytes. Both drivers give them as such: nothing is to be done with each."""

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """None: values are taken as they come."""


space = Table(
    "space",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("name", _TEXT, nullable=False, unique=True),
    Column("runs", Integer, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("space", _ID, nullable=False),
    Column("uid", _TEXT, nullable=False),
    Column("uuid", _TEXT, nullable=False),
    Column("name", _TEXT, nullable=False),
    Column("version", _TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("maps", SmallInteger, nullable=False),
    Column("shadowed", SmallInteger, nullable=False),
    Column("title", _TEXT),  # what PQL calls the name; null where it holds U+0000
    Column("folded", _TEXT),  # the case-folded title
    Column("updated", BigInteger),
    Column("started", BigInteger),
    Column("finished", BigInteger),
    Column("duration", Double),
    Column("wait", Double),
    # Last, so that what reads the columns before them never comes to these.
    Column("inputs", _Json),
    Column("outputs", _Json),
    Column("metrics", _Json),
    Column("artifacts", _Json),
    Column("rest", _Json, nullable=False),
    Index("run_uid", "uid", unique=True),
    Index("run_uuid", "space", "uuid"),
)


def is_searched(table: FromClause) -> ColumnElement[bool]:
    """That a row of ``run`` is searched."""
    found: ColumnElement[bool] = table.c.shadowed == literal_column("0")
    return found


_SHADOWED = run.c.shadowed == literal_column("1")
Index("run_shadowed", run.c.space, run.c.name, sqlite_where=_SHADOWED, postgresql_where=_SHADOWED)


def _searched_by(name: str, *columns: Any) -> Index:
    # Not an index of the searched ones alone: SQLite would look each up in the table to see that it is one.
    return Index(name, run.c.space, run.c.shadowed, *columns)


key = Table(
    "key",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("space", _ID, nullable=False),
    Column("scope", _TEXT, nullable=False),
    Column("name", _TEXT, nullable=False),
    Column("numbers", Integer, nullable=False),
    Column("texts", Integer, nullable=False),
    Column("booleans", Integer, nullable=False),
    Column("nans", Integer, nullable=False),
    Column("others", Integer, nullable=False),
    Column("long_texts", Integer, nullable=False),
    UniqueConstraint("space", "scope", "name", name="key_name"),
)

value = Table(
    "value",
    metadata,
    Column("key", _ID, primary_key=True),
    Column("kind", SmallInteger, primary_key=True),
    Column("head", _TEXT, primary_key=True),
    Column("number", Double, primary_key=True),
    Column("residue", Integer, primary_key=True),
    Column("ord", BigInteger, primary_key=True),
    Column("run", _ID, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("body", _TEXT),
    Column("folded", _TEXT),
    sqlite_with_rowid=False,
)
# Dropped for a bulk load and made after it. That by run comes last: it tells that all are there.
value_run = Index(
    "value_run", value.c.run, value.c.key, value.c.kind, value.c.head, value.c.number, value.c.residue, value.c.ord
)
MADE_AFTER_LOAD = (
    Index("run_name", run.c.space, run.c.name),
    _searched_by("run_created", run.c.created.desc(), run.c.uuid, run.c.maps),
    _searched_by("run_title", run.c.title, run.c.created.desc()),
    _searched_by("run_folded", run.c.folded),
    *(_searched_by(f"run_{name}", run.c[name]) for name in ("updated", "started", "finished", "duration", "wait")),
    value_run,
)


@event.listens_for(value, "after_create")
def _relate_columns(_: Table, connection: Connection, **__: Any) -> None:
    """A key has values of a kind or two, and few texts: PostgreSQL takes columns for independent unless it is told."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE STATISTICS value_together (dependencies, mcv) ON key, kind, head FROM value")


# What SQLite's planner should take for true at any size (as ANALYZE would write it): a key has very many values, a run
# has one of each key. Without it, it reads all values of a key to find one run's.
SQLITE_STATISTICS = (
    ("value", "value", "2000000 100000 50000 1000 2 2 1 1 1"),
    ("value", "value_run", "2000000 20 1 1 1 1 1"),
    ("run", "run_created", "100000 100000 100000 1 1 1"),
    ("run", "run_title", "100000 100000 100000 2 1"),
    *(
        ("run", f"run_{name}", "100000 100000 100000 2")
        for name in ("folded", "updated", "started", "finished", "duration", "wait")
    ),
    ("run", "run_uuid", "100000 100000 1"),
    ("run", "run_name", "100000 100000 1"),
    ("run", "run_uid", "100000 1"),
    ("run", "run_shadowed", "10 10 1"),
)

damaged = Table(
    "damaged",
    metadata,
    Column("uid", _TEXT, primary_key=True),
    Column("namespace", _TEXT, nullable=False, index=True),
    Column("name", _TEXT, nullable=False),
    Column("message", _TEXT, nullable=False),
)

state = Table(
    "state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", _TEXT, nullable=False),
)
