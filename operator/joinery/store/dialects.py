"""What differs between SQLite and PostgreSQL: bulk inserts, and membership in a long list of ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, FromClause, Table, any_, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import BigInteger, Integer, Text

from joinery.store.indexing import Values
from joinery.store.tables import SQLITE_STATISTICS, value

Rows = Sequence[tuple[Any, ...]]


class Position(GenericFunction[int]):
    """Where the second text begins in the first, counted from 1; 0 where it does not."""

    type = Integer()
    name = "joinery_position"
    inherit_cache = True


@compiles(Position, "sqlite")
def _position_sqlite(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(Position, "postgresql")
def _position_postgresql(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def is_postgresql(connection: Connection) -> bool:
    """Whether the connection is to PostgreSQL; else it is SQLite."""
    return connection.dialect.name == "postgresql"


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert whole rows (every column, in order), by the quickest way the database has."""
    if not rows:
        return
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    cursor = connection.connection.cursor()
    try:
        if is_postgresql(connection):
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(table.columns))
            cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608
    finally:
        cursor.close()


# The two shapes that nearly all values have, with what is the same for all of a shape written into the statement.
_NUMBERS = 'INSERT INTO "value" ("key", kind, head, number, residue, ord, run, seq) VALUES (?, 1, \'\', ?, 0, ?, ?, 0)'
_TEXTS = (
    'INSERT INTO "value" ("key", kind, head, number, residue, ord, run, seq, folded) '
    "VALUES (?, 2, ?, 0.0, 0, ?, ?, 0, ?)"
)


def insert_values(connection: Connection, values: Values) -> None:
    """Insert rows of ``value``."""
    if is_postgresql(connection):
        insert_rows(connection, value, list(values.whole()))
        return
    cursor = connection.connection.cursor()
    try:
        # Key by key: neighbours go to the same pages, a quarter quicker. Sorting by value too takes what it gives.
        cursor.executemany(_NUMBERS, sorted(values.numbers, key=itemgetter(0)))
        cursor.executemany(_TEXTS, sorted(values.texts, key=itemgetter(0)))
    finally:
        cursor.close()
    insert_rows(connection, value, values.others)


def text_in(connection: Connection, column: ColumnElement[str], texts: Sequence[str]) -> ColumnElement[bool]:
    """``column IN (texts)`` as one bound value, however many there are."""
    if any("\0" in text for text in texts):
        return column.in_(texts)
    if is_postgresql(connection):
        return column == any_(bindparam(None, list(texts), type_=ARRAY(Text), unique=True))
    listed = func.json_each(orjson.dumps(list(texts)).decode()).table_valued("value")
    return column.in_(select(listed.c.value))


def bindable_list(connection: Connection, items: Iterable[Any]) -> Any:
    """Ids or texts as the one value that is bound for them, however many there are."""
    return list(items) if is_postgresql(connection) else orjson.dumps(list(items)).decode()


def id_in(column: ColumnElement[int], name: str, *, postgresql: bool) -> ColumnElement[bool]:
    """``column IN (ids)``; the ids are bound under a name, as a :func:`bindable_list`."""
    return _in_list(column, bindparam(name, type_=ARRAY(BigInteger) if postgresql else Text()), postgresql)


def name_in(column: ColumnElement[str], name: str, *, postgresql: bool) -> ColumnElement[bool]:
    """``column IN (texts)``; the texts, which databases can store, are bound under a name."""
    return _in_list(column, bindparam(name, type_=ARRAY(Text) if postgresql else Text()), postgresql)


def _in_list(column: ColumnElement[Any], items: ColumnElement[Any], postgresql: bool) -> ColumnElement[bool]:
    if postgresql:
        return column == any_(items)
    listed = func.json_each(items).table_valued("value")
    return column.in_(select(listed.c.value))


def listed_ids(name: str, *, postgresql: bool) -> FromClause:
    """A table of one column, ``run``, of ids that are bound under a name."""
    if postgresql:
        each = func.unnest(bindparam(name, type_=ARRAY(BigInteger))).column_valued("each")
        return select(each.label("run")).subquery()
    rows = func.json_each(bindparam(name, type_=Text())).table_valued(column("value", BigInteger))
    return select(rows.c.value.label("run")).subquery()


def guide_planner(connection: Connection) -> None:
    """Give SQLite the statistics it would find by ANALYZE in a large store. PostgreSQL gathers its own."""
    if is_postgresql(connection):
        return
    connection.exec_driver_sql("ANALYZE sqlite_schema")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", list(SQLITE_STATISTICS))
    connection.exec_driver_sql("ANALYZE sqlite_schema")
