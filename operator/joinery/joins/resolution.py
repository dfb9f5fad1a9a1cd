"""What a resolution is: the frozen snapshot that status, ConfigMaps and the container are made from.

Source: spec 1, *What is recorded*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from joinery.problems import Problem

if TYPE_CHECKING:
    from joinery.runs.record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedParam:
    """One param: its value (JSON types only), its type as declared, and its flags.

    ``type`` is the declared type text (``float``, ``List[float]``, ``artifacts``; ``any`` when nothing is declared).
    ``source`` says where it came from: ``join``, ``param``, ``ref`` or ``default``. ``nulls`` counts the null elements.
    """

    name: str
    value: Any
    type: str = "any"
    is_list: bool = False
    context_only: bool = False
    to_init: bool = False
    to_env: str | None = None
    connection: str | None = None
    on_missing: str = "Fail"
    is_flag: bool = False
    arg_format: str | None = None
    source: str = "param"
    nulls: int = 0

    def with_flags(self) -> dict[str, Any]:
        """The value with its type and flags, by their names in YAML: what a digest covers, and a snapshot records."""
        return {
            "value": self.value,
            "type": self.type,
            "isList": self.is_list,
            "contextOnly": self.context_only,
            "toInit": self.to_init,
            "toEnv": self.to_env,
            "connection": self.connection,
            "onMissing": self.on_missing,
            "isFlag": self.is_flag,
            "argFormat": self.arg_format,
        }


class TakenRun(NamedTuple):
    """One run a join took, in order. ``sort_keys`` maps each sort key as written to the run's value.

    ``record`` holds of the run what the params of the join needed, and no more.
    """

    uid: str
    uuid: str
    name: str
    resource_version: str
    sort_keys: Mapping[str, Any]
    record: RunRecord

    def __repr__(self) -> str:
        keys = "".join(f", {key}={value!r:.60}" for key, value in self.sort_keys.items())
        return f"<run {self.name}, {self.uuid}{keys}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRecord:
    """What one join asked and got. ``limit`` is None when the join gave none (then the cap held).

    ``dropped`` are runs left out by ``onNull: DropRun`` (they are not in ``runs``). ``params`` are the names
    it gives; ``nulls`` counts null elements by param.
    """

    index: int
    query: str
    sort: str
    limit: int | None
    offset: int
    candidates: int
    matched: int
    runs: tuple[TakenRun, ...]
    dropped: tuple[TakenRun, ...] = ()
    ref: str | None = None
    params: tuple[str, ...] = ()
    nulls: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferredRun:
    """The run that an ordinary param refers to by ``ref``: upstream of the operation, as joined runs are (spec 3)."""

    param: str
    uuid: str
    name: str
    resource_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The snapshot. ``now`` is microseconds since 1970, UTC; ``runs_version`` the resource version of the runs
    ("" offline); ``component`` the component that was used, as plain JSON (None when only params were resolved);
    ``warnings`` are all of them, those of the joins included, each with its path. ``digest`` is ``sha256:HEX``.
    """

    name: str
    namespace: str
    params: Mapping[str, ResolvedParam]
    joins: tuple[JoinRecord, ...]
    warnings: tuple[Problem, ...]
    digest: str
    now: int
    runs_version: str = ""
    component: Mapping[str, Any] | None = None
    globals: Mapping[str, Any] = field(default_factory=dict)
    referred: tuple[ReferredRun, ...] = ()

    @property
    def joined(self) -> int:
        """How many different runs were joined in all."""
        return len({run.uid for join in self.joins for run in join.runs})
