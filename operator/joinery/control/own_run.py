"""The Run that every operation makes: its record, written before its joins are resolved, and filled after.

Source: spec 4, *The Run of an operation*. It has no owner reference: it outlives the operation.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from joinery.api.v1alpha1 import conditions as condition_names
from joinery.api.v1alpha1 import reasons
from joinery.control import conditions, names
from joinery.control.snapshot import Committed

INPUT_BYTES = 16 * 1024  # a larger input is recorded as its count and checksum
INPUTS_BYTES = 256 * 1024  # of all inputs that are recorded whole
UPSTREAM_ENTRIES = 200
UPSTREAM_PARAMS = 255  # of one entry; its list may have one item more
UPSTREAM_BYTES = 256 * 1024  # of the names of params, in all entries


def make(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The Run as it is first written: who it belongs to, nothing of what it will do."""
    metadata, spec = operation["metadata"], operation.get("spec") or {}
    run_spec = {
        "uuid": names.run_uuid(metadata["uid"]),
        "managedBy": names.MANAGED_BY,
        "project": spec.get("project"),
        "kind": "job",
        "name": metadata["name"],
        "description": spec.get("description"),
        "user": (metadata.get("annotations") or {}).get("joinery.dev/user"),
        "tags": spec.get("tags"),
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Run",
        "metadata": {
            "name": names.run_name(metadata["name"], metadata["uid"]),
            "namespace": metadata["namespace"],
            "labels": {
                names.OPERATION_UID_LABEL: metadata["uid"],
                names.OPERATION_LABEL: metadata["name"],
            },
        },
        "spec": {key: value for key, value in run_spec.items() if value},
        "status": {"phase": "Created"},
    }


def is_ours(run: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Whether the Run of that name is the one this operation made: both marks are there."""
    labels = run["metadata"].get("labels") or {}
    return (
        labels.get(names.OPERATION_UID_LABEL) == operation["metadata"]["uid"]
        and (run.get("spec") or {}).get("managedBy") == names.MANAGED_BY
    )


FINAL_PHASES = frozenset({"Succeeded", "Failed", "UpstreamFailed", "Stopped", "Skipped"})


def has_ended(run: Mapping[str, Any]) -> bool:
    """Whether the Run says how it ended."""
    return (run.get("status") or {}).get("phase") in FINAL_PHASES


def is_filled(run: Mapping[str, Any], digest: str) -> bool:
    """Whether the Run holds the inputs and lineage of that resolution already."""
    return (run["metadata"].get("annotations") or {}).get(names.DIGEST_ANNOTATION) == digest


def fill(committed: Committed) -> dict[str, Any]:
    """The merge patch that records what was resolved: inputs, and which runs they came from.

    It is made from the committed snapshot, never from a search made anew.
    """
    inputs, room = {}, INPUTS_BYTES
    for name, param in committed.params.items():
        if not param.get("contextOnly"):
            inputs[name], used = _recorded(param.get("value"), room=room)
            room -= used
    return {
        # Without managedFields a Run is half its size, in etcd and on the wire; no reader needs them.
        "metadata": {"annotations": {names.DIGEST_ANNOTATION: committed.digest}, "managedFields": [{}]},
        "spec": {"inputs": inputs},
        "status": upstream(committed),
    }


def _recorded(value: Any, *, room: int) -> tuple[Any, int]:
    """A value as it is recorded, whole or summed up, and the bytes of ``room`` that it takes."""
    packed = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    if len(packed) <= min(INPUT_BYTES, room):
        return value, len(packed)
    count = len(value) if isinstance(value, list | dict | str) else 1
    return {"count": count, "sha256": hashlib.sha256(packed).hexdigest()}, 0


def upstream(committed: Committed) -> dict[str, Any]:
    """``upstream``: the joined runs, then those referred to, with the params that each gave, in order, the first 200;
    where there are more, ``upstreamCount`` is how many in all. An entry with very many params ends in how many more."""
    named: dict[str, str] = {}
    given: defaultdict[str, dict[str, None]] = defaultdict(dict)  # a mapping keeps order, and is quick to look into
    for join in committed.joins:
        params = dict.fromkeys(join.get("params") or ())
        for run in join.get("runs") or ():
            named.setdefault(run["uuid"], run["name"])
            given[run["uuid"]].update(params)
    for one in committed.referred:
        named.setdefault(one["uuid"], one["name"])
        given[one["uuid"]][one["param"]] = None
    count = {"upstreamCount": len(named)} if len(named) > UPSTREAM_ENTRIES else {}
    shown = list(named.items())[:UPSTREAM_ENTRIES]
    room = UPSTREAM_BYTES // max(1, len(shown))
    entries = [{"uuid": uuid, "name": name, "params": _named(list(given[uuid]), room=room)} for uuid, name in shown]
    return {"upstream": entries, **count}


def _named(params: Sequence[str], *, room: int) -> list[str]:
    """The first params, as many as ``room`` bytes and one list hold, and how many more there are."""
    sizes = itertools.accumulate(len(name.encode()) + 3 for name in params)
    fitting = sum(size <= room for size in itertools.islice(sizes, UPSTREAM_PARAMS + 1))
    if fitting == len(params):
        return list(params)
    kept = params[: min(fitting, UPSTREAM_PARAMS)]
    return [*kept, f"… {len(params) - len(kept):,} more"]


def end(phase: str, *, reason: str, message: str, now: str) -> dict[str, Any]:
    """The merge patch that says how the Run ended."""
    condition = {"type": phase, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now}
    return {
        "metadata": {"managedFields": [{}]},
        "status": {"phase": phase, "finishedAt": now, "conditions": [condition]},
    }


_PHASES = {reasons.STOPPED: "Stopped", reasons.UPSTREAM_FAILED: "UpstreamFailed"}


def end_of(operation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The merge patch for the Run of an operation that ended without a Job; None while it has not ended."""
    status = operation.get("status") or {}
    succeeded = conditions.find(status.get("conditions") or (), condition_names.SUCCEEDED)
    if succeeded.get("status") != "False":
        return None
    reason = succeeded["reason"]
    return end(
        _PHASES.get(reason, "Failed"),
        reason=reason,
        message=succeeded.get("message", ""),
        now=succeeded["lastTransitionTime"],
    )
