"""The first runs of a formula in the order of a sort, by the cheaper of two ways.

* *Scan*: go along the index of the first sort key (or of creation) in order, test each run, and stop at the
  last one wanted. Right where many match.
* *List*: list the matches from the rarest part and sort them. Right where few match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Any

from joinery.store.counting import Counter
from joinery.store.dialects import bindable_list, is_postgresql
from joinery.store.formula import Both, Formula, Has, both
from joinery.store.kinds import BOOLEAN, LONG_TEXT, NUMBER, ORDERED, TEXT
from joinery.store.leaves import ValueLeaf, value_leaf
from joinery.store.listing import Given
from joinery.store.narrowing import is_worth, page_ids
from joinery.store.ordering import Column
from joinery.store.pages import CREATED, IDENTITY, PAGES, UUID, AlongRuns, AlongValues, Listed, Rows
from joinery.store.rows import FOLDED
from joinery.store.scope import KnownKey
from joinery.store.sets import listable, read_ids
from joinery.store.shapes import Shape

Found = list[tuple[Any, ...]]
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_LISTING_COST = 1.5  # of one run, against testing one run on a scan


@dataclass(frozen=True, slots=True)
class Page:
    """One page to read: rows are (identity of the run, four columns for each of ``shown``), and where all come along
    an index of values, after them the parts of the run and `ord`."""

    counter: Counter
    shown: tuple[Column, ...]
    parts: tuple[str, ...] = ()  # columns of the run to fetch in passing

    def read(self, formula: Formula, order: Sequence[Column], matched: int, offset: int, wanted: int) -> Found:
        """The ``wanted`` runs after the first ``offset`` of the ``matched``, in order."""
        wanted = min(wanted, matched - offset)
        if wanted <= 0:
            return []
        order = [column for column in order if column.own_name is not None or column.key_id is not None]
        if self._is_listed(formula, order, matched, offset + wanted):
            return self._listed(formula, order, matched, wanted, offset)
        return self._first(formula, order, matched, offset + wanted)[offset:]

    def _is_listed(self, formula: Formula, order: Sequence[Column], matched: int, wanted: int) -> bool:
        """Whether to list the matches is the cheaper way."""
        scanned = self._scanned(formula, order[0] if order else None)
        return listable(formula) and wanted * scanned / matched >= matched * _LISTING_COST

    def _first(self, formula: Formula, order: Sequence[Column], matched: int, wanted: int) -> Found:
        """The first of the matches, not by listing them all."""
        lead = order[0] if order else None
        if lead is None or lead.own_name is not None:
            return self._along_runs(formula, order, wanted)
        if lead.field.name in FOLDED or lead.key is None or lead.shared_id is not None or lead.default is not None:
            if listable(formula):
                return self._listed(formula, order, matched, wanted)
            return self._along_runs(formula, order, wanted)
        return self._along_values(formula, order, matched, wanted)

    def _scanned(self, formula: Formula, lead: Column | None) -> int:
        """About how many entries there are to go along."""
        if lead is None or lead.key is None or lead.default is not None:
            return self.counter.scope.runs
        for item in formula.items if isinstance(formula, Both) else (formula,):
            if isinstance(item, Has) and item.positive and _stands_on(item, lead.key):
                return self.counter.count(item)
        return max(lead.key.ordered, 1)

    def _listed(self, formula: Formula, order: Sequence[Column], matched: int, wanted: int, offset: int = 0) -> Found:
        scope, ids = self.counter.scope, self.counter.listed(formula)
        postgresql = is_postgresql(scope.connection)
        if ids is None and postgresql:
            # They are few, which it does not know: it would sort all runs and test one after the other.
            ids = read_ids(scope, self.counter.plan(formula))
        plan = self.counter.plan(formula) if ids is None else Given(postgresql)
        if is_worth(order, matched, wanted):
            page = page_ids(scope, plan, order, ids, wanted, offset)
            if page is not None:
                plan, ids, offset = Given(postgresql), page, 0
        return self._rows(Listed(self.shown, tuple(order), plan, bool(offset)), wanted, ids=ids, offset=offset)

    def _along_runs(self, formula: Formula, order: Sequence[Column], wanted: int) -> Found:
        rows = partial(AlongRuns, self.shown, formula=formula, space=self.counter.scope.space, in_turn=self._in_turn)
        if not order or order[0].own_name is None or not order[0].may_lack:
            return self._rows(rows(order=tuple(order)), wanted)
        # In the order of the index first, then those without a value: last, by the other keys.
        found = self._rows(rows(order=tuple(order), lead=order[0].own_name), wanted)
        if len(found) < wanted:
            lacking = rows(order=tuple(order[1:]), lead=order[0].own_name, lacking=True)
            found += self._rows(lacking, wanted - len(found))
        return found

    def _along_values(self, formula: Formula, order: Sequence[Column], matched: int, wanted: int) -> Found:
        lead, rest = order[0], order[1:]
        key = _key_of(lead)
        found: Found = []
        for kinds in _segments(key):
            if len(found) < wanted:
                found += self._segment(formula, lead, rest, kinds, wanted - len(found))
        if len(found) < wanted:
            # Those without a value that has an order: last, by the other keys.
            without = both(formula, Has(value_leaf(self.counter.scope, key, None, kinds=ORDERED), positive=False))
            found += self.read(without, rest, matched - len(found), 0, wanted - len(found))
        return found

    def _segment(
        self, formula: Formula, lead: Column, rest: Sequence[Column], kinds: tuple[int, ...], wanted: int
    ) -> Found:
        """Runs whose value is of one kind, along the index."""
        key = _key_of(lead)
        if kinds == (NUMBER,):
            formula = _of_numbers(formula, key)
        along = AlongValues(self.shown, self.parts, lead, tuple(rest), kinds, formula, in_turn=self._in_turn)
        sorted_anew = len(kinds) > 1  # long texts: whole ones are in no index
        if lead.descending and not rest and not sorted_anew and not _is_one_value(formula, key):
            return self._descending(along, wanted)
        # Of one value ties alone decide: forwards, whatever the direction.
        return self._along(replace(along, backwards=lead.descending and bool(rest)), wanted)

    @property
    def _in_turn(self) -> bool:
        return is_postgresql(self.counter.scope.connection)

    def _descending(self, along: AlongValues, wanted: int) -> Found:
        """Backwards along the index ties come oldest first: so find where the page ends, and read that tie forwards."""
        value = self._value(along)
        found = self._rows(replace(along, backwards=True, ties="as they come"), wanted + 1)
        if len(found) <= wanted or value(found[wanted]) != value(found[wanted - 1]):
            return sorted(sorted(found[:wanted], key=_newest), key=value, reverse=True)
        border = value(found[wanted])
        above = [row for row in found[:wanted] if value(row) != border]
        above.sort(key=_newest)
        above.sort(key=value, reverse=True)
        edge = border[2:] if along.kinds == (TEXT,) else border[:2]
        tie = replace(along, edge=self.counter.scope.bind(edge))
        return above + self._along(tie, wanted - len(above))

    def _along(self, along: AlongValues, wanted: int) -> Found:
        if not along.rest:
            # `ord` comes out of the index, and nearly always decides.
            found = self._rows(replace(along, ties="by ord"), wanted + 1)
            if _is_decided(found, self._value(along)):
                return found[:wanted]
        # What it leaves undecided is decided by what it was made from.
        return self._rows(replace(along, ties="in full"), wanted)

    def _value(self, along: AlongValues) -> Callable[[tuple[Any, ...]], tuple[float, int, str]]:
        """Number, residue and text of the leading key in a row."""
        first = len(IDENTITY) + 4 * self.shown.index(along.lead) + 1
        get: Callable[[tuple[Any, ...]], tuple[float, int, str]] = itemgetter(first, first + 1, first + 2)
        return get

    def _rows(self, rows: Rows, wanted: int, *, ids: Iterable[int] | None = None, offset: int = 0) -> Found:
        scope = self.counter.scope
        given = {"wanted": wanted, "offset": offset}
        if ids is not None:
            given["ids"] = bindable_list(scope.connection, ids)
        return PAGES.rows(scope.connection, scope.values | given, rows)


def _key_of(lead: Column) -> KnownKey:
    """The key of a leading column."""
    if lead.key is None:
        raise TypeError(f"{lead.field} has no values to go along")
    return lead.key


def _stands_on(item: Has, key: KnownKey) -> bool:
    return isinstance(item.leaf, ValueLeaf) and item.leaf.single and item.leaf.key == key.id


def _of_numbers(formula: Formula, key: KnownKey) -> Formula:
    """The formula of runs whose value of ``key`` is a number: what is not below a bound is above it, so that the index
    is entered there."""
    match formula:
        case Has(
            ValueLeaf(shape=Shape("number" | "exact" as form, op), single=True, kinds=(), failing=False) as leaf, False
        ) if leaf.key == key.id:
            return Has(replace(leaf, shape=Shape(form, _OPPOSITE[op])))
        case Both(items):
            return Both(tuple(_of_numbers(item, key) for item in items))
        case _:
            return formula


def _is_one_value(formula: Formula, key: KnownKey) -> bool:
    """Whether a clause leaves only one value of the key."""
    return any(
        isinstance(item, Has)
        and item.positive
        and isinstance(item.leaf, ValueLeaf)
        and item.leaf.key == key.id
        and not item.leaf.failing
        and item.leaf.shape is not None
        and sum(item.leaf.shape.sizes) == 1
        for item in (formula.items if isinstance(formula, Both) else (formula,))
    )


def _segments(key: KnownKey) -> list[tuple[int, ...]]:
    """The kinds that the key has values of, in the order of sorts."""
    segments: list[tuple[int, ...]] = []
    if key.counts[NUMBER]:
        segments.append((NUMBER,))
    if key.long_texts:
        segments.append((TEXT, LONG_TEXT))
    elif key.counts[TEXT]:
        segments.append((TEXT,))
    if key.counts[BOOLEAN]:
        segments.append((BOOLEAN,))
    return segments


def _is_decided(found: Found, value: Callable[[tuple[Any, ...]], tuple[float, int, str]]) -> bool:
    """Whether no two neighbours have the same value and the same ``ord``, which comes last in a row."""
    if len({row[-1] for row in found}) == len(found):
        return True
    return all(a[-1] != b[-1] or value(a) != value(b) for a, b in pairwise(found))


def _newest(row: tuple[Any, ...]) -> tuple[int, str]:
    return -row[CREATED], row[UUID]
