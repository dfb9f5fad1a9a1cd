"""The names that templates of an operation see, growing as params and joins are resolved.

Source: spec 1, *Order* (globals → params → joins, in order) and spec 4, *Templates* (the names). Where a
template decides what a query *is* (its syntax), only what the operation itself wrote is seen: never a value
that another run recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.iotypes import IOSpec, as_arg, as_str
from joinery.joins.resolution import ReferredRun, ResolvedParam

RESERVED = frozenset({"globals", "params", "connections", "artifacts", "inputs", "outputs", "metrics", "io"})


@dataclass(slots=True)
class Scope:
    """``foreign`` are params whose value another run recorded; ``failed`` those that have a problem already, so
    that what uses them is passed over and not reported a second time; ``referred`` the runs that refs name."""

    globals: Mapping[str, Any]
    connections: Mapping[str, Any] = field(default_factory=dict)
    params: dict[str, ResolvedParam] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    referred: list[ReferredRun] = field(default_factory=list)

    def add(self, param: ResolvedParam, *, foreign: bool = False) -> None:
        """A param that is resolved; a later one of the same name takes its place."""
        self.params[param.name] = param
        (self.foreign.add if foreign else self.foreign.discard)(param.name)

    def blocked(self, needed: frozenset[str]) -> bool:
        """Whether a template that reads these names cannot be rendered since one of them failed."""
        return bool(self.failed & needed) or ("params" in needed and bool(self.failed))

    def names(self, needed: frozenset[str], *, own_only: bool = False) -> dict[str, Any]:
        """What a template that reads ``needed`` is given. ``own_only`` leaves out what other runs recorded."""
        seen = {name: p for name, p in self.params.items() if not (own_only and name in self.foreign)}
        names: dict[str, Any] = {name: param.value for name, param in seen.items()}
        names["globals"] = self.globals
        names["connections"] = self.connections
        names["params"] = params_mapping(seen) if "params" in needed else {}
        return names


def params_mapping(params: Mapping[str, ResolvedParam]) -> dict[str, Any]:
    """``params`` of templates: ``params.NAME.value|type|as_str|as_arg`` and ``params.as_args``."""
    mapping: dict[str, Any] = {}
    for name, param in params.items():
        declared = io_of(param)
        mapping[name] = {
            "value": param.value,
            "type": param.type,
            "as_str": as_str(param.value, declared),
            "as_arg": as_arg(param.value, declared),
        }
    arguments: list[Any] = []
    for entry in list(mapping.values()):
        one = entry["as_arg"]
        arguments += one if isinstance(one, list) else [one] if one else []
    mapping["as_args"] = arguments
    return mapping


def io_of(param: ResolvedParam) -> IOSpec:
    """The declaration that a resolved param was held against, as far as writing it as an argument needs."""
    return IOSpec(
        name=param.name, type=param.type, is_list=param.is_list, is_flag=param.is_flag, arg_format=param.arg_format
    )
