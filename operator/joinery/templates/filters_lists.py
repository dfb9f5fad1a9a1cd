"""Filters of lists. A mapping stands for its keys and a text for its characters, as in Jinja2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

from joinery.templates.lookup import attribute_of
from joinery.templates.operators import ARITHMETIC, joined, weigh
from joinery.templates.predicates import PREDICATES
from joinery.templates.values import Fault, Missing, Scope, compact_json, kind_of, shorten, undefined, written

_ADD = ARITHMETIC["+"]
_SKIP_LACKING = "elements without it are left out with `| selectattr('NAME', 'defined')`"
_SKIP_NULLS = "null elements are left out with `| reject('none')`"


def elements(scope: Scope, value: Any, name: str) -> list[Any]:
    """The elements of what a filter is given, counted."""
    if not isinstance(value, (list, tuple, str, Mapping)):
        raise Fault(f"`{name}` takes a list, and this is {kind_of(value)}")
    scope.spend(1 + len(value))
    return list(value)


def taken(value: list[Any], attribute: Any, name: str, default: Any = None) -> list[Any]:
    """The attribute of each element; the fault of one that lacks it, unless there is a default."""
    if attribute is None:
        return value
    found = _attributes(value, attribute, name)
    for index, item in enumerate(found):
        if isinstance(item, Missing):
            if default is None:
                fault = item.fault
                raise Fault(f"element {index}: {fault.message}", rule=fault.rule, hint=fault.hint or _SKIP_LACKING)
            found[index] = default
    return found


def _attributes(value: list[Any], attribute: Any, name: str) -> list[Any]:
    """The attribute of each element, :class:`Missing` of one that lacks it."""
    if isinstance(attribute, int) and not isinstance(attribute, bool):
        attribute = str(attribute)
    if not isinstance(attribute, str) or len(attribute) > 256:
        raise Fault(f"`attribute` of `{name}` is a text of at most 256 characters")
    return [attribute_of(item, attribute) for item in value]


def join(scope: Scope, value: Any, d: Any = "", attribute: Any = None) -> str:
    items = taken(elements(scope, value, "join"), attribute, "join")
    return joined([written(item, scope) for item in items], scope, written(d, scope))


def length(_scope: Scope, value: Any) -> int:
    if not isinstance(value, (list, tuple, str, Mapping)):
        raise Fault(f"`length` takes a list, a mapping or a text, and this is {kind_of(value)}")
    return len(value)


def first(scope: Scope, value: Any) -> Any:
    items = elements(scope, value, "first")
    return items[0] if items else _empty("first")


def last(scope: Scope, value: Any) -> Any:
    items = elements(scope, value, "last")
    return items[-1] if items else _empty("last")


def _empty(name: str) -> Missing:
    return Missing(Fault(f"`{name}` of an empty list", rule="undefined-name", hint="give it a value: `| default(0)`"))


def as_list(scope: Scope, value: Any) -> list[Any]:
    return elements(scope, value, "list")


def items(scope: Scope, value: Any) -> list[Any]:
    if not isinstance(value, Mapping):
        raise Fault(f"`items` takes a mapping, and this is {kind_of(value)}")
    scope.spend(len(value))
    return [[key, item] for key, item in value.items()]


def reverse(scope: Scope, value: Any) -> Any:
    found = elements(scope, value, "reverse")[::-1]
    return "".join(found) if isinstance(value, str) else found


def _folded(value: Any, case_sensitive: Any) -> Any:
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def _ordered(scope: Scope, work: Callable[[], Any], keys: Iterable[Any], name: str) -> Any:
    """Runs ``work``, which compares the keys; says which two cannot be ordered where that fails."""
    known = list(keys)
    for key in known:
        weigh(scope, key)
    try:
        return work()
    except (TypeError, RecursionError):
        one, other = next(((a, b) for a, b in pairwise(known) if not _orders(a, b)), (None, None))
        hint = _SKIP_NULLS if None in known else None
        raise Fault(f"`{name}` cannot order {kind_of(one)} and {kind_of(other)}", hint=hint) from None


def _orders(one: Any, other: Any) -> bool:
    try:
        return bool(one < other) or True
    except (TypeError, RecursionError):
        return False


def _extreme(scope: Scope, value: Any, case_sensitive: Any, attribute: Any, *, pick: Any, name: str) -> Any:
    found = elements(scope, value, name)
    if not found:
        return _empty(name)
    keys = [_folded(key, case_sensitive) for key in taken(found, attribute, name)]
    best = _ordered(scope, lambda: pick(range(len(keys)), key=keys.__getitem__), keys, name)
    if len(keys) == 1 and keys[0] is None:
        raise Fault(f"`{name}` cannot order null", hint=_SKIP_NULLS)
    return found[best]


def largest(scope: Scope, value: Any, case_sensitive: Any = False, attribute: Any = None) -> Any:
    return _extreme(scope, value, case_sensitive, attribute, pick=max, name="max")


def smallest(scope: Scope, value: Any, case_sensitive: Any = False, attribute: Any = None) -> Any:
    return _extreme(scope, value, case_sensitive, attribute, pick=min, name="min")


def sort(
    scope: Scope, value: Any, reverse: Any = False, case_sensitive: Any = False, attribute: Any = None
) -> list[Any]:
    """Sorted, small to large; ``attribute`` may name several, with commas."""
    found = elements(scope, value, "sort")
    names = attribute.split(",")[:16] if isinstance(attribute, str) else [attribute]
    columns = [taken(found, name, "sort") for name in names]
    keys = [[_folded(part, case_sensitive) for part in row] for row in zip(*columns, strict=True)]
    scope.spend(8 * len(found))
    order = _ordered(
        scope, lambda: sorted(range(len(keys)), key=keys.__getitem__, reverse=bool(reverse)), _first(keys), "sort"
    )
    return [found[index] for index in order]


def _first(keys: list[list[Any]]) -> list[Any]:
    return [key[0] if len(key) == 1 else key for key in keys]


def unique(scope: Scope, value: Any, case_sensitive: Any = False, attribute: Any = None) -> list[Any]:
    """Without repeats, each where it first stood; texts that differ in case alone are repeats, as in Jinja2."""
    found = elements(scope, value, "unique")
    seen: set[Any] = set()
    kept: list[Any] = []
    for item, part in zip(found, taken(found, attribute, "unique"), strict=True):
        key = _folded(part, case_sensitive)
        if isinstance(key, (list, tuple, Mapping)):
            weigh(scope, key)
            key = ("json", compact_json(key))
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def sum_(scope: Scope, value: Any, attribute: Any = None, start: Any = 0) -> Any:
    total = start
    for index, item in enumerate(taken(elements(scope, value, "sum"), attribute, "sum")):
        try:
            total = _ADD(total, int(item) if isinstance(item, bool) else item)
        except Fault as fault:
            raise Fault(
                f"`sum`, element {index}: {fault.message}", hint=_SKIP_NULLS if item is None else None
            ) from None
    return total


def map_(scope: Scope, value: Any, filters: Mapping[str, Any], *places: Any, **words: Any) -> list[Any]:
    """``map(attribute='loss')`` takes the attribute of each; ``map('upper')`` applies a filter to each."""
    found = elements(scope, value, "map")
    if not places:
        if "attribute" not in words or not set(words) <= {"attribute", "default"}:
            raise Fault("`map` takes `attribute='name'` (and `default=`), or the name of a filter")
        return taken(found, words["attribute"], "map", words.get("default"))
    name, *arguments = places
    chosen = filters.get(name) if isinstance(name, str) else None
    if chosen is None:
        known = [] if not isinstance(name, str) else filters
        raise undefined(name if isinstance(name, str) else kind_of(name), known, what="the filter")
    if wrong := chosen.check(len(arguments), list(words)):
        raise Fault(f"`{name}`: {wrong}", hint=chosen.usage)
    mapped = []
    for item in found:
        scope.spend(1)
        mapped.append(there(chosen.run(scope, item, *arguments, **words)))
    return mapped


def there(value: Any) -> Any:
    if isinstance(value, Missing):
        raise value.fault
    return value


def _passes(scope: Scope, places: tuple[Any, ...], words: Mapping[str, Any]) -> Callable[[Any], bool]:
    if words:
        raise Fault("the tests take no arguments by name")
    if not places:
        return bool
    name, *arguments = places
    chosen = PREDICATES.get(name) if isinstance(name, str) else None
    if chosen is None:
        raise undefined(shorten(name) if isinstance(name, str) else kind_of(name), PREDICATES, what="the test")
    if len(arguments) != chosen.arguments:
        raise Fault(f"the test `{name}` takes {chosen.arguments or 'no'} argument{'s' * (chosen.arguments != 1)}")
    return lambda item: chosen.run(scope, item, *arguments)


def select(scope: Scope, value: Any, *places: Any, **words: Any) -> list[Any]:
    passes = _passes(scope, places, words)
    return [item for item in elements(scope, value, "select") if passes(item)]


def reject(scope: Scope, value: Any, *places: Any, **words: Any) -> list[Any]:
    passes = _passes(scope, places, words)
    return [item for item in elements(scope, value, "reject") if not passes(item)]


def select_attribute(scope: Scope, value: Any, *places: Any, **words: Any) -> list[Any]:
    return _by_attribute(scope, value, places, words, name="selectattr", wanted=True)


def reject_attribute(scope: Scope, value: Any, *places: Any, **words: Any) -> list[Any]:
    return _by_attribute(scope, value, places, words, name="rejectattr", wanted=False)


def _by_attribute(
    scope: Scope, value: Any, places: tuple[Any, ...], words: Mapping[str, Any], *, name: str, wanted: bool
) -> list[Any]:
    if not places:
        raise Fault(f"`{name}` takes the name of an attribute, and a test")
    passes = _passes(scope, places[1:], words)
    found = elements(scope, value, name)
    asks_for_presence = len(places) > 1 and places[1] in ("defined", "undefined")
    parts = (_attributes if asks_for_presence else taken)(found, places[0], name)
    return [item for item, part in zip(found, parts, strict=True) if passes(part) == wanted]
