"""An operation as the resolver works with it: joins, params and declarations, read once, each with its path.

The API models stay outside: everything below reads these frozen types. Source: spec 1 (Fields of a join,
Fields of a join param), spec 3 (Ordinary params).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from joinery.iotypes import IOSpec
from joinery.joins.values import ValueExpression

if TYPE_CHECKING:
    from joinery.runs.search import LabelRequirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What a param says beside its value; two joins that give one param must agree in these."""

    context_only: bool = False
    to_init: bool = False
    to_env: str | None = None
    connection: str | None = None
    on_missing: str = "Fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinParam:
    """One param of a join. ``expression`` is None when ``written`` could not be read (a problem says why)."""

    name: str
    path: str
    written: Any
    expression: ValueExpression | None
    flags: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """One join, with what its ``ref`` gives already in place. ``limit`` and ``offset`` are as written (int, digits
    or a template); ``wait_for`` is seconds.
    """

    index: int
    query: str
    sort: str
    limit: int | str | None
    offset: int | str | None
    params: Mapping[str, JoinParam]
    selector: tuple[LabelRequirement, ...] = ()
    ref: str | None = None
    min_runs: int = 0
    wait_for: float = 0
    on_null: str = "Keep"
    found: bool = True  # False: the Search that `ref` names is not there

    @property
    def path(self) -> str:
        """``spec.joins[0]``."""
        return f"spec.joins[{self.index}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One ordinary param. With ``ref``, ``expression`` is the value expression on that run."""

    name: str
    path: str
    value: Any
    ref: str | None
    expression: ValueExpression | None
    flags: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One input or output of the component. ``type`` is as written."""

    spec: IOSpec
    is_output: bool
    path: str

    @property
    def required(self) -> bool:
        """An input that something must give."""
        return not (self.is_output or self.spec.is_optional or self.spec.has_value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole operation. ``has_component`` is False when the Component it names is not known: then nothing is
    held against declarations."""

    joins: tuple[Join, ...] = ()
    params: Mapping[str, Param] = field(default_factory=dict)
    declared: Mapping[str, Declared] = field(default_factory=dict)
    component: Mapping[str, Any] | None = None
    component_ref: str | None = None
    has_component: bool = True
    _given: dict[str, list[JoinParam]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for join in self.joins:
            for name, param in join.params.items():
                self._given.setdefault(name, []).append(param)

    def given_by_joins(self) -> Mapping[str, list[JoinParam]]:
        """Each name that joins give, with the params that give it, in join order."""
        return self._given
