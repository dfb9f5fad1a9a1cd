"""A Run as the engine sees it: read once from its manifest, checked, and never changed.

Source: spec 5 (Run) and spec 2 (Fields). Times are microseconds since 1970 in
UTC, as integers: exact to compare, and the same in Python and in both databases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple


class Metric(NamedTuple):
    """One metric of a run. ``min``, ``max`` and ``step`` are None where only a plain number was recorded.

    Values are int or float; NaN and the infinities are floats here, whatever the manifest wrote.
    """

    last: int | float | None
    min: int | float | None = None
    max: int | float | None = None
    step: int | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One entry of a run's lineage of files."""

    name: str
    kind: str | None = None
    path: str | None = None
    is_input: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """One run that this run was made from, and the params it gave."""

    uuid: str
    name: str | None = None
    params: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One Run. Defaults are applied: ``project`` is the namespace, ``kind`` is ``job``, and so on (spec 5).

    ``inputs``, ``outputs`` and ``metrics`` are as recorded, before one overlays the other;
    :mod:`joinery.runs.lookup` gives them as queries and values see them.
    ``phase`` reads as Polyaxon writes it (``upstream_failed``).
    """

    uid: str  # metadata.uid, or "namespace/name" for a file without one: the store's key
    uuid: str  # 32 lower-case hex digits
    namespace: str
    name: str  # metadata.name
    display_name: str  # spec.name, else metadata.name: PQL's `name`
    resource_version: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    phase: str | None = None
    kind: str = "job"
    runtime: str | None = None
    user: str | None = None
    project: str = ""
    managed_by: str | None = None
    cloning_kind: str | None = None
    queue: str | None = None
    commit: str | None = None
    connection: str | None = None
    tags: tuple[str, ...] = ()
    created_at: int = 0
    updated_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    schedule_at: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()
    resources: Mapping[str, int | float] = field(default_factory=dict)  # cpu, memory, gpu, cost
    pipeline: str | None = None
    original: str | None = None
    controller: str | None = None
    upstream: tuple[Upstream, ...] = ()
    condition: Mapping[str, Any] | None = None  # the newest of status.conditions, as recorded
    warnings: tuple[str, ...] = ()  # what was noticed while reading it: never silence

    @property
    def duration(self) -> float | None:
        """Seconds from start to finish; None until both are known."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at) / 1_000_000

    @property
    def wait_time(self) -> float | None:
        """Seconds from creation to start; None until it started."""
        return None if self.started_at is None else (self.started_at - self.created_at) / 1_000_000

    if not TYPE_CHECKING:  # to the type checker every attribute is there

        def __getattr__(self, name: str) -> Any:
            """A mapping that ``make_record`` was not given: made when it is first asked for."""
            make = _MADE_DEFAULTS.get(name)
            if make is None:
                raise AttributeError(f"a RunRecord has no {name!r}")
            return self.__dict__.setdefault(name, make())


_MADE_DEFAULTS = {item.name: item.default_factory for item in fields(RunRecord) if item.default_factory is not MISSING}


def make_record(values: dict[str, Any]) -> RunRecord:
    """``RunRecord(**values)`` at a tenth of its cost, for pages of thousands. The caller gets the names right, and
    gives ``values`` away."""
    record = object.__new__(RunRecord)
    # What is not given is the class's own default, or comes from `__getattr__`.
    object.__setattr__(record, "__dict__", values)
    return record
