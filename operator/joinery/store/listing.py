"""How the runs of a formula are found, as a plan that can be compared, and the SQL that a plan is.

``counting.py`` decides for a plan by what it knows of the counts; here nothing is known but the plan, so that equal
plans are one statement (``prepared.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, not_, or_, select, true, union
from sqlalchemy.sql.expression import false

from joinery.store.dialects import listed_ids
from joinery.store.formula import Both, Either, Formula, Has
from joinery.store.leaves import DRIVING, IdLeaf, Leaf, RunLeaf, ValueLeaf
from joinery.store.tables import run


@dataclass(frozen=True, slots=True)
class Every:
    """All runs of any of the plans."""

    plans: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Driven:
    """The runs of a leaf with at most one value a run, the rest tested where that value stands."""

    leaf: ValueLeaf
    rest: Formula


@dataclass(frozen=True, slots=True)
class InOrder:
    """The runs of a leaf in the order of their ids."""

    leaf: Leaf


@dataclass(frozen=True, slots=True)
class Sifted:
    """Those runs of a plan that the rest is true of."""

    plan: Plan
    rest: Formula


@dataclass(frozen=True, slots=True)
class Given:
    """Runs by id: all of one value, bound under ``ids``."""

    postgresql: bool


Plan = Leaf | Every | Driven | InOrder | Sifted | Given


def select_runs(plan: Plan) -> Select[Any]:
    """The runs of a plan, each once, as a column ``run``."""
    match plan:
        case Every(plans):
            every = union(*map(select_runs, plans)).subquery()
            return select(every.c.run)
        case Driven(leaf, rest):
            tested = holds(rest, DRIVING.c.run, (leaf.key, DRIVING))
            return select(DRIVING.c.run).where(leaf.condition(DRIVING), tested)
        case InOrder(leaf):
            # SQLite leaves an order out that has no limit, hence one that is none.
            return leaf.runs().order_by(DRIVING.c.run).limit(-1)
        case Sifted(inner, rest):
            listed = select_runs(inner).subquery()
            return select(listed.c.run).where(holds(rest, listed.c.run))
        case Given():
            return select(listed_runs(plan).c.run)
        case leaf:
            return leaf.runs()


def listed_runs(plan: Plan) -> FromClause:
    """The same as a table."""
    if isinstance(plan, Given):
        return listed_ids("ids", postgresql=plan.postgresql)
    return select_runs(plan).subquery()


def holds(
    formula: Formula, run_id: ColumnElement[int], on: tuple[int, FromClause] | None = None, *, in_turn: bool = False
) -> ColumnElement[bool]:
    """The formula as a condition on one run. ``on`` is (key id, alias of ``value``) where the statement already
    stands on the run's only value of that key: clauses on it are tested there. ``in_turn`` keeps PostgreSQL from
    making a join of it: for a page that stops at the first few."""
    match formula:
        case Has(ValueLeaf(single=True) as leaf, positive) if on is not None and leaf.key == on[0]:
            found = and_(true(), *leaf.beyond_key(on[1]))
            return found if positive else not_(found)
        case Has(RunLeaf() as leaf, True) if run_id is run.c.id:
            return leaf.make(run)
        case Has(leaf, positive):
            found = leaf.holds(run_id) if isinstance(leaf, IdLeaf) else leaf.holds(run_id, in_turn=in_turn)
            return found if positive else ~found
        case Both(items):
            return and_(true(), *(holds(item, run_id, on, in_turn=in_turn) for item in items))
        case Either(items):
            return or_(false(), *(holds(item, run_id, on, in_turn=in_turn) for item in items))
