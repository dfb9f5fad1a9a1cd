"""What a container leaves in its termination message: one JSON object of outputs, metrics and artifacts, or nothing.

Never half a value: what is not one whole JSON object within the limit is a warning. Source: spec 4, *The Run of an
operation*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from joinery.api.v1alpha1 import reasons
from joinery.api.v1alpha1.run import V1RunArtifact
from joinery.problems import InvalidManifest

MESSAGE_LIMIT = 4_096  # bytes: the kubelet's for one container
POD_LIMIT = 12_288  # bytes: the kubelet's for all containers of a pod together
LAST_LINES = 20
KEYS = ("outputs", "metrics", "artifacts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What the container said. ``warning`` is why nothing of it could be used, with its reason."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    artifacts: tuple[Mapping[str, Any], ...] = ()
    warning: str = ""
    reason: str = ""

    def __bool__(self) -> bool:
        return bool(self.outputs or self.metrics or self.artifacts)


def read(message: str, *, containers: int) -> Outputs:
    """The document in a termination message. ``containers``: of the pod, init ones included; they share the room."""
    if not message.strip():
        return Outputs()
    size, limit = len(message.encode(errors="replace")), min(MESSAGE_LIMIT, POD_LIMIT // max(1, containers))
    if size >= limit:
        return _unusable(
            f"the outputs document is {size} bytes or more and was cut: the limit is {limit - 1} for each of "
            f"{containers} containers; record more with the client (`joinery.tracking`)"
        )
    try:
        found = orjson.loads(message)
    except orjson.JSONDecodeError:
        return _unusable("the outputs document is not one whole JSON object; nothing of it was used")
    if not isinstance(found, dict):
        return _unusable("the outputs document is not a JSON object; nothing of it was used")
    wrong = [key for key in found if key not in KEYS]
    outputs, metrics, artifacts = found.get("outputs", {}), found.get("metrics", {}), found.get("artifacts", [])
    if wrong or not (isinstance(outputs, dict) and isinstance(metrics, dict) and isinstance(artifacts, list)):
        named = f" (unknown: {', '.join(map(repr, sorted(wrong)[:5]))})" if wrong else ""
        return _unusable(
            "the outputs document must hold `outputs` and `metrics`, which are objects, and `artifacts`, which is a "
            f"list of objects with a `name`; nothing of it was used{named}"
        )
    if faults := [*_metric_faults(metrics), *_artifact_faults(artifacts)]:
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
        return _unusable(f"the outputs document: {'; '.join(faults[:5])}{more}; nothing of it was used")
    return Outputs(outputs=outputs, metrics=metrics, artifacts=tuple(artifacts))


def _unusable(why: str) -> Outputs:
    return Outputs(warning=why, reason=reasons.OUTPUTS_TRUNCATED)


def _metric_faults(metrics: Mapping[str, Any]) -> list[str]:
    must = "must be a number, `NaN` or `Infinity` as text, or {last, min, max, step} of those"
    return [f"metrics.{name[:80]}: {must}" for name, value in metrics.items() if not _is_metric(value)]


def _artifact_faults(artifacts: Sequence[Any]) -> list[str]:
    """What the schema of a Run would refuse, or drop without a word."""
    faults = []
    for index, item in enumerate(artifacts):
        try:
            model = V1RunArtifact.from_dict(item) if isinstance(item, dict) else None
        except InvalidManifest as error:
            faults += [f"artifacts[{index}].{problem.path}: {problem.message}" for problem in error.problems]
            continue
        if model is None or not model.name:
            faults.append(f"artifacts[{index}]: must be an object with a `name`")
    return faults


def _is_metric(value: Any) -> bool:
    """A number, NaN or Infinity as text, or ``{last, min, max, step}`` of those."""
    if isinstance(value, dict):
        return "last" in value and all(key in ("last", "min", "max", "step") for key in value) and all(
            _is_metric(item) and not isinstance(item, dict) for item in value.values()
        )  # fmt: skip
    return (isinstance(value, int | float) and not isinstance(value, bool)) or value in ("NaN", "Infinity", "-Infinity")


def last_lines(message: str) -> str:
    """The end of what a failed container said, for people; control characters are shown as spaces."""
    lines = [line.rstrip() for line in message.strip().splitlines() if line.strip()]
    return "\n".join("".join(char if char.isprintable() else " " for char in line) for line in lines[-LAST_LINES:])
