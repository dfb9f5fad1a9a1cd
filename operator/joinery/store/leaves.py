"""The sources of values: where the values of a field stand, as a set of runs and as a test of one run.

A leaf is always the positive question, "has the run a value that passes the test?"; its complement is for the
formula around it. Of a test it has the shape, and the names under which its values are bound: two leaves are equal
where they are one piece of SQL. Source: spec 2, *Fields*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    select,
)

from joinery.pql.ast import Like, OneOf, Test
from joinery.store.columns import column_shape, passes
from joinery.store.dialects import bindable_list, id_in, is_postgresql
from joinery.store.kinds import TEXT
from joinery.store.matching import Columns, matches, of_kinds
from joinery.store.scope import KnownKey, Scope
from joinery.store.shapes import Shape, shape_of
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


@dataclass(frozen=True, slots=True)
class ValueLeaf:
    """Runs with a value under a key that passes a test (``shape`` None: any value). ``single``: at most one a run.

    ``most``: at most so many runs, of every leaf.
    """

    key: int
    shape: Shape | None
    names: tuple[str, ...] = ()
    long_texts: bool = False
    single: bool = True
    kinds: tuple[int, ...] = ()  # only values of these kinds, where any are named
    failing: bool = False  # the values that do not pass the test instead
    most: int = field(default=0, compare=False)

    def condition(self, table: FromClause) -> ColumnElement[bool]:
        """The condition on an alias of ``value``."""
        return and_(table.c.key == self.key, *self.beyond_key(table))

    def beyond_key(self, table: FromClause) -> list[ColumnElement[bool]]:
        """The condition on an alias of ``value`` that stands on this key already."""
        conditions = []
        if self.shape is not None:
            found = matches(self.shape, Columns.of(table, long_texts=self.long_texts), self.names)
            conditions.append(not_(found) if self.failing else found)
        if self.kinds:
            conditions.append(of_kinds(table.c.kind, self.kinds))
        return conditions

    def runs(self) -> Select[Any]:
        """The runs, each once."""
        found = select(DRIVING.c.run).where(self.condition(DRIVING))
        return found if self.single else found.distinct()

    def holds(self, run_id: RunId, *, in_turn: bool = False) -> ColumnElement[bool]:
        """That the run is one of them."""
        return _exists(TESTED.c.run == run_id, self.condition(TESTED), in_turn=in_turn)


@dataclass(frozen=True, slots=True)
class RunLeaf:
    """Runs whose own row passes a condition: a test of a column, or that it has whole maps (bits)."""

    space: int
    column: str = ""
    shape: Shape | None = None
    names: tuple[str, ...] = ()
    maps: int = 0
    ranged: bool = False  # an index has them in a row
    most: int = field(default=0, compare=False)

    def make(self, table: FromClause) -> ColumnElement[bool]:
        """The condition on ``run`` or an alias of it."""
        if self.maps:
            return table.c.maps.bitwise_and(self.maps) != 0
        return passes(self.column, self.shape, self.names, table)

    def runs(self) -> Select[Any]:
        """The runs, each once."""
        r = run.alias()
        return select(r.c.id.label("run")).where(r.c.space == self.space, is_searched(r), self.make(r))

    def holds(self, run_id: RunId, *, in_turn: bool = False) -> ColumnElement[bool]:
        """That the run is one of them."""
        if run_id is run.c.id:
            return func.coalesce(self.make(run), false())
        r = run.alias()
        return _exists(r.c.id == run_id, is_searched(r), self.make(r), in_turn=in_turn)


@dataclass(frozen=True, slots=True)
class IdLeaf:
    """Given runs, by id: searched runs of the namespace."""

    name: str
    alone: bool
    postgresql: bool
    ids: tuple[int, ...] = field(compare=False)

    @property
    def most(self) -> int:
        return len(self.ids)

    def runs(self) -> Select[Any]:
        """The runs, each once."""
        r = run.alias()
        return select(r.c.id.label("run")).where(self.holds(r.c.id))

    def holds(self, run_id: RunId) -> ColumnElement[bool]:
        """That the run is one of them."""
        if self.alone:
            return run_id == bindparam(self.name, type_=BigInteger())
        return id_in(run_id, self.name, postgresql=self.postgresql)


@dataclass(frozen=True, slots=True)
class LinkLeaf:
    """Runs that another run of the namespace stands in a relation to, where that other one passes a test.

    ``edge`` is the key whose texts are uuids. Forwards (``pipeline.name``) the run names the other; backwards
    (``downstream``) the other names the run. The test is of the other's uuid or of its name.
    """

    space: int
    edge: int
    column: str
    shape: Shape | None
    names: tuple[str, ...]
    backwards: bool
    most: int = field(default=0, compare=False)

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

    def _others(self) -> tuple[list[ColumnElement[bool]], FromClause, FromClause]:
        """The joined conditions, the edge, and the run that the edge's uuid is of."""
        edge, target = value.alias(), run.alias()
        found: list[ColumnElement[bool]] = [
            edge.c.key == self.edge,
            edge.c.kind == TEXT,
            edge.c.head == target.c.uuid,
            target.c.space == self.space,
            is_searched(target),
        ]
        other = target
        if self.backwards:
            other = run.alias()
            found.append(other.c.id == edge.c.run)
        return [*found, passes(self.column, self.shape, self.names, other)], edge, target


Leaf = ValueLeaf | RunLeaf | IdLeaf | LinkLeaf


def value_leaf(
    scope: Scope,
    key: KnownKey,
    test: Test | None,
    *,
    single: bool = True,
    kinds: tuple[int, ...] = (),
    failing: bool = False,
) -> ValueLeaf:
    """Runs with a value under a key; ``test`` None asks for presence."""
    shape, values = shape_of(test, long_texts=key.long_texts)
    names = scope.bind(values)
    return ValueLeaf(key.id, shape, names, key.long_texts, single, kinds, failing, most=key.total)


def column_leaf(scope: Scope, column: str, test: Test | None) -> RunLeaf:
    """Runs by a field that stands in a column of ``run``; ``test`` None asks for presence."""
    shape, values = column_shape(column, test)
    one = column == "uuid" and isinstance(test, OneOf) and len(test.values) <= 1
    ranged = test is not None and not (isinstance(test, Like) and test.kind != "prefix")
    return RunLeaf(scope.space, column, shape, scope.bind(values), ranged=ranged, most=1 if one else scope.runs)


def map_leaf(scope: Scope, bit: int) -> RunLeaf:
    """Runs that have a whole map."""
    return RunLeaf(scope.space, maps=bit, most=scope.runs)


def id_leaf(scope: Scope, ids: tuple[int, ...]) -> IdLeaf:
    """Given runs, one at least."""
    connection, alone = scope.connection, len(ids) == 1
    [name] = scope.bind([ids[0] if alone else bindable_list(connection, ids)])
    return IdLeaf(name, alone, is_postgresql(connection), ids)


def link_leaf(scope: Scope, edge: KnownKey, test: Test | None, *, by_name: bool, backwards: bool) -> LinkLeaf:
    """Runs by a run that they stand in a relation to."""
    column = "name" if by_name else "uuid"
    shape, values = column_shape(column, test)
    return LinkLeaf(scope.space, edge.id, column, shape, scope.bind(values), backwards, most=edge.total)
