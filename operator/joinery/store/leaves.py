"""The sources of values: where the values of a field stand, as a set of runs and as a test of one run.

A leaf is always the positive question, "has the run a value that passes the test?"; its complement is for the
formula around it. Source: spec 2, *Fields*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    select,
)

from joinery.pql.ast import IsNil, Like, OneOf, Test
from joinery.store.columns import passes
from joinery.store.dialects import id_in
from joinery.store.kinds import TEXT
from joinery.store.matching import Columns, matches
from joinery.store.scope import KnownKey, Scope
from joinery.store.tables import is_searched, run, value

RunId = ColumnElement[int]

# Made once: an alias costs as much as the rest of a small statement. What lists runs and what tests one of them are
# never the same table.
DRIVING, TESTED = value.alias("driving"), value.alias("tested")


def _exists(*conditions: ColumnElement[bool], in_turn: bool) -> ColumnElement[bool]:
    """That a row is there. ``in_turn`` has PostgreSQL look for it run by run: an offset, even of none, keeps it from
    making a join or a table of all such rows, which it thinks is quicker whatever the limit."""
    found = select(literal(1)).where(*conditions)
    return exists(found.offset(literal_column("0")) if in_turn else found)


@dataclass(frozen=True, slots=True, eq=False)
class ValueLeaf:
    """Runs with a value under a key that passes ``test`` (None: any value). ``single``: at most one value a run."""

    key: KnownKey
    test: Test | None
    single: bool = True
    kinds: tuple[int, ...] = ()  # only values of these kinds, where any are named
    failing: bool = False  # the values that do not pass the test instead

    def condition(self, table: FromClause) -> ColumnElement[bool]:
        """The condition on an alias of ``value``."""
        return and_(table.c.key == self.key.id, *self.beyond_key(table))

    def beyond_key(self, table: FromClause) -> list[ColumnElement[bool]]:
        """The condition on an alias of ``value`` that stands on this key already."""
        found = matches(self.test, Columns.of(table, long_texts=self.key.long_texts))
        conditions = [] if found is None else [not_(found) if self.failing else found]
        if self.kinds:
            conditions.append(table.c.kind.in_(self.kinds))
        return conditions

    def runs(self) -> Select[Any]:
        """The runs, each once."""
        found = select(DRIVING.c.run).where(self.condition(DRIVING))
        return found if self.single else found.distinct()

    def holds(self, run_id: RunId, *, in_turn: bool = False) -> ColumnElement[bool]:
        """That the run is one of them."""
        return _exists(TESTED.c.run == run_id, self.condition(TESTED), in_turn=in_turn)

    def most(self) -> int:
        """At most so many runs."""
        return self.key.total


@dataclass(frozen=True, slots=True, eq=False)
class RunLeaf:
    """Runs whose own row passes a condition: uuid, created_at, whole maps, given ids."""

    scope: Scope
    make: Callable[[FromClause], ColumnElement[bool]]  # of `run` or an alias of it
    few: bool = False
    ranged: bool = False  # an index has them in a row

    def runs(self) -> Select[Any]:
        """The runs, each once."""
        r = run.alias()
        return select(r.c.id.label("run")).where(r.c.space == self.scope.space, is_searched(r), self.make(r))

    def holds(self, run_id: RunId, *, in_turn: bool = False) -> ColumnElement[bool]:
        """That the run is one of them."""
        if run_id is run.c.id:
            return func.coalesce(self.make(run), false())
        r = run.alias()
        return _exists(r.c.id == run_id, is_searched(r), self.make(r), in_turn=in_turn)

    def most(self) -> int:
        """At most so many runs."""
        return 1 if self.few else self.scope.runs


@dataclass(frozen=True, slots=True, eq=False)
class IdLeaf:
    """Given runs, by id: searched runs of the namespace."""

    scope: Scope
    ids: tuple[int, ...]

    def runs(self) -> Select[Any]:
        """The runs, each once."""
        r = run.alias()
        return select(r.c.id.label("run")).where(id_in(self.scope.connection, r.c.id, self.ids))

    def holds(self, run_id: RunId) -> ColumnElement[bool]:
        """That the run is one of them."""
        return run_id == self.ids[0] if len(self.ids) == 1 else id_in(self.scope.connection, run_id, self.ids)

    def most(self) -> int:
        """At most so many runs."""
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class LinkLeaf:
    """Runs that another run of the namespace stands in a relation to, where that other one passes a test.

    ``edge`` is the key whose texts are uuids. Forwards (``pipeline.name``) the run names the other; backwards
    (``downstream``) the other names the run. The test is of the other's uuid or of its name.
    """

    scope: Scope
    edge: KnownKey
    test: Test | None
    by_name: bool
    backwards: bool

    def runs(self) -> Select[Any]:
        """The runs, each once."""
        found, edge, this = self._others()
        if self.backwards:
            return select(this.c.id.label("run")).where(*found).distinct()
        return select(edge.c.run).where(*found).distinct()

    def holds(self, run_id: RunId, *, in_turn: bool = False) -> ColumnElement[bool]:
        """That the run is one of them."""
        found, edge, this = self._others()
        return _exists((this.c.id if self.backwards else edge.c.run) == run_id, *found, in_turn=in_turn)

    def most(self) -> int:
        """At most so many runs."""
        return self.edge.total

    def _others(self) -> tuple[list[ColumnElement[bool]], FromClause, FromClause]:
        """The joined conditions, the edge, and the run that the edge's uuid is of."""
        edge, target = value.alias(), run.alias()
        found: list[ColumnElement[bool]] = [
            edge.c.key == self.edge.id,
            edge.c.kind == TEXT,
            edge.c.head == target.c.uuid,
            target.c.space == self.scope.space,
            is_searched(target),
        ]
        other = target
        if self.backwards:
            other = run.alias()
            found.append(other.c.id == edge.c.run)
        return [*found, passes("name" if self.by_name else "uuid", self.test, other)], edge, target


Leaf = ValueLeaf | RunLeaf | IdLeaf | LinkLeaf


def column_leaf(scope: Scope, field: str, test: Test | None) -> RunLeaf:
    """Runs by a field that stands in a column of ``run``; ``test`` None asks for presence."""
    return RunLeaf(
        scope,
        lambda table: passes(field, test, table),
        few=field == "uuid" and isinstance(test, OneOf) and len(test.values) <= 1,
        ranged=test is not None and not (isinstance(test, Like) and test.kind != "prefix"),
    )


def map_leaf(scope: Scope, bit: int) -> RunLeaf:
    """Runs that have a whole map."""
    return RunLeaf(scope, lambda table: table.c.maps.bitwise_and(bit) != 0)


def is_nil(test: Test) -> bool:
    """Whether a test asks for absence."""
    return isinstance(test, IsNil)
