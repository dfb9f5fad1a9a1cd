"""Label selectors: as kubectl's ``-l`` writes them, and as manifests do (``matchLabels``, ``matchExpressions``).

``a=b``, ``a==b``, ``a!=b``, ``a in (x, y)``, ``a notin (x, y)``, ``a``, ``!a``, joined by commas.
Source: Kubernetes, *Labels and Selectors*; spec 1, ``selector``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from joinery.problems import InvalidQuery, Problem, did_you_mean
from joinery.runs.search import LabelRequirement

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_LONGEST = 16 * 1024
_KEY = r"(?P<key>(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
_SET = re.compile(rf"{_KEY}\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)\s*")
_EQUAL = re.compile(rf"{_KEY}\s*(?P<op>==|=|!=)\s*(?P<value>{_VALUE})\s*")
_EXISTS = re.compile(rf"(?P<op>!?)\s*{_KEY}\s*")
_PLAIN_VALUE = re.compile(_VALUE)


def read_selector(selector: str | Mapping[str, Any] | None) -> tuple[LabelRequirement, ...]:
    """A selector in either writing; None and ``""`` select everything. Raises InvalidQuery with every problem."""
    match selector:
        case None:
            return ()
        case str():
            return parse_selector(selector)
        case Mapping():
            return _from_mapping(selector)
    raise InvalidQuery(Problem(message="a label selector is text or a mapping", path="selector", rule="selector"))


def parse_selector(text: str) -> tuple[LabelRequirement, ...]:
    """kubectl's ``-l``. Raises InvalidQuery with the place."""
    if len(text) > _LONGEST:
        raise InvalidQuery(Problem(message="a label selector takes at most 16 KiB", path="selector", rule="selector"))
    return tuple(_requirements(text)) if text.strip() else ()


def _requirements(text: str) -> Iterator[LabelRequirement]:
    at = len(text) - len(text.lstrip())
    while True:
        if match := _SET.match(text, at):
            values = tuple(value.strip() for value in match["values"].split(","))
            for value in values:
                if not _PLAIN_VALUE.fullmatch(value):
                    raise _problem(text, match.start("values"), f"`{value[:80]}` cannot be the value of a label")
            yield LabelRequirement(key=match["key"], operator="In" if match["op"] == "in" else "NotIn", values=values)
        elif match := _EQUAL.match(text, at):
            operator = "NotIn" if match["op"] == "!=" else "In"
            yield LabelRequirement(key=match["key"], operator=operator, values=(match["value"],))
        elif match := _EXISTS.match(text, at):
            yield LabelRequirement(key=match["key"], operator="DoesNotExist" if match["op"] else "Exists")
        else:
            raise _problem(text, at, "a requirement is expected here")
        at = match.end()
        if at == len(text):
            return
        if text[at] != ",":
            raise _problem(text, at, "a comma or the end of the selector is expected here")
        at += 1 + (len(text[at + 1 :]) - len(text[at + 1 :].lstrip()))


def _problem(text: str, position: int, message: str) -> InvalidQuery:
    hint = "selectors read `team=vision,stage in (dev, test),!archived`; for values that runs recorded use the query"
    return InvalidQuery(
        Problem(message=message, path="selector", rule="selector", text=text, position=position, hint=hint)
    )


def _from_mapping(selector: Mapping[str, Any]) -> tuple[LabelRequirement, ...]:
    """``matchLabels`` and ``matchExpressions``; a mapping with neither is read as ``matchLabels`` itself."""
    problems: list[Problem] = []
    found: list[LabelRequirement] = []
    wrapped = {"matchLabels", "matchExpressions"} & set(selector)
    labels = selector.get("matchLabels") or {} if wrapped else selector
    expressions = selector.get("matchExpressions") or [] if wrapped else []
    for key in sorted(set(selector) - {"matchLabels", "matchExpressions"}) if wrapped else ():
        hint = did_you_mean(str(key), ("matchLabels", "matchExpressions"))
        problems.append(Problem(message=f"`{key}` is unknown", path="selector", rule="unknown-key", hint=hint))
    if not isinstance(labels, Mapping) or not all(isinstance(v, str) for pair in labels.items() for v in pair):
        problems.append(
            Problem(message="names and values of labels are texts", path="selector.matchLabels", rule="selector")
        )
    else:
        found += [LabelRequirement(key=key, operator="In", values=(value,)) for key, value in sorted(labels.items())]
    for index, expression in enumerate(expressions if isinstance(expressions, Sequence) else ()):
        match expression:
            case {"key": str(key), "operator": str(operator)} if operator in OPERATORS:
                values = tuple(str(value) for value in expression.get("values") or ())
                if bool(values) == operator.endswith("In"):
                    found.append(LabelRequirement(key=key, operator=operator, values=values))
                    continue
                message = f"`{operator}` takes {'values' if operator.endswith('In') else 'no values'}"
            case _:
                message = f"an expression has `key`, `operator` ({', '.join(OPERATORS)}) and `values`"
        problems.append(Problem(message=message, path=f"selector.matchExpressions[{index}]", rule="selector"))
    if problems:
        raise InvalidQuery(problems)
    return tuple(found)
