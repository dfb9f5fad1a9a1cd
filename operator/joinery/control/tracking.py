"""What a Run records of its Job: phases as it goes through them, and in the end what its container left. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from joinery.control import own_run, progress

MAX_HISTORY = 100
_UNMANAGED: dict[str, Any] = {"managedFields": [{}]}  # half of a Run's bytes; no reader needs them
_SUMMARY = ("files", "bytes", "seconds", "skipped", "missing")


def patch_for(run: Mapping[str, Any], found: progress.Progress, *, now: str) -> dict[str, Any] | None:
    """What brings the Run up to ``found``, for :func:`joinery.control.recording.write`; None where it says all that
    already, or has ended."""
    status = run.get("status") or {}
    if own_run.has_ended(run) or status.get("phase") == found.phase:
        return None
    history = list(status.get("conditions") or ())
    reached = {
        "type": found.phase,
        "status": "True",
        "reason": found.state.ready.reason,
        "message": found.state.message[:4096],
        "lastTransitionTime": now,
    }
    changed: dict[str, Any] = {"phase": found.phase, "conditions": [*history, reached][-MAX_HISTORY:]}
    changed |= {key: value for key, value in times(found).items() if value}
    if found.outputs:
        said = found.outputs
        # What the container wrote wins over what the client wrote, key by key.
        changed |= {key: value for key, value in (("outputs", said.outputs), ("metrics", said.metrics)) if value}
        if said.artifacts:
            named = {str(item["name"]) for item in said.artifacts}
            kept = [item for item in status.get("artifacts") or () if item.get("name") not in named]
            changed["artifacts"] = [*kept, *said.artifacts]
            # The list is put whole: what the client added since it was read would be lost.
            read = {"resourceVersion": run["metadata"]["resourceVersion"]}
            return {"metadata": {**_UNMANAGED, **read}, "status": changed}
    return {"metadata": _UNMANAGED, "status": changed}


def times(found: progress.Progress) -> dict[str, str | None]:
    """When the Job started and ended, in the operation's status as in the Run's."""
    return {"startedAt": found.started_at, "finishedAt": found.finished_at}


def fetched(pods: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the fetching init containers of the newest pod brought: files, bytes, seconds, skipped."""
    newest = max(pods, key=lambda pod: pod["metadata"].get("creationTimestamp") or "", default=None)
    if newest is None:
        return []
    summaries = []
    for item in progress.fetched(newest):
        try:
            said = orjson.loads(item["message"])
        except orjson.JSONDecodeError:
            continue
        if isinstance(said, dict):
            # The container's name is that of the Connection as far as it may be.
            connection = said.get("connection") or item["container"].removeprefix(progress.FETCH_PREFIX)
            summaries.append({"connection": str(connection), **{key: said[key] for key in _SUMMARY if key in said}})
    return summaries
