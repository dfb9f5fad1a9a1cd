"""The committed snapshot of an operation, as long as something is still to be made of it."""

from __future__ import annotations

import asyncio
import logging

from joinery.control import own_run, snapshot
from joinery.control.ports import Api, Manifest
from joinery.joins import Resolution
from joinery.kube.paths import CONFIG_MAPS

logger = logging.getLogger(__name__)


async def needed(
    api: Api, operation: Manifest, run: Manifest, resolution: Resolution | None
) -> snapshot.Committed | None:
    """The snapshot; None where the Job is there and the Run is filled: megabytes are not read again on every pass.

    ``resolution`` is what was committed this very moment, if it was. Raises SnapshotLost; of an operation that has its
    Job, though, a lost one changes nothing but what its Run records.
    """
    status = operation["status"]
    if not status.get("jobRef"):
        return await _committed(api, operation, resolution)
    if own_run.is_filled(run, status["digest"]):
        return None
    try:
        return await _committed(api, operation, resolution)
    except snapshot.SnapshotLost as error:
        logger.warning("Run %s cannot record its inputs: %s", run["metadata"]["name"], error)
        return None


async def _committed(api: Api, operation: Manifest, resolution: Resolution | None) -> snapshot.Committed:
    status, namespace = operation["status"], operation["metadata"]["namespace"]
    if resolution is not None and resolution.digest == status["digest"]:
        return snapshot.Committed.of(snapshot.document(resolution))
    if not status.get("configMaps"):
        return snapshot.Committed.of(status)
    parts = []
    for name in status["configMaps"]:
        part = await api.get(CONFIG_MAPS, namespace, name)
        if part is None:
            raise snapshot.SnapshotLost(snapshot.lost(f"ConfigMap {name} is gone"))
        parts.append(part)
    return snapshot.Committed.of(await asyncio.to_thread(snapshot.read_back, parts, status=status))
