"""Statements that are made and compiled once for each shape, and go straight to the driver: making one, and
SQLAlchemy's own way to execute it, take several times what the database takes for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select

_MOST_REMEMBERED = 1_000_000  # characters of all statements of a kind; one may have a thousand
_LONGEST_REMEMBERED = 20_000  # characters: longer ones are rare, and take their time anyhow


@dataclass(frozen=True, slots=True)
class _Compiled:
    """``constants`` are what was written into the statement, by name; ``order`` of the names, where the driver wants
    a list."""

    text: str
    constants: Mapping[str, Any]
    order: tuple[str, ...] | None

    def bound(self, values: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them."""
        if self.order is None:
            return {**values, **self.constants}
        constants = self.constants
        return [constants[name] if name in constants else values[name] for name in self.order]


@dataclass(frozen=True, slots=True)
class Executed:
    """A statement as the driver got it, and the seconds until its first row."""

    text: str
    parameters: Any
    seconds: float


_watchers: list[list[Executed]] = []


@contextmanager
def watched() -> Iterator[list[Executed]]:
    """The statements that are executed meanwhile, of whichever store: for measuring and for looking at plans."""
    found: list[Executed] = []
    _watchers.append(found)
    try:
        yield found
    finally:
        _watchers.remove(found)


class Prepared:
    """A kind of statement whose values need no conversion, in or out.

    ``make`` gives one: it is told whether for PostgreSQL (else for SQLite), and its shape. It sees no values, as those
    of other executions follow: they are bound by the names of its parameters.
    """

    def __init__(self, make: Callable[..., Select[Any]]) -> None:
        self._make = make
        self._compiled: dict[Hashable, _Compiled] = {}
        self._remembered = 0

    def rows(self, connection: Connection, values: Mapping[str, Any], *shape: Hashable) -> list[tuple[Any, ...]]:
        """All rows of the statement of this shape, with these values of its parameters."""
        key = (connection.dialect.name, *shape)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compile(connection, shape)
            if len(compiled.text) <= _LONGEST_REMEMBERED:
                self._remembered += len(compiled.text)
                if self._remembered > _MOST_REMEMBERED:
                    self._compiled.clear()
                    self._remembered = len(compiled.text)
                self._compiled[key] = compiled
        parameters = compiled.bound(values)
        began = time.perf_counter()
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, parameters)
            for watcher in _watchers:
                watcher.append(Executed(compiled.text, parameters, time.perf_counter() - began))
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def _compile(self, connection: Connection, shape: tuple[Hashable, ...]) -> _Compiled:
        dialect = connection.dialect
        statement = self._make(dialect.name == "postgresql", *shape)
        compiled = statement.compile(dialect=dialect)
        if compiled.post_compile_params:
            raise TypeError(f"a part that is written anew for each execution: {compiled.string}")
        given = {name for bind, name in compiled.bind_names.items() if bind.required}
        constants = {name: value for name, value in compiled.params.items() if name not in given}
        order = getattr(compiled, "positiontup", None)
        return _Compiled(compiled.string, constants, None if order is None else tuple(order))
