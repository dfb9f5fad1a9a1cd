"""The lists and maps within a Run's manifest: metrics, artifacts, resources, upstream, conditions, tags.

Source: spec 5, *Run*.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joinery.runs import fields
from joinery.runs.fields import Problems, note, shape, shown
from joinery.runs.plain import plain_mapping, plain_number, plain_text
from joinery.runs.quantities import parse_quantity
from joinery.runs.record import Artifact, Metric, Upstream
from joinery.runs.times import parse_time
from joinery.runs.written import SPECIAL_NUMBERS

_SPECIAL = {**SPECIAL_NUMBERS, "+Infinity": math.inf}
_STATS = ("last", "min", "max", "step")
_RESOURCES = ("cpu", "memory", "gpu", "cost")


def read_metrics(status: Mapping[str, Any], problems: Problems) -> Mapping[str, Metric]:
    """``status.metrics``: number or ``{last, min, max, step}``; ``"NaN"`` and ``"Infinity"`` as texts. Null is none."""
    metrics = {}
    for name, value in fields.mapping(status, "metrics", "status.", problems).items():
        kind = type(value)
        if kind is float or kind is int:
            number = value if kind is float and not value.is_integer() else plain_number(value)
            # Metric(…) by the short way: a load has millions of them.
            metrics[_name(name)] = tuple.__new__(Metric, (number, None, None, None))
        elif kind is dict or isinstance(value, Mapping):
            stats = [_number(value.get(stat), f"status.metrics.{name}.{stat}", problems) for stat in _STATS]
            if any(stat is not None for stat in stats):
                metrics[_name(name)] = Metric(*stats)
        elif value is not None:
            metrics[_name(name)] = Metric(_number(value, f"status.metrics.{name}", problems))
    return metrics


def _name(name: Any) -> str:
    if type(name) is str and name.isascii():
        return name
    return plain_text(name) if isinstance(name, str) else str(name)


def _number(value: Any, path: str, problems: Problems) -> int | float | None:
    if value is None:
        return None
    if isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return plain_number(value if type(value) in (int, float) else float(value))
        except ValueError as error:
            note(problems, path, str(error))
            return None
    hint = 'only "NaN", "Infinity" and "-Infinity" are written as texts' if isinstance(value, str) else None
    note(problems, path, f"must be a number, and is {shape(value)}: {shown(value)}", hint)
    return None


def read_artifacts(status: Mapping[str, Any], problems: Problems) -> tuple[Artifact, ...]:
    """``status.artifacts``: each needs a name."""
    found = []
    for path, item in fields.entries(status, "artifacts", "status.", problems):
        name = fields.text(item, "name", path, problems)
        is_input = item.get("isInput")
        if is_input is not None and type(is_input) is not bool:
            note(problems, f"{path}isInput", f"must be true or false, and is {shape(is_input)}")
        kind, place = fields.text(item, "kind", path, problems), fields.text(item, "path", path, problems)
        if name is None:
            note(problems, f"{path}name", "is missing: an artifact is known by its name")
        else:
            found.append(Artifact(name=name, kind=kind, path=place, is_input=is_input is True))
    return tuple(found)


def read_resources(status: Mapping[str, Any], problems: Problems) -> Mapping[str, int | float]:
    """``status.resources``: numbers, or Kubernetes quantities as texts. Names other than the four are no fields."""
    found = {}
    resources = fields.mapping(status, "resources", "status.", problems)
    for name in _RESOURCES if resources else ():
        value = resources.get(name)
        if isinstance(value, str):
            try:
                found[name] = parse_quantity(value)
            except ValueError:
                note(problems, f"status.resources.{name}", f"{shown(value)} is no quantity", "as in 500m, 2 or 1Gi")
        elif value is not None:
            number = _number(value, f"status.resources.{name}", problems)
            if number is not None:
                found[name] = number
    return found


def read_upstream(status: Mapping[str, Any], problems: Problems) -> tuple[Upstream, ...]:
    """``status.upstream``: the runs that this one was made from."""
    found = []
    for path, item in fields.entries(status, "upstream", "status.", problems):
        uuid = fields.uuid(item.get("uuid"), f"{path}uuid", problems)
        params = read_texts(item, "params", path, problems)
        name = fields.text(item, "name", path, problems)
        if uuid is not None:
            found.append(Upstream(uuid=uuid, name=name, params=params))
    return tuple(found)


def read_texts(parent: Mapping[str, Any], key: str, path: str, problems: Problems) -> tuple[str, ...]:
    """A list of texts."""
    value = parent.get(key)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        note(problems, f"{path}{key}", f"must be a list of texts, and is {shape(value)}")
        return ()
    for index, item in enumerate(value):
        if type(item) is not str:
            note(problems, f"{path}{key}[{index}]", f"must be a text, and is {shape(item)}", "put it in quotes")
            return ()
    return tuple(map(plain_text, value))


def read_conditions(status: Mapping[str, Any], problems: Problems) -> tuple[int | None, Mapping[str, Any] | None]:
    """``status.conditions``: the newest transition time, and the condition that made it (the last of equal ones)."""
    newest, chosen = None, None
    for path, item in fields.entries(status, "conditions", "status.", problems):
        moment = item.get("lastTransitionTime")
        try:
            at = None if moment is None else parse_time(moment)
            if chosen is None or newest is None or (at is not None and at >= newest):
                chosen = plain_mapping(item)
                newest = at if at is not None else newest
        except (TypeError, ValueError):
            note(problems, f"{path}lastTransitionTime", f"{shown(moment)} is no time")
    return newest, chosen
