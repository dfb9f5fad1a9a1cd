"""Statements that every search executes. They are compiled once and go straight to the driver: SQLAlchemy's own way to
execute one takes several times what the database takes for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Select


class Prepared:
    """A statement of texts and integers alone, in and out: neither driver converts those.

    ``make`` gives it for one database: True for PostgreSQL, False for SQLite. Its parameters have names.
    """

    def __init__(self, make: Callable[[bool], Select[Any]]) -> None:
        self._make = make
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, with these values of the parameters."""
        text, order = self._compiled.get(connection.dialect.name) or self._compile(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, values if order is None else [values[name] for name in order])
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def _compile(self, connection: Connection) -> tuple[str, list[str] | None]:
        dialect = connection.dialect
        compiled = self._make(dialect.name == "postgresql").compile(dialect=dialect)
        found = compiled.string, getattr(compiled, "positiontup", None)
        self._compiled[dialect.name] = found
        return found
