"""The warnings that only the store can give, so that a search is never silently wrong.

Source: spec 1, *Never silently wrong*: a field name no candidate has, values of another type, sort keys that
runs lack, damaged and shadowed runs, nothing matched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select

from joinery.pql.ast import Between, Compare, OneOf, Predicate, Scalar
from joinery.problems import Problem, did_you_mean
from joinery.runs.search import FoundRun, SearchRequest
from joinery.store.counting import Counter
from joinery.store.formula import TRUE, Formula, Has, both, either
from joinery.store.kinds import BOOLEAN, LONG_TEXT, NUMBER, OTHER, TEXT
from joinery.store.leaves import DRIVING, value_leaf
from joinery.store.listing import holds
from joinery.store.prepared import Prepared
from joinery.store.rows import FIELD, LAST, NOTED, key_of
from joinery.store.scope import KnownKey, fields_of, predicates_of
from joinery.store.tables import damaged, key, run, value

_KEYED = frozenset(("inputs", "outputs", "metrics", "labels", "annotations", "meta_info", "meta_values", "meta_flags"))
_MOST_NAMED = 5
_YES: ColumnElement[int] = literal_column("1")  # not bound: the index of shadowed runs holds those with a 1
_MOST_NAMES = 2_000
_WORDS = {NUMBER: "a number", TEXT: "a text", LONG_TEXT: "a text", BOOLEAN: "a boolean", OTHER: "a mapping or a list"}
_KINDS_OF_WORDS = ((NUMBER,), (TEXT, LONG_TEXT), (BOOLEAN,), (OTHER,))


def notices(
    counter: Counter, request: SearchRequest, candidates: Formula, counts: tuple[int, int], runs: Sequence[FoundRun]
) -> tuple[Problem, ...]:
    """The warnings of one search; ``counts`` are candidates and matched."""
    total, matched = counts
    found: list[Problem] = []
    if total:
        found += _unknown_names(counter, request, candidates)
        found += _other_types(counter, request, candidates)
        found += _missing_sort_keys(request, runs)
    if counter.scope.some_shadowed:
        found += _shadowed(counter)
    if counter.scope.some_damaged:
        found += _damaged(counter, request.namespace)
    found += _noted(counter)
    if not total:
        where = " with these labels" if request.selector else ""
        found.append(_problem("nothing-matched", f"there are no runs{where} in the namespace {request.namespace!r}"))
    elif not matched:
        those = f"none of the {total:,} candidate runs matches" if total > 1 else "the one candidate run does not match"
        found.append(_problem("nothing-matched", f"{those} the query"))
    return tuple(found)


def _problem(rule: str, message: str, hint: str | None = None) -> Problem:
    return Problem(message=message, rule=rule, hint=hint)


def _unknown_names(counter: Counter, request: SearchRequest, candidates: Formula) -> Iterator[Problem]:
    for field in dict.fromkeys(fields_of(request)):
        if field.name not in _KEYED or field.key is None:
            continue
        known = [key for key in counter.scope.both_keys(field) if key is not None]
        if not known or (candidates != TRUE and not any(_some(counter, key, candidates) for key in known)):
            scopes = [key_of(field)[0]] + ([LAST] if field.name == "outputs" else [])
            names = [name for scope in scopes for name in _names(counter, scope)]
            hint = did_you_mean(field.key, names, prefix=f"{field.name}.")
            yield _problem("no-such-name", f"no candidate run has `{field}`", hint)


def _some(counter: Counter, known: KnownKey, candidates: Formula) -> bool:
    return bool(_SOME.rows(counter.scope.connection, counter.scope.values, known.id, candidates))


def _some_run(_: bool, key_id: int, candidates: Formula) -> Select[Any]:
    held = holds(candidates, DRIVING.c.run)
    return select(DRIVING.c.run).where(DRIVING.c.key == key_id, held).limit(1)


_SOME = Prepared(_some_run)


def _names(counter: Counter, scope: str) -> list[str]:
    """The names that runs of the namespace have values under."""
    counted = key.c.numbers + key.c.texts + key.c.booleans + key.c.nans + key.c.others + key.c.long_texts
    wanted = select(key.c.name).where(key.c.space == counter.scope.space, key.c.scope == scope, counted > 0)
    return list(counter.scope.connection.scalars(wanted.order_by(key.c.name).limit(_MOST_NAMES)))


def _other_types(counter: Counter, request: SearchRequest, candidates: Formula) -> Iterator[Problem]:
    seen = set()
    for predicate in [] if request.query.root is None else predicates_of(request.query.root):
        wanted = _wanted_kinds(predicate)
        known = counter.scope.both_keys(predicate.field)
        if not wanted or known == (None, None) or (predicate.field, wanted) in seen:
            continue
        seen.add((predicate.field, wanted))
        counts = ((kinds[0], _count_kinds(counter, known, kinds, candidates)) for kinds in _others(wanted))
        others = [f"{_WORDS[kind]} in {count:,} {'run' if count == 1 else 'runs'}" for kind, count in counts if count]
        if others:
            text = f"`{predicate.source or predicate.field}` leaves out runs whose value is of another type: "
            yield _problem("other-type", text + ", ".join(others))


def _others(wanted: frozenset[int]) -> list[tuple[int, ...]]:
    return [kinds for kinds in _KINDS_OF_WORDS if not wanted.intersection(kinds)]


def _wanted_kinds(predicate: Predicate) -> frozenset[int]:
    """The kinds that a clause can match; empty where a value of another type is none to warn of."""
    if predicate.negated or predicate.field.name not in _KEYED or predicate.field.key is None:
        return frozenset()
    match predicate.test:
        case Compare(_, bound):
            return frozenset((_kind(bound),))
        case Between():
            return frozenset((NUMBER,))
        case OneOf(values):
            return frozenset(map(_kind, values))
        case _:
            return frozenset()


def _kind(scalar: Scalar) -> int:
    if isinstance(scalar, bool):
        return BOOLEAN
    return TEXT if isinstance(scalar, str) else NUMBER


def _count_kinds(
    counter: Counter, known: tuple[KnownKey | None, KnownKey | None], kinds: tuple[int, ...], candidates: Formula
) -> int:
    """How many candidates have a value of these kinds."""
    scope, (first, beneath) = counter.scope, known
    if first is not None and beneath is not None:
        no_first = Has(value_leaf(scope, first, None), positive=False)
        some = either(
            Has(value_leaf(scope, first, None, kinds=kinds)),
            both(Has(value_leaf(scope, beneath, None, kinds=kinds)), no_first),
        )
        return counter.count(both(some, candidates))
    only = first or beneath
    count = 0 if only is None else sum(only.counts[kind] for kind in kinds)
    if not count or only is None or candidates == TRUE:
        return count
    return counter.count(both(Has(value_leaf(scope, only, None, kinds=kinds)), candidates))


def _missing_sort_keys(request: SearchRequest, runs: Sequence[FoundRun]) -> Iterator[Problem]:
    for place, sort_key in enumerate(request.sort.keys):
        lacking = sum(found.sort_keys[place] is None or found.sort_keys[place] == "NaN" for found in runs)
        if lacking:
            which = f"all {len(runs):,}" if lacking == len(runs) else f"{lacking:,} of {len(runs):,}"
            those = f"{which} taken runs have" if len(runs) > 1 else "the one run taken has"
            comes = "they come last" if len(runs) > 1 else "such runs come last"
            yield _problem("no-sort-key", f"{those} no `{sort_key.field}` to sort by: {comes}")


def _shadowed(counter: Counter) -> Iterator[Problem]:
    older = run.alias()
    connection, space_id = counter.scope.connection, counter.scope.space
    pairs = connection.execute(
        select(run.c.name, older.c.name, run.c.uuid)
        .join_from(run, older, and_(older.c.space == run.c.space, older.c.uuid == run.c.uuid))
        .where(run.c.space == space_id, run.c.shadowed == _YES, older.c.shadowed == 0)
        .order_by(run.c.name)
        .limit(_MOST_NAMED)
    ).all()
    for younger, kept, uuid in ((row[0], row[1], row[2]) for row in pairs):
        yield _problem(
            "same-uuid", f"the runs {kept!r} and {younger!r} have one uuid, {uuid}: the older, {kept!r}, is searched"
        )
    if len(pairs) == _MOST_NAMED:
        count = connection.scalar(
            select(func.count()).select_from(run).where(run.c.space == space_id, run.c.shadowed == _YES)
        )
        if count and count > _MOST_NAMED:
            yield _problem("same-uuid", f"{count:,} runs in all are left out, since an older one has their uuid")


def _noted(counter: Counter) -> Iterator[Problem]:
    """Runs that are searched, but not with all they hold: the first few by name."""
    known = counter.scope.keys.get((FIELD, NOTED))
    if known is None or not known.total:
        return
    wanted = select(run.c.name, value.c.head).join_from(value, run, value.c.run == run.c.id)
    rows = counter.scope.connection.execute(
        wanted.where(value.c.key == known.id).order_by(run.c.name).limit(_MOST_NAMED)
    ).all()
    for name, text in rows:
        yield _problem("partly-searched", f"the run {name!r}: {text}")
    if known.total > len(rows):
        yield _problem("partly-searched", f"{known.total:,} runs in all have such a warning")


def _damaged(counter: Counter, namespace: str) -> Iterator[Problem]:
    """The damaged runs of the namespace, the first few by name."""
    connection = counter.scope.connection
    found = connection.execute(
        select(damaged.c.name, damaged.c.message)
        .where(damaged.c.namespace == namespace)
        .order_by(damaged.c.name)
        .limit(_MOST_NAMED + 1)
    ).all()
    for name, message in found[:_MOST_NAMED]:
        yield _problem("damaged-run", f"the run {name!r} is damaged and left out: {message}")
    if len(found) > _MOST_NAMED:
        count = connection.scalar(select(func.count()).where(damaged.c.namespace == namespace))
        yield _problem("damaged-run", f"{count:,} damaged runs in all are left out")
