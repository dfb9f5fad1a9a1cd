"""How many runs a formula is true of, and the set of them: the rarest listable part drives, EXISTS tests the rest.

A part that cannot be listed (a negation) is counted as all runs less its complement.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select

from joinery.store.dialects import is_postgresql
from joinery.store.formula import Both, Either, Formula, Has, both, complement, either
from joinery.store.leaves import DRIVING, IdLeaf, Leaf, RunLeaf, ValueLeaf
from joinery.store.listing import Driven, Every, InOrder, Plan, Sifted, listed_runs
from joinery.store.prepared import Prepared
from joinery.store.scope import Scope
from joinery.store.sets import ids_of, listable, listable_form, read_ids

_MANY = 5_000  # so many that it is worth listing the other clauses too, or sorting them before they are tested
_TEST_COST = 8  # of one run, against listing one
_SURELY_FEW = 200  # so few that counting them first is not worth a statement


def _stands_on(formula: Formula, key_id: int) -> bool:
    """Whether some clause tests the value of a key."""
    match formula:
        case Has(leaf, _):
            return isinstance(leaf, ValueLeaf) and leaf.key == key_id
        case Both(items) | Either(items):
            return any(_stands_on(item, key_id) for item in items)


def _leaves_out_few(formula: Formula) -> bool:
    return isinstance(formula, Has) and isinstance(formula.leaf, IdLeaf) and not formula.positive


def _is_ranged(leaf: Leaf) -> bool:
    """Whether an index has its runs in a row, or in a few."""
    if isinstance(leaf, ValueLeaf):
        return leaf.single and not (leaf.shape is not None and leaf.shape.form == "pattern")
    return isinstance(leaf, RunLeaf) and leaf.ranged


class Counter:
    """Counts formulas in one scope, at one instant. Of a compound formula with few runs it remembers which they are."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._counts: dict[int, tuple[Has, int]] = {}
        self._rarest: dict[Both, Formula] = {}
        self._listed: dict[Formula, Collection[int]] = {}

    def count(self, formula: Formula) -> int:
        """How many searched runs of the namespace the formula is true of."""
        if not listable(formula):
            match formula:
                case Both(()):
                    return self.scope.runs
                case _:
                    return self.scope.runs - self.count(complement(formula))
        match formula:
            case Either(()):
                return 0
            case Either((one, other)):
                at_most = self.count(one) + self.count(other)
                if at_most <= _MANY:
                    return self._list(formula)
                # Fewer steps than a set of both: the rarer drives the overlap.
                return at_most - self.count(both(one, other))
            case Both(items) if any(map(_leaves_out_few, items)):
                # What is left out is a handful: count all, less those of them that would have been counted.
                rest = both(*(item for item in items if not _leaves_out_few(item)))
                few = either(*(complement(item) for item in items if _leaves_out_few(item)))
                return self.count(rest) - self.count(both(rest, few))
            case Has(leaf, True) if (known := self._counts.get(id(leaf))) is not None:
                return known[1]
            case Has(ValueLeaf(shape=None, single=True, kinds=()) as leaf):
                return leaf.most
            case Both() if self._is_intersected(formula):
                return self._remember(formula, ids_of(self.scope, formula, self._most))
            case Both() if self._most(self.rarest(formula)) <= _MANY:
                return self._list(formula)
            case _:
                found = self._count_runs(formula)
                if isinstance(formula, Has):
                    self._counts[id(formula.leaf)] = (formula, found)
                return found

    def listed(self, formula: Formula) -> Collection[int] | None:
        """The ids of the runs, each once, where counting found them out: at most 5,000."""
        return self._listed.get(formula)

    def _list(self, formula: Formula) -> int:
        return self._remember(formula, read_ids(self.scope, self.plan(formula)))

    def _remember(self, formula: Formula, ids: Collection[int]) -> int:
        if len(ids) <= _MANY:
            self._listed[formula] = ids
        return len(ids)

    def plan(self, formula: Formula) -> Plan:
        """How to find the runs of a listable formula."""
        match formula:
            case Has(leaf, _):
                return leaf
            case Either(items):
                return Every(tuple(map(self.plan, items)))
            case Both(items):
                driver = self.rarest(formula)
                rest = both(*(item for item in items if item is not driver))
                if isinstance(driver, Has) and isinstance(driver.leaf, ValueLeaf) and driver.leaf.single:
                    few = self._known(driver) < _MANY
                    if few or _stands_on(rest, driver.leaf.key) or is_postgresql(self.scope.connection):
                        return Driven(driver.leaf, rest)
                    # In the order of runs neighbours are tested on the same pages: quicker, sorting included.
                    return Sifted(InOrder(driver.leaf), rest)
                return Sifted(self.plan(driver), rest)

    def _is_intersected(self, formula: Both) -> bool:
        """Whether the rarest clause has so many runs that listing the others is quicker than testing them."""
        driver = self.rarest(formula)
        if not isinstance(driver, Has):
            return False
        rest = Both(tuple(item for item in formula.items if item is not driver))
        if isinstance(driver.leaf, ValueLeaf) and _stands_on(rest, driver.leaf.key):
            return False  # clauses on one value are tested where it stands
        return self._pays(formula, self._known(driver))

    def _pays(self, formula: Both, fewest: int) -> bool:
        """Whether to list all clauses pays where the rarest has ``fewest`` runs."""
        listed = sum(self._most(listable_form(item)) for item in formula.items)
        return fewest >= max(_MANY, listed / _TEST_COST)

    def rarest(self, formula: Both) -> Formula:
        """The listable item with the fewest runs."""
        known = self._rarest.get(formula)
        if known is None:
            known = self._rarest[formula] = self._find_rarest(formula)
        return known

    def _find_rarest(self, formula: Both) -> Formula:
        choices = [item for item in formula.items if listable(item)]
        choices.sort(key=self._most)
        best, fewest = choices[0], self._most(choices[0])
        for item in choices:
            if fewest <= _SURELY_FEW or (len(choices) == 1 and fewest < _MANY):
                break
            # Where all are listed anyhow it only matters whether one is far rarer.
            most = fewest // _TEST_COST if item is not choices[0] and self._pays(formula, fewest) else fewest
            size = self._size(item, most)
            if size < most:
                best, fewest = item, size
        return best

    def _most(self, formula: Formula) -> int:
        match formula:
            case Has(leaf, _):
                known = self._counts.get(id(leaf))
                return leaf.most if known is None else known[1]
            case Both(items):
                return min(self._most(item) for item in items if listable(item))
            case Either(items):
                return sum(map(self._most, items))

    def _known(self, formula: Has) -> int:
        """How many runs, as far as that has been counted."""
        known = self._counts.get(id(formula.leaf))
        return 0 if known is None else known[1]

    def _size(self, formula: Formula, fewest: int) -> int:
        """How many runs, counted up to ``fewest``. What is dear to count counts as its most."""
        match formula:
            case Has(leaf, _) if id(leaf) not in self._counts and _is_ranged(leaf):
                [[found]] = _COUNT_SOME.rows(self.scope.connection, self.scope.values | {"most": fewest}, leaf)
                if found < fewest or fewest >= leaf.most:
                    self._counts[id(leaf)] = (Has(leaf), found)
                return int(found)
            case Either(items):
                return sum(self._size(item, fewest) for item in items)
            case _:
                return self._most(formula)

    def _count_runs(self, formula: Formula) -> int:
        [[found]] = _COUNT.rows(self.scope.connection, self.scope.values, self.plan(formula))
        return int(found)


def _count(_: bool, plan: Plan) -> Select[Any]:
    if isinstance(plan, ValueLeaf) and plan.single:
        return select(func.count()).select_from(DRIVING).where(plan.condition(DRIVING))
    return select(func.count()).select_from(listed_runs(plan))


def _count_some(_: bool, leaf: Leaf) -> Select[Any]:
    return select(func.count()).select_from(leaf.runs().limit(bindparam("most", type_=Integer())).subquery())


_COUNT, _COUNT_SOME = Prepared(_count), Prepared(_count_some)
