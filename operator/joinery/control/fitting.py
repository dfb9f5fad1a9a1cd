"""Status within what one object may hold: what is too much for it stands in the result ConfigMaps alone.

etcd takes 1.5 MiB of one object, and a spec may be two thirds of that by itself. Source: spec 4, *Large results*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from joinery.control.snapshot import SnapshotTooLarge
from joinery.joins import Limits, Resolution, to_status
from joinery.problems import Problem

OBJECT_BYTES = 1_400_000  # spec and status together; conditions and warnings are still to come
FEW_RUNS = 5  # shown of each join where there is little room


def fitting_status(resolution: Resolution, operation: Mapping[str, Any], *, limits: Limits) -> dict[str, Any]:
    """The status of a resolution, shortened as far as it must be. Raises SnapshotTooLarge where that is not enough."""
    room = OBJECT_BYTES - _size({**operation, "status": None})
    status = to_status(resolution, limits=limits)
    if _size(status) <= room:
        return status
    status.pop("component", None)
    if _size(status) <= room:
        return status
    few = replace(limits, inline_total_bytes=0, runs_in_status=FEW_RUNS)
    status = to_status(resolution, limits=few)
    status.pop("component", None)
    if _size(status) > room:
        for param in status["params"].values():
            param.pop("first", None)
    if _size(status) > room:
        raise SnapshotTooLarge(
            Problem(
                message=f"the operation and what is to be recorded in its status are {OBJECT_BYTES - room:,} and"
                f" {_size(status):,} bytes; one object may have {OBJECT_BYTES:,}",
                rule="too-large",
                hint="put the component into a Component and name it by `componentRef`, or join fewer params",
            )
        )
    return status


def _size(manifest: Mapping[str, Any]) -> int:
    return len(orjson.dumps(manifest))
