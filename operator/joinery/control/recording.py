"""Writing what is known into a Run, so that it arrives as it is.

A JSON merge patch is what a Run is written with as a rule: our own keys alone, whatever the client writes meanwhile.
It cannot say two things: a null, which it takes for a deletion, and a mapping whole where there is one already, which
it mixes. What holds these goes by a JSON patch (RFC 6902), which sets what it names, with the version that was read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from joinery.api.v1alpha1 import reasons
from joinery.control import tracking
from joinery.control.ports import Api, Manifest
from joinery.control.progress import NOTHING, Progress
from joinery.kube.errors import ApiError, Invalid, NotFound, Refused
from joinery.kube.paths import RUNS

BY_NAME = frozenset({"inputs", "outputs", "metrics"})  # mappings of a Run of which a patch sets single names
_TOO_LARGE = ("request is too large", "message larger than max")  # etcd's words, in a 500


async def record(api: Api, run: Manifest, found: Progress, *, now: str) -> tuple[tuple[str, str], ...]:
    """Bring the Run up to ``found``. Returns more warnings (reason, message): outputs that the API server refuses are
    left out, for without its phase the Run would never end. Fine where the Run is gone. Raises other errors."""
    patch = tracking.patch_for(run, found, now=now)
    if patch is None:
        return ()
    with contextlib.suppress(NotFound):
        try:
            await write(api, run, patch)
        except ApiError as error:
            if not (found.outputs and _is_refusal(error)):
                raise
            bare = tracking.patch_for(run, replace(found, outputs=NOTHING), now=now)
            if bare is not None:
                await write(api, run, bare)
            said = f"the outputs could not be recorded, and nothing of them was: {error.message}"
            return ((reasons.OUTPUTS_TRUNCATED, said),)
    return ()


def _is_refusal(error: ApiError) -> bool:
    return isinstance(error, Invalid | Refused) or any(words in error.message for words in _TOO_LARGE)


async def write(api: Api, run: Manifest, patch: Mapping[str, Any]) -> Manifest:
    """Bring ``patch`` into the Run: of ``metadata``, ``spec`` and ``status`` each key is set to just that value, and
    of inputs, outputs and metrics each name. Returns the Run as it is then.

    Raises NotFound, and Conflict where the Run was changed since it was read and that matters.
    """
    metadata = run["metadata"]
    if _is_beyond_merging(run, patch):
        return await api.json_patch(RUNS, metadata["namespace"], metadata["name"], _operations(run, patch))
    return await api.merge_patch(RUNS, metadata["namespace"], metadata["name"], patch)


def _is_beyond_merging(run: Manifest, patch: Mapping[str, Any]) -> bool:
    for part in ("spec", "status"):
        for key, value in (patch.get(part) or {}).items():
            if _holds_null(value):
                return True
            there = (run.get(part) or {}).get(key)
            if key in BY_NAME and isinstance(there, dict):
                if any(isinstance(one, dict) and isinstance(there.get(name), dict) for name, one in value.items()):
                    return True
            elif isinstance(value, dict) and isinstance(there, dict):
                return True
    return False


def _holds_null(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_null(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_null(one) for one in value)
    return value is None


def _operations(run: Manifest, patch: Mapping[str, Any]) -> list[dict[str, Any]]:
    version = {"op": "add", "path": "/metadata/resourceVersion", "value": run["metadata"]["resourceVersion"]}
    made = [version]
    for part in ("metadata", "spec", "status"):
        before, new = run.get(part), patch.get(part) or {}
        if new and before is None:
            made.append({"op": "add", "path": f"/{part}", "value": {}})
        for key, value in new.items():
            if key in BY_NAME or (part == "metadata" and isinstance(value, Mapping)):
                value = {**((before or {}).get(key) or {}), **value}
            made.append({"op": "add", "path": f"/{part}/{key}", "value": value})
    return made
