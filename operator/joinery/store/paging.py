"""The first runs of a formula in the order of a sort, by the cheaper of two ways.

* *Scan*: go along the index of the first sort key (or of creation) in order, test each run, and stop at the
  last one wanted. Right where many match.
* *List*: list the matches from the rarest part and sort them. Right where few match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, select

from joinery.pql.ast import Compare, Comparison, OneOf
from joinery.store.counting import Counter, holds
from joinery.store.dialects import id_in, is_postgresql, listed_ids
from joinery.store.formula import Both, Formula, Has, both
from joinery.store.kinds import BOOLEAN, LONG_TEXT, NUMBER, ORDERED, TEXT
from joinery.store.leaves import ValueLeaf
from joinery.store.narrowing import is_worth, page_ids
from joinery.store.ordering import Column, newest_first
from joinery.store.rows import FOLDED
from joinery.store.scope import KnownKey
from joinery.store.sets import listable, read_ids
from joinery.store.tables import is_searched, run

Found = list[Row[Any]]
_IDENTITY = (run.c.id, run.c.uid, run.c.uuid, run.c.name, run.c.version, run.c.created)
_OPPOSITE: dict[Comparison, Comparison] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_LEAD = ("lead_kind", "lead_number", "lead_residue", "lead_text")
_LISTING_COST = 1.5  # of one run, against testing one run on a scan


@dataclass(frozen=True, slots=True)
class Page:
    """One page to read: rows are (identity of the run, four columns for each of ``shown``), and where all come along
    an index of values, after them the parts of the run, and what comes behind ``BESIDE`` columns more."""

    counter: Counter
    shown: Sequence[Column]
    parts: Sequence[str] = ()  # columns of the run to fetch in passing

    def read(self, formula: Formula, order: Sequence[Column], matched: int, offset: int, wanted: int) -> Found:
        """The ``wanted`` runs after the first ``offset`` of the ``matched``, in order."""
        wanted = min(wanted, matched - offset)
        if wanted <= 0:
            return []
        order = [column for column in order if column.own is not None or column.table is not None]
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
        if lead is None or lead.own is not None:
            return self._along_runs(formula, order, wanted)
        if lead.field.name in FOLDED or lead.key is None or lead.shared is not None or lead.default is not None:
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
        connection, ids = self.counter.scope.connection, self.counter.listed(formula)
        if ids is None and is_postgresql(connection):
            # They are few, which it does not know: it would sort all runs and test one after the other.
            ids = read_ids(connection, self.counter.runs(formula))
        if is_worth(order, matched, wanted):
            runs = self.counter.runs(formula).subquery() if ids is None else listed_ids(connection, ids)
            page = page_ids(connection, runs, order, wanted, offset)
            if page is not None:
                return self._run(run, order, [id_in(connection, run.c.id, page)], wanted)
        if ids is not None:
            return self._run(run, order, [id_in(connection, run.c.id, ids)], wanted, offset=offset)
        listed = self.counter.runs(formula).subquery()
        source = listed.join(run, run.c.id == listed.c.run)
        return self._run(source, order, [], wanted, offset=offset)

    def _along_runs(self, formula: Formula, order: Sequence[Column], wanted: int) -> Found:
        scope = self.counter.scope
        conditions = [run.c.space == scope.space, is_searched(run), self._tested(formula, run.c.id)]
        if not order or order[0].own is None or not order[0].may_lack:
            return self._run(run, order, conditions, wanted)
        # In the order of the index first, then those without a value: last, by the other keys.
        lead, rest = order[0].own, order[1:]
        by = [part for column in order for part in column.order()][1:]
        some = [*conditions, lead.is_not(None)]
        found = self._run(run, order, some, wanted, order_by=[*by, *newest_first(run)])
        if len(found) < wanted:
            found += self._run(run, rest, [*conditions, lead.is_(None)], wanted - len(found))
        return found

    def _along_values(self, formula: Formula, order: Sequence[Column], matched: int, wanted: int) -> Found:
        lead, rest = order[0], order[1:]
        key, _ = _standing(lead)
        found: Found = []
        for kinds in _segments(key):
            if len(found) < wanted:
                found += self._segment(formula, lead, rest, kinds, wanted - len(found))
        if len(found) < wanted:
            # Those without a value that has an order: last, by the other keys.
            without = both(formula, Has(ValueLeaf(key, None, kinds=ORDERED), positive=False))
            found += self.read(without, rest, matched - len(found), 0, wanted - len(found))
        return found

    def _segment(
        self, formula: Formula, lead: Column, rest: Sequence[Column], kinds: tuple[int, ...], wanted: int
    ) -> Found:
        """Runs whose value is of one kind, along the index."""
        key, v = _standing(lead)
        if kinds == (NUMBER,):
            formula = _of_numbers(formula, key)
        conditions = [v.c.key == key.id, self._tested(formula, v.c.run, (key.id, v))]
        if kinds == (TEXT,):
            conditions.append(v.c.kind == TEXT)
            by: list[Any] = [v.c.head]
        elif TEXT in kinds:
            conditions.append(v.c.kind.in_(kinds))
            by = lead.order()[-1:]
            return self._along(lead, rest, conditions, [*by], wanted)
        else:
            conditions += [v.c.kind == kinds[0], v.c.head == ""]
            by = [v.c.number, v.c.residue]
        if lead.descending and not rest and not _is_one_value(formula, key):
            return self._descending(lead, conditions, by, wanted)
        # Of one value ties alone decide: forwards, whatever the direction.
        backwards = lead.descending and bool(rest)
        ordered = [column.desc() if backwards else column.asc() for column in by]
        return self._along(lead, rest, conditions, ordered, wanted)

    def _tested(
        self, formula: Formula, run_id: ColumnElement[int], on: tuple[int, FromClause] | None = None
    ) -> ColumnElement[bool]:
        return holds(formula, run_id, on, in_turn=is_postgresql(self.counter.scope.connection))

    def _descending(self, lead: Column, conditions: list[Any], by: list[Any], wanted: int) -> Found:
        """Backwards along the index ties come oldest first: so find where the page ends, and read that tie forwards."""
        ordered = [column.desc() for column in by]
        found = self._along(lead, (), conditions, ordered, wanted + 1, ties=False)
        if len(found) <= wanted or _value(found[wanted]) != _value(found[wanted - 1]):
            return sorted(sorted(found[:wanted], key=_newest), key=lambda row: _value(row), reverse=True)
        border = found[wanted]
        above = [row for row in found[:wanted] if _value(row) != _value(border)]
        above.sort(key=_newest)
        above.sort(key=lambda row: _value(row), reverse=True)
        edge = (border.lead_text,) if len(by) == 1 else (border.lead_number, border.lead_residue)
        tie = [column == bound for column, bound in zip(by, edge, strict=True)]
        return above + self._along(lead, (), [*conditions, *tie], [], wanted - len(above))

    def _along(
        self,
        lead: Column,
        rest: Sequence[Column],
        conditions: list[Any],
        ordered: list[Any],
        wanted: int,
        *,
        ties: bool = True,
    ) -> Found:
        _, v = _standing(lead)
        source = v.join(run, run.c.id == v.c.run)
        if not ties:
            return self._run(source, (), conditions, wanted, order_by=ordered, placed=lead, in_turn=True)
        if not rest:
            # `ord` comes out of the index, and nearly always decides.
            ordered = [*ordered, v.c.ord]
            found = self._run(source, (), conditions, wanted + 1, order_by=ordered, placed=lead, in_turn=True)
            if _is_decided(found):
                return found[:wanted]
        # What it leaves undecided is decided by what it was made from.
        last = [*(part for column in rest for part in column.order()), *newest_first(run)]
        return self._run(source, (), conditions, wanted, order_by=[*ordered, *last], placed=lead)

    def _run(
        self,
        source: Any,
        order: Sequence[Column],
        conditions: list[Any],
        wanted: int,
        *,
        order_by: list[Any] | None = None,
        placed: Column | None = None,
        in_turn: bool = False,
        offset: int = 0,
    ) -> Found:
        for column in self.shown:
            if column is not placed:
                source = column.joined(source, run.c.id)
        columns: list[Any] = list(_IDENTITY)
        for place, column in enumerate(self.shown):
            names = _LEAD if column is placed else [f"{name}_{place}" for name in _LEAD]
            columns += [part.label(name) for part, name in zip(column.selected(), names, strict=True)]
        if placed is not None and placed.table is not None:
            parts = self.parts if in_turn else ()  # a sort would carry the parts of every run that it sorts
            columns += [*(run.c[name] for name in parts), placed.table.c.ord.label("lead_ord")]
        if order_by is None:
            order_by = [*(part for column in order for part in column.order()), *newest_first(run)]
        statement = select(*columns).select_from(source).where(and_(True, *conditions)).order_by(*order_by)
        statement = statement.limit(wanted).offset(offset) if offset else statement.limit(wanted)
        return list(self.counter.scope.connection.execute(statement).all())


def _standing(lead: Column) -> tuple[KnownKey, FromClause]:
    """The key of a leading column, and the alias of ``value`` that goes along it."""
    if lead.key is None or lead.table is None:
        raise TypeError(f"{lead.field} has no values to go along")
    return lead.key, lead.table


def _stands_on(item: Has, key: KnownKey) -> bool:
    return isinstance(item.leaf, ValueLeaf) and item.leaf.single and item.leaf.key.id == key.id


def _of_numbers(formula: Formula, key: KnownKey) -> Formula:
    """The formula of runs whose value of ``key`` is a number: what is not below a bound is above it, so that the index
    is entered there."""
    match formula:
        case Has(ValueLeaf(of, Compare(op, bound), True, ()) as leaf, False) if (
            of.id == key.id and not isinstance(bound, str) and not leaf.failing
        ):
            return Has(ValueLeaf(of, Compare(_OPPOSITE[op], bound)))
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
        and item.leaf.key.id == key.id
        and not item.leaf.failing
        and isinstance(item.leaf.test, OneOf)
        and len(item.leaf.test.values) == 1
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


def _value(row: Row[Any]) -> tuple[float, int, str]:
    return row.lead_number, row.lead_residue, row.lead_text


def _is_decided(found: Found) -> bool:
    """Whether no two neighbours have the same value and the same ``ord``."""
    if len({row[-1] for row in found}) == len(found):  # `lead_ord`, at a tenth of what its name costs
        return True
    return all(a.lead_ord != b.lead_ord or _value(a) != _value(b) for a, b in pairwise(found))


def _newest(row: Row[Any]) -> tuple[int, str]:
    return -row.created, row.uuid
