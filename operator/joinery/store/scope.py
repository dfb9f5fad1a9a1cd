"""What one search knows before it starts: its namespace, the keys it needs with their counts, and its database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    false,
    literal_column,
    or_,
    select,
)

from joinery.pql.ast import All, Any_, Complement, Condition, FieldPath, Predicate
from joinery.runs.search import SearchRequest
from joinery.store.dialects import bindable_list, name_in
from joinery.store.kinds import KINDS, LONG_TEXT, ORDERED
from joinery.store.prepared import Prepared
from joinery.store.rows import DEFAULT_KIND, FIELD, LAST, NOTED, key_of
from joinery.store.tables import damaged, key, run, space, state


def _prelude(_: bool) -> Select[Any]:
    """All that is known beforehand: (id, runs, version, any damaged, any shadowed)."""
    here = select(space.c.id).where(space.c.name == bindparam("namespace")).scalar_subquery()
    return select(
        here,
        select(space.c.runs).where(space.c.name == bindparam("namespace")).scalar_subquery(),
        select(state.c.version).scalar_subquery(),
        exists(select(damaged.c.uid).where(damaged.c.namespace == bindparam("namespace"))),
        # By the name too, which all have: else SQLite takes whichever index of `run` comes first, not the small one.
        exists(select(run.c.id).where(run.c.space == here, run.c.shadowed == literal_column("1"), run.c.name >= "")),
    )


def _keys(postgresql: bool) -> Select[Any]:
    """The keys of one scope: by pairs of scope and name neither database uses the whole index."""
    listed = name_in(key.c.name, "names", postgresql=postgresql)
    return select(key).where(key.c.space == bindparam("space"), key.c.scope == bindparam("scope"), listed)


_PRELUDE, _KEYS = Prepared(_prelude), Prepared(_keys)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that runs have or had. ``counts`` are its values by kind."""

    id: int
    counts: dict[int, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def ordered(self) -> int:
        """How many values have an order."""
        return sum(self.counts[kind] for kind in ORDERED)

    @property
    def long_texts(self) -> bool:
        return self.counts[LONG_TEXT] > 0


@dataclass(frozen=True, slots=True)
class Scope:
    """``runs`` counts the namespace's searched runs, whatever the selector and the exclusions; ``version`` is
    the newest resource version that was applied."""

    connection: Connection
    namespace: str
    space: int
    runs: int
    keys: dict[tuple[str, str], KnownKey]
    version: str = ""
    some_damaged: bool = False
    some_shadowed: bool = False
    values: dict[str, Any] = field(default_factory=dict)  # what statements of this search bind, by name

    def bind(self, values: Sequence[Any]) -> tuple[str, ...]:
        """Names for some values, one each."""
        first = len(self.values)
        names = tuple(f"s{first + n}" for n in range(len(values)))
        self.values.update(zip(names, values, strict=True))
        return names

    def key(self, field: FieldPath) -> KnownKey | None:
        """The key of a field; None where no run has a value of it."""
        own, shared = self.both_keys(field)
        return own or shared

    def default(self, field: FieldPath) -> str | None:
        """What a run without a value of the field has; None: nothing."""
        if field.key is not None:
            return None
        return {"kind": DEFAULT_KIND, "project": self.namespace}.get(field.name)

    def both_keys(self, field: FieldPath) -> tuple[KnownKey | None, KnownKey | None]:
        """The key of a field, and for outputs the one that they share with metrics: a run's value of the first
        goes before that of the second."""
        own = self.keys.get(key_of(field))
        shared = self.keys.get((LAST, field.key)) if field.name == "outputs" and field.key is not None else None
        return own if own and own.total else None, shared if shared and shared.total else None


def open_scope(connection: Connection, request: SearchRequest) -> Scope:
    """The scope of a request; one without runs for a namespace that never had any."""
    [found] = _PRELUDE.rows(connection, {"namespace": _stored(request.namespace)})
    space_id, runs, version, some_damaged, some_shadowed = found
    told = (version or "", bool(some_damaged), bool(some_shadowed))
    if space_id is None:
        return Scope(connection, request.namespace, 0, 0, {}, *told)
    wanted = {key_of(field) for field in fields_of(request)}
    wanted |= {(LAST, name) for scope, name in wanted if scope == "outputs"}
    wanted |= {("labels", requirement.key) for requirement in request.selector}
    wanted |= {(FIELD, name.removesuffix(".name")) for scope, name in wanted if scope == FIELD}
    wanted |= {(FIELD, "upstream")} if any(name.startswith("downstream") for _, name in wanted) else set()
    wanted.add((FIELD, NOTED))
    keys = _known_keys(connection, space_id, wanted)
    return Scope(connection, request.namespace, space_id, runs, keys, *told)


def fields_of(request: SearchRequest) -> Iterator[FieldPath]:
    """Every field that a request names, in its query and in its sort."""
    if request.query.root is not None:
        for predicate in predicates_of(request.query.root):
            yield predicate.field
    for sort_key in request.sort.keys:
        yield sort_key.field


def predicates_of(condition: Condition) -> Iterator[Predicate]:
    """Every clause of a condition, in order."""
    match condition:
        case Predicate():
            yield condition
        case Complement(item):
            yield from predicates_of(item)
        case All(items) | Any_(items):
            for item in items:
                yield from predicates_of(item)


def _known_keys(
    connection: Connection, space_id: int, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], KnownKey]:
    names = [(scope, name) for scope, name in wanted if is_storable(name)]
    known = {}
    by_scope: dict[str, list[str]] = {}
    for scope, name in names:
        by_scope.setdefault(scope, []).append(name)
    for scope, listed in by_scope.items():
        given = {"space": space_id, "scope": scope, "names": bindable_list(connection, listed)}
        for key_id, _, _, name, *counts in _KEYS.rows(connection, given):
            known[scope, name] = KnownKey(key_id, dict(zip(KINDS, counts, strict=True)))
    return known


def named(space_id: int, names: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    """The condition that a key is one of ``names`` (scope, name), as the index of keys can answer it: neither
    database looks up pairs by more than the namespace."""
    by_scope: dict[str, list[str]] = {}
    for scope, name in names:
        by_scope.setdefault(scope, []).append(name)
    found = ((key.c.space == space_id) & (key.c.scope == scope) & key.c.name.in_(n) for scope, n in by_scope.items())
    return or_(false(), *found)


def is_storable(text: str) -> bool:
    """Whether both databases can hold the text."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _stored(namespace: str) -> str:
    return namespace if is_storable(namespace) else ""
