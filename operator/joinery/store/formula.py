"""A typed condition as a formula over leaves: complements pushed down to the leaves, constants folded.

So every formula either can be listed (as a set of runs), or its complement can.
"""

from __future__ import annotations

from dataclasses import dataclass

from joinery.pql.ast import All, Any_, Complement, Condition, FieldPath, IsNil, OneOf, Predicate, Test
from joinery.pql.explain import is_true
from joinery.runs.lookup import MANY_VALUED
from joinery.runs.search import LabelRequirement
from joinery.store.columns import ALWAYS_THERE, COLUMNS
from joinery.store.kinds import OTHER
from joinery.store.leaves import Leaf, column_leaf, id_leaf, link_leaf, map_leaf, value_leaf
from joinery.store.rows import FOLDED, HAS_INPUTS, HAS_METRICS, HAS_OUTPUTS
from joinery.store.scope import Scope

_MAPS = {"inputs": HAS_INPUTS, "outputs": HAS_OUTPUTS, "metrics": HAS_METRICS}


@dataclass(frozen=True, slots=True)
class Has:
    """The leaf is true of the run, or, when not ``positive``, false."""

    leaf: Leaf
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Both:
    """Every item holds. Without items: true."""

    items: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Some item holds. Without items: false."""

    items: tuple[Formula, ...]


Formula = Has | Both | Either
TRUE, FALSE = Both(()), Either(())


def both(*items: Formula) -> Formula:
    """The conjunction, flat."""
    flat: list[Formula] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Both) else (item,))
    if FALSE in flat:
        return FALSE
    return flat[0] if len(flat) == 1 else Both(tuple(flat))


def either(*items: Formula) -> Formula:
    """The disjunction, flat."""
    flat: list[Formula] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Either) else (item,))
    if TRUE in flat:
        return TRUE
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def complement(formula: Formula) -> Formula:
    """True exactly where ``formula`` is false."""
    match formula:
        case Has(leaf, positive):
            return Has(leaf, not positive)
        case Both(items):
            return either(*map(complement, items))
        case Either(items):
            return both(*map(complement, items))


def formula_of(scope: Scope, condition: Condition) -> Formula:
    """The formula of a typed condition."""
    match condition:
        case Predicate(field, test, negated):
            formula = _clause(scope, field, test)
            return complement(formula) if negated else formula
        case Complement(item):
            return complement(formula_of(scope, item))
        case All(items):
            return both(*(formula_of(scope, item) for item in items))
        case Any_(items):
            return either(*(formula_of(scope, item) for item in items))


def candidates_of(scope: Scope, selector: tuple[LabelRequirement, ...], excluded: tuple[int, ...]) -> Formula:
    """Which runs of the namespace are candidates. Kubernetes' rules: a run without the label passes NotIn."""
    items: list[Formula] = [_requirement(scope, requirement) for requirement in selector]
    if excluded:
        items.append(Has(id_leaf(scope, excluded), positive=False))
    return both(*items)


def _requirement(scope: Scope, requirement: LabelRequirement) -> Formula:
    present = _clause(scope, FieldPath("labels", requirement.key), None)
    match requirement.operator:
        case "Exists":
            return present
        case "DoesNotExist":
            return complement(present)
        case operator:
            within = _clause(scope, FieldPath("labels", requirement.key), OneOf(requirement.values))
            return within if operator == "In" else complement(within)


def _clause(scope: Scope, field: FieldPath, test: Test | None) -> Formula:
    """The formula of one clause, not negated; ``test`` None asks for presence."""
    if isinstance(test, IsNil):
        return complement(_clause(scope, field, None))
    if isinstance(test, OneOf):
        if test.or_nil:
            return either(_clause(scope, field, OneOf(test.values)), _clause(scope, field, IsNil()))
        if not test.values:
            return FALSE
    match field:
        case FieldPath(name, None) if name in COLUMNS:
            return TRUE if test is None and name in ALWAYS_THERE else Has(column_leaf(scope, name, test))
        case FieldPath("namespace", None):
            return _namespace(scope, test)
        case FieldPath("kind" | "project", None):
            return _defaulted(scope, field, test)
        case FieldPath("inputs" | "outputs" | "metrics", None):
            return Has(map_leaf(scope, _MAPS[field.name]))
        case FieldPath("downstream" | "downstream.name", None):
            return _linked(scope, "upstream", test, by_name=field.name.endswith(".name"), backwards=True)
        case FieldPath(name, None) if name.endswith(".name") and name != "artifacts.name":
            recorded = _values(scope, field, test)
            return either(recorded, _linked(scope, name.removesuffix(".name"), test, by_name=True, backwards=False))
        case _:
            return _values(scope, field, test)


def _values(scope: Scope, field: FieldPath, test: Test | None) -> Formula:
    own, shared = scope.both_keys(field)
    formula = FALSE if own is None else Has(value_leaf(scope, own, test, single=field.name not in MANY_VALUED))
    if shared is None:
        return formula
    beneath: Formula = Has(value_leaf(scope, shared, test))
    if own is None:
        return beneath
    return either(formula, both(beneath, Has(value_leaf(scope, own, None), positive=False)))


def _linked(scope: Scope, relation: str, test: Test | None, *, by_name: bool, backwards: bool) -> Formula:
    edge = scope.key(FieldPath(relation))
    return FALSE if edge is None else Has(link_leaf(scope, edge, test, by_name=by_name, backwards=backwards))


def _defaulted(scope: Scope, field: FieldPath, test: Test | None) -> Formula:
    """A field that a run without a value of it has by default."""
    key = scope.key(field)
    if test is None:
        unsearched = (
            () if key is None or not key.counts[OTHER] else (Has(value_leaf(scope, key, None, kinds=(OTHER,))),)
        )
        return complement(either(*unsearched))
    by_default = is_true(test, scope.default(field), folded=field.name in FOLDED)
    if key is None:
        return TRUE if by_default else FALSE
    if by_default:
        return Has(value_leaf(scope, key, test, failing=True), positive=False)
    return Has(value_leaf(scope, key, test))


def _namespace(scope: Scope, test: Test | None) -> Formula:
    """Every run of a search has its namespace: the clause is true of all or of none."""
    if test is None or (isinstance(test, OneOf) and scope.namespace in test.values):
        return TRUE
    return FALSE
