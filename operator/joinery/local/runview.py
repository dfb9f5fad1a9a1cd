"""A run as notebooks see it: plain names for what it recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from joinery.runs.record import Artifact, Metric, RunRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, repr=False)
class RunView:
    """One run of an answer. ``sort_keys`` are the values it was sorted by; ``record`` is all of it.

    ``metrics`` maps each metric to its last value; ``metric(name)`` has its minimum, maximum and step too.
    Times are datetimes in UTC, None where unknown.
    """

    record: RunRecord
    sort_keys: Mapping[str, Any] = field(default_factory=dict)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.record.name)

    def __repr__(self) -> str:
        keys = "".join(f", {key}={value!r:.60}" for key, value in self.sort_keys.items())
        return f"<run {self.name}, {self.status or 'no status'}{keys}>"

    @property
    def uuid(self) -> str:
        """32 lower-case hex digits."""
        return self.record.uuid

    @property
    def uid(self) -> str:
        return self.record.uid

    @property
    def namespace(self) -> str:
        return self.record.namespace

    @property
    def status(self) -> str | None:
        """The phase, as queries write it: ``succeeded``, ``upstream_failed``."""
        return self.record.phase

    @property
    def tags(self) -> tuple[str, ...]:
        return self.record.tags

    @property
    def labels(self) -> Mapping[str, str]:
        return self.record.labels

    @property
    def inputs(self) -> Mapping[str, Any]:
        return self.record.inputs

    @property
    def outputs(self) -> Mapping[str, Any]:
        """As recorded; queries see the metrics among them too (spec 1, *Value expressions*)."""
        return self.record.outputs

    @property
    def metrics(self) -> Mapping[str, int | float | None]:
        return {name: metric.last for name, metric in self.record.metrics.items()}

    def metric(self, name: str) -> Metric:
        """Last, min, max and step of one metric. Raises KeyError."""
        return self.record.metrics[name]

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        return self.record.artifacts

    @property
    def created_at(self) -> datetime:
        return moment(self.record.created_at)

    @property
    def started_at(self) -> datetime | None:
        return None if self.record.started_at is None else moment(self.record.started_at)

    @property
    def finished_at(self) -> datetime | None:
        return None if self.record.finished_at is None else moment(self.record.finished_at)

    @property
    def duration(self) -> float | None:
        """Seconds from start to finish."""
        return self.record.duration


def moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
