"""The names that the pod's templates see: params, globals, connections. Source: spec 4, *Templates*."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.api.v1alpha1 import V1ComponentSpec
from joinery.iotypes import IOSpec, as_text
from joinery.joins.declared import base_type
from joinery.joins.resolution import ResolvedParam
from joinery.joins.scope import params_mapping


@dataclass(slots=True)
class Names:
    """``of`` gives what a template that reads certain root names is rendered with."""

    params: Mapping[str, ResolvedParam]
    globals: Mapping[str, Any]
    connections: Mapping[str, Any]
    _base: dict[str, Any] = field(default_factory=dict)
    _written: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self._base = {name: param.value for name, param in self.params.items()}
        self._base |= {"globals": self.globals, "connections": self.connections, "params": {}}

    def of(self, needed: Iterable[str]) -> Mapping[str, Any]:
        """``params.*`` is written out only for a template that reads it: of large values that takes time."""
        if "params" not in needed:
            return self._base
        if self._written is None:
            self._written = {**self._base, "params": params_mapping(self.params)}
        return self._written

    def largest(self, names: Iterable[str]) -> tuple[str, int] | None:
        """The largest param among ``names`` (all of them, where ``params`` is one), with its size as text in bytes."""
        wanted = set(names)
        among = self.params if "params" in wanted else {name: self.params[name] for name in wanted & set(self.params)}
        sizes = [(len(as_text(param.value).encode()), name) for name, param in among.items()]
        if not sizes:
            return None
        size, name = max(sizes)
        return name, size


def typed_params(params: Mapping[str, Mapping[str, Any]], component: V1ComponentSpec) -> dict[str, ResolvedParam]:
    """The params of a snapshot with what the component declares of them (status leaves that out).

    Numbers of type float are floats again: JSON in a cluster's storage makes ``1`` of ``1.0``.
    """
    declared = {io.name: io.to_spec() for io in component.io}
    made: dict[str, ResolvedParam] = {}
    for name, kept in params.items():
        spec = declared.get(name) or IOSpec(name=name, type=str(kept.get("type") or "any"))
        value = kept.get("value")
        made[name] = ResolvedParam(
            name=name,
            value=_floats(value) if base_type(spec) == "float" else value,
            type=str(kept.get("type") or "any"),
            is_list=bool(kept.get("isList")),
            context_only=bool(kept.get("contextOnly")),
            to_init=bool(kept.get("toInit")),
            to_env=kept.get("toEnv"),
            connection=kept.get("connection"),
            on_missing=str(kept.get("onMissing") or "Fail"),
            is_flag=bool(kept.get("isFlag") or spec.is_flag),
            arg_format=kept.get("argFormat") or spec.arg_format,
            source=str(kept.get("source") or "param"),
        )
    return made


def _floats(value: Any) -> Any:
    if type(value) is int:
        return float(value)
    return [_floats(item) for item in value] if isinstance(value, list) else value
