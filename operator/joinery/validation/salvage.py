"""What can still be read of a part when something in it is wrong: the rest of it is judged all the same.

A person wants to mend everything in one go (spec 3): a misspelt key in a join hides neither its query's mistakes nor
those of its other params.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from joinery.api.v1alpha1 import V1Join
from joinery.api.v1alpha1.base import Model, snake_key
from joinery.problems import InvalidManifest, Problem

_M = TypeVar("_M", bound=Model)
_ROUNDS = 4  # what a rule over several keys says is known only when each of them can be read
_PART = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_NO_PARAMS = {"stand_in": {"value": "inputs"}}


def salvage(model: type[_M], value: Any, *, stand_ins: Mapping[str, Any] | None = None) -> _M | None:
    """The model without the keys that are wrong; None when nothing sensible is left. ``stand_ins`` (by key as in a
    manifest) take the place of what is required and cannot be read."""
    for _ in range(_ROUNDS):
        try:
            return model.from_dict(value)
        except InvalidManifest as error:
            if not isinstance(value, Mapping):
                return None
            value = _without(value, error.problems, stand_ins or {})
        except (ValueError, RecursionError):
            return None
    return None


def salvage_join(value: Any) -> V1Join | None:
    """A join without what is wrong in it: a param that cannot be read is left out, a query that is no text is empty."""
    join = salvage(V1Join, value, stand_ins={"query": "", "params": _NO_PARAMS})
    return join.model_copy(update={"params": {}}) if join is not None and join.params.keys() == {"stand_in"} else join


def keeps_params(written: Any, join: V1Join | None) -> bool:
    """Whether every param of a join that was salvaged is still there: what it gives is then known."""
    params = written.get("params") if isinstance(written, Mapping) else None
    return join is not None and isinstance(params, Mapping) and join.params.keys() == params.keys()


def _without(value: Mapping[str, Any], problems: tuple[Problem, ...], stand_ins: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(value)
    for problem in problems:
        parts = [bracketed or plain for bracketed, plain in _PART.findall(problem.path)]
        if not parts:
            continue
        key = parts[0] if parts[0] in kept else snake_key(parts[0])
        inner = kept.get(key)
        if key == "params" and len(parts) > 1 and isinstance(inner, Mapping):
            kept[key] = {name: one for name, one in inner.items() if name != parts[1]}
        else:
            kept.pop(key, None)
            if key in stand_ins:
                kept[key] = stand_ins[key]
    return kept
