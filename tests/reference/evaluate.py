"""Which runs a question takes, in which order: loops, from spec 2, and nothing of Joinery.

A *meaning* is plain data, built by the strategies together with the text of the query:

* ``("and" | "or", [meaning, …])``, ``("not", meaning)``, ``("true",)`` for the empty query
* ``("clause", field, key, stat, negated, test)`` where test is ``("nil",)``, ``("cmp", op, literal)``,
  ``("between", low, high)``, ``("within", start, stop)``, ``("oneof", [literal, …], or_nil)`` or
  ``("like", "prefix" | "suffix" | "contains", text)``
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

from .facts import has_order, is_number, values

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
FLIPPED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
FOLDED = {"status", "kind", "runtime"}
Run = Mapping[str, Any]


def same_type(value: Any, literal: Any) -> bool:
    if isinstance(literal, bool):
        return isinstance(value, bool)
    if isinstance(literal, str):
        return isinstance(value, str)
    return is_number(value) and not math.isnan(value)


def fold(text: Any) -> Any:
    return text.lower().replace("_", "").replace("-", "") if isinstance(text, str) else text


def satisfies(value: Any, test: Sequence[Any]) -> bool:
    """Whether one value that is there passes a test other than nil."""
    match test:
        case ("cmp", op, literal):
            return same_type(value, literal) and COMPARE[op](value, literal)
        case ("between", low, high):
            return same_type(value, low) and low <= value <= high
        case ("within", start, stop):
            return bool(start <= value < stop)
        case ("oneof", literals, _):
            return any(same_type(value, literal) and value == literal for literal in literals)
        case ("like", kind, text):
            if not isinstance(value, str):
                return False
            whole, part = value.casefold(), text.casefold()
            return {"prefix": whole.startswith, "suffix": whole.endswith, "contains": whole.__contains__}[kind](part)
    raise AssertionError(test)


def clause(run: Run, runs: Sequence[Run], meaning: Sequence[Any]) -> bool:
    _, field, key, stat, negated, test = meaning
    found = values(run, field, key, stat, runs)
    if test[0] == "nil":
        return (not found) is not negated
    if test[0] == "cmp" and negated:  # `~<` is `>=`: never true of a run without the value
        return any(satisfies(value, ("cmp", FLIPPED[test[1]], test[2])) for value in found)
    if field in FOLDED:
        found = [fold(value) for value in found]
        test = (test[0], [fold(literal) for literal in test[1]], test[2])
    hit = any(satisfies(value, test) for value in found)
    if test[0] == "oneof" and test[2] and not found:
        hit = True
    return hit is not negated


def true_of(run: Run, runs: Sequence[Run], meaning: Sequence[Any]) -> bool:
    """Whether the query that means ``meaning`` is true of ``run``, one of ``runs``."""
    match meaning:
        case ("true",):
            return True
        case ("and", items):
            return all(true_of(run, runs, item) for item in items)
        case ("or", items):
            return any(true_of(run, runs, item) for item in items)
        case ("not", item):
            return not true_of(run, runs, item)
    return clause(run, runs, meaning)


def sort_value(run: Run, key: Sequence[Any]) -> Any:
    found = values(run, key[0], key[1], key[2])
    return found[0] if found and has_order(found[0]) else None


def before(left: Run, right: Run, keys: Sequence[Sequence[Any]]) -> bool:
    """Whether ``left`` comes before ``right``. A key is (field, key, stat, descending)."""
    for key in keys:
        a, b = sort_value(left, key), sort_value(right, key)
        ranks = [3 if v is None else 2 if isinstance(v, bool) else 1 if isinstance(v, str) else 0 for v in (a, b)]
        if ranks[0] != ranks[1]:  # numbers, texts, booleans, then what is missing: in both directions
            return ranks[0] < ranks[1]
        if a != b:
            return bool(a > b) if key[3] else bool(a < b)
    created = [values(run, "created_at", None, None)[0] for run in (left, right)]
    if created[0] != created[1]:
        return created[0] > created[1]
    return bool(left["spec"]["uuid"] < right["spec"]["uuid"])


def ordered(runs: Sequence[Run], keys: Sequence[Sequence[Any]]) -> list[Run]:
    """Insertion sort: slow and plain."""
    result: list[Run] = []
    for run in runs:
        place = next((i for i, other in enumerate(result) if before(run, other, keys)), len(result))
        result.insert(place, run)
    return result


def candidates(runs: Sequence[Run], namespace: str) -> list[Run]:
    """The runs of a namespace; of two with one uuid the older."""
    oldest: dict[str, Run] = {}
    for run in runs:
        if run["metadata"]["namespace"] != namespace:
            continue
        uuid = run["spec"]["uuid"]
        if uuid not in oldest or age(run) < age(oldest[uuid]):
            oldest[uuid] = run
    return list(oldest.values())


def age(run: Run) -> tuple[int, str]:
    return values(run, "created_at", None, None)[0], run["metadata"]["uid"]


def selected(run: Run, selector: Sequence[tuple[str, str, Sequence[str]]]) -> bool:
    """Kubernetes' label selectors: all of them, and NotIn holds of a run without the label."""
    labels = run["metadata"].get("labels", {})
    meaning = {
        "In": lambda key, some: labels.get(key) in some,
        "NotIn": lambda key, some: labels.get(key) not in some,
        "Exists": lambda key, some: key in labels,
        "DoesNotExist": lambda key, some: key not in labels,
    }
    return all(meaning[name](key, some) for key, name, some in selector)


def search(runs: Sequence[Run], namespace: str, question: Any) -> tuple[int, int, list[str]]:
    """How many runs were candidates, how many matched, and the uuids of those taken, in order."""
    known = candidates(runs, namespace)
    scope = [
        run for run in known if run["metadata"]["uid"] not in question.excluded and selected(run, question.selector)
    ]
    matched = ordered([run for run in scope if true_of(run, known, question.meaning)], question.order)
    stop = None if question.limit is None else question.offset + question.limit
    return len(scope), len(matched), [run["spec"]["uuid"] for run in matched[question.offset : stop]]
