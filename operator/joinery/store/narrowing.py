"""Which runs of a long list are on the page, found without a look at the runs themselves.

The values to sort by, and how old a run is (`ord`), stand in the index by run: only the few runs of the page are
then read from the table, where neighbours lie far apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, case, func, select

from joinery.store.dialects import bindable_list
from joinery.store.kinds import ORDERED, TEXTS
from joinery.store.leaves import TESTED
from joinery.store.listing import Plan, listed_runs
from joinery.store.ordering import Column
from joinery.store.prepared import Prepared
from joinery.store.rows import AGE_BITS, MOST_CREATED
from joinery.store.scope import Scope
from joinery.store.tables import run

_WORTH = 200  # runs that need not be read: fewer cost less than one more statement


def is_worth(order: Sequence[Column], matched: int, wanted: int) -> bool:
    """Whether finding the page first is quicker than sorting all runs: by a column of theirs they are read anyhow."""
    return matched - wanted >= _WORTH and all(column.own_name is None for column in order)


def page_ids(
    scope: Scope, plan: Plan, order: Sequence[Column], ids: Iterable[int] | None, wanted: int, offset: int
) -> list[int] | None:
    """The ids of the ``wanted`` runs after ``offset``, in no order, of those of a plan (``ids``, where it is of given
    ones).

    None where a tie that neither the keys nor `ord` decide goes over the first or the last of them.
    """
    before = 1 if offset else 0
    given = {"wanted": before + wanted + 1, "offset": offset - before}
    bound = {} if ids is None else {"ids": bindable_list(scope.connection, ids)}
    rows = _IDS.rows(scope.connection, {**scope.values, **given, **bound}, plan, tuple(order))
    page = rows[before : before + wanted]
    if (before and _are_tied(rows[0], page[0])) or (len(rows) > before + wanted and _are_tied(page[-1], rows[-1])):
        return None
    return [row[0] for row in page]


def _ids(_: bool, plan: Plan, order: tuple[Column, ...]) -> Select[Any]:
    """Rows of (id, age, four columns for each sort key)."""
    source = listed = listed_runs(plan)
    for column in order:
        source = column.joined(source, listed.c.run)
    age = _age(listed.c.run, order).label("age")
    columns: list[ColumnElement[Any]] = [listed.c.run.label("id"), age]
    for place, column in enumerate(order):
        columns += [part.label(f"part_{place}_{n}") for n, part in enumerate(column.selected())]
    by = [part for column in order for part in column.order()]
    statement = select(*columns).select_from(source).order_by(*by, age)
    return statement.limit(bindparam("wanted", type_=Integer())).offset(bindparam("offset", type_=Integer()))


_IDS = Prepared(_ids)


def _age(run_id: ColumnElement[int], order: Sequence[Column]) -> ColumnElement[int]:
    """`ord` of a run: every value of it has the same. Without values it is made anew, but for the bits of the uuid."""
    own = [column.table.c.ord for column in order if column.table is not None]
    any_value = select(TESTED.c.ord).where(TESTED.c.run == run_id).limit(1).scalar_subquery()
    created = case(
        (run.c.created > MOST_CREATED, MOST_CREATED),
        (run.c.created < -MOST_CREATED, -MOST_CREATED),
        else_=run.c.created,
    )
    made = select(created * -(1 << AGE_BITS)).where(run.c.id == run_id).scalar_subquery()
    return func.coalesce(*own, any_value, made)


def _are_tied(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return one[1] >> AGE_BITS == other[1] >> AGE_BITS and _keys(one) == _keys(other)


def _keys(row: tuple[Any, ...]) -> list[Any]:
    """What is compared of each sort key; None for all that has no order."""
    parts = row[2:]
    found: list[Any] = []
    for kind, number, residue, text in zip(parts[::4], parts[1::4], parts[2::4], parts[3::4], strict=True):
        rank = TEXTS[0] if kind in TEXTS else kind
        found.append((rank, number or 0.0, residue or 0, text or "") if kind in ORDERED else None)
    return found
