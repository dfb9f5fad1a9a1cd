"""The SQL of a page: rows of (identity of a run, four columns for each sort key that is shown).

What a page is made of can be compared: equal ones are one statement (``prepared.py``). ``paging.py`` chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, FromClause, Integer, Select, and_, bindparam, select

from joinery.store.dialects import id_in
from joinery.store.formula import Formula
from joinery.store.kinds import LONG_TEXT, TEXT
from joinery.store.listing import Given, Plan, holds, listed_runs
from joinery.store.matching import of_kinds
from joinery.store.ordering import Column, newest_first
from joinery.store.prepared import Prepared
from joinery.store.shapes import bound
from joinery.store.tables import is_searched, run

IDENTITY: Final = (run.c.id, run.c.uid, run.c.uuid, run.c.name, run.c.version, run.c.created)
UUID, CREATED = 2, 5  # where in a row

# How runs of one value follow each other: as the index has them; by `ord`, which stands in the index; by what `ord` was
# made from, after the other keys.
Ties = Literal["as they come", "by ord", "in full"]


@dataclass(frozen=True, slots=True)
class Listed:
    """Some runs, sorted."""

    shown: tuple[Column, ...]
    order: tuple[Column, ...]
    plan: Plan
    skips: bool  # whether there is an offset


@dataclass(frozen=True, slots=True)
class AlongRuns:
    """The first runs that a formula is true of, in the order of an index of ``run``.

    ``lead`` is a column that runs may lack: those with a value of it, or those that are ``lacking`` one.
    """

    shown: tuple[Column, ...]
    order: tuple[Column, ...]
    formula: Formula
    space: int
    in_turn: bool
    lead: str | None = None
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class AlongValues:
    """The first runs that a formula is true of, in the order of one key's values, of some kinds of them.

    ``parts`` are columns of the run to fetch in passing, where nothing is sorted. ``edge`` names the one value (a
    text; a number and its residue) that is meant. Rows end with `ord`.
    """

    shown: tuple[Column, ...]
    parts: tuple[str, ...]
    lead: Column
    rest: tuple[Column, ...]
    kinds: tuple[int, ...]
    formula: Formula
    in_turn: bool
    backwards: bool = False
    ties: Ties = "in full"
    edge: tuple[str, ...] = ()


Rows = Listed | AlongRuns | AlongValues


def _page(_: bool, rows: Rows) -> Select[Any]:
    match rows:
        case Listed():
            return _listed(rows)
        case AlongRuns():
            return _along_runs(rows)
        case AlongValues():
            return _along_values(rows)


PAGES = Prepared(_page)


def _listed(rows: Listed) -> Select[Any]:
    if isinstance(rows.plan, Given):
        statement = _select(rows.shown, run, [id_in(run.c.id, "ids", postgresql=rows.plan.postgresql)])
    else:
        listed = listed_runs(rows.plan)
        statement = _select(rows.shown, listed.join(run, run.c.id == listed.c.run), [])
    statement = statement.order_by(*_order(rows.order), *newest_first(run))
    return statement.offset(bindparam("offset", type_=Integer())) if rows.skips else statement


def _along_runs(rows: AlongRuns) -> Select[Any]:
    conditions = [run.c.space == rows.space, is_searched(run), holds(rows.formula, run.c.id, in_turn=rows.in_turn)]
    order = _order(rows.order)
    if rows.lead is not None:
        lead = run.c[rows.lead]
        conditions.append(lead.is_(None) if rows.lacking else lead.is_not(None))
        order = order if rows.lacking else order[1:]  # all have one: it is not to be asked first
    return _select(rows.shown, run, conditions).order_by(*order, *newest_first(run))


def _along_values(rows: AlongValues) -> Select[Any]:
    lead, v = rows.lead, rows.lead.table
    if v is None or lead.key_id is None:
        raise TypeError(f"{lead.field} has no values to go along")
    conditions = [v.c.key == lead.key_id, holds(rows.formula, v.c.run, (lead.key_id, v), in_turn=rows.in_turn)]
    by: list[ColumnElement[Any]]
    if LONG_TEXT in rows.kinds:
        conditions.append(of_kinds(v.c.kind, rows.kinds))
        ordered = lead.order()[-1:]
    else:
        conditions.append(v.c.kind == rows.kinds[0])
        if rows.kinds == (TEXT,):
            by = [v.c.head]
        else:
            conditions.append(v.c.head == "")
            by = [v.c.number, v.c.residue]
        if rows.edge:
            conditions += [column == bound(name, column) for column, name in zip(by, rows.edge, strict=True)]
            by = []
        ordered = [column.desc() if rows.backwards else column.asc() for column in by]
    parts = rows.parts
    if rows.ties == "by ord":
        ordered.append(v.c.ord)
    elif rows.ties == "in full":
        ordered += [*_order(rows.rest), *newest_first(run)]
        parts = ()  # a sort would carry the parts of every run that it sorts
    source = v.join(run, run.c.id == v.c.run)
    beside = [*(run.c[name] for name in parts), v.c.ord]
    return _select(rows.shown, source, conditions, placed=lead, beside=beside).order_by(*ordered)


def _order(columns: Sequence[Column]) -> list[ColumnElement[Any]]:
    return [part for column in columns for part in column.order()]


def _select(
    shown: Sequence[Column],
    source: FromClause,
    conditions: Sequence[ColumnElement[bool]],
    *,
    placed: Column | None = None,
    beside: Sequence[ColumnElement[Any]] = (),
) -> Select[Any]:
    """``placed`` is a column whose values are in ``source`` already."""
    columns: list[ColumnElement[Any]] = list(IDENTITY)
    for place, column in enumerate(shown):
        if column != placed:
            source = column.joined(source, run.c.id)
        columns += [part.label(f"part_{place}_{n}") for n, part in enumerate(column.selected())]
    statement = select(*columns, *beside).select_from(source).where(and_(True, *conditions))
    return statement.limit(bindparam("wanted", type_=Integer()))
