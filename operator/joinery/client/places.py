"""Where a run is recorded: under its operation, as a Run of its own in a cluster, or in a folder.

| there is | the run is |
|---|---|
| ``folder=`` | a file of that folder |
| ``JOINERY_RUN_NAME`` (an operation's pod) | the operation's Run, else its termination message |
| ``JOINERY_RUNS`` | a file of that folder |
| a pod with a service account | a Run of its own, else a file of ``./runs`` |
| ``namespace=`` or ``JOINERY_NAMESPACE``, and a kubeconfig | the same |
| nothing | a file of ``./runs`` |
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from joinery.client import access, facts
from joinery.client.api import ApiServer
from joinery.client.cluster import ClusterSink
from joinery.client.folder import FolderSink
from joinery.client.message import LIMIT, MessageSink
from joinery.client.notes import Notes, short
from joinery.client.record import Identity, Record
from joinery.client.sinks import Sink

LEFT_FILE = "joinery-run.json"  # in $JOINERY_OUTPUTS_PATH: what a Run could not be given
DEFAULT_FOLDER = "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a run writes to. ``outputs``: the folder whose files become the run's artifacts, if there is one."""

    record: Record
    sink: Sink
    fallback: Sink | None
    outputs: Path | None


def find(
    *, name: str | None, spec: Mapping[str, Any], namespace: str | None, folder: str | os.PathLike[str] | None,
    notes: Notes,
) -> Place:  # fmt: skip
    """Look at the arguments and the environment, and decide. Nothing is written yet."""
    environment = os.environ
    if folder is None and environment.get("JOINERY_RUN_NAME"):
        return _under_operation(notes)
    uuid = uuid4().hex
    called = name or str(spec.get("project") or "run")
    namespace = namespace or environment.get("JOINERY_NAMESPACE") or None
    server = None
    if folder is None and not environment.get("JOINERY_RUNS"):
        server = _server(notes, named=bool(namespace))
        if server is not None:
            namespace = namespace or server.access.namespace or "default"
    identity = Identity(
        name=facts.object_name(called, uuid), uuid=uuid, namespace=namespace, owned=True, spec=dict(spec)
    )
    record = Record(identity)
    there = Path(folder if folder is not None else environment.get("JOINERY_RUNS") or DEFAULT_FOLDER).absolute()
    if server is not None:
        return Place(record=record, sink=ClusterSink(record, server), fallback=_writable(record, there), outputs=None)
    return Place(record=record, sink=FolderSink(record, there), fallback=_temporary(record), outputs=None)


def _under_operation(notes: Notes) -> Place:
    environment = os.environ
    given = environment.get("JOINERY_OUTPUTS_PATH")
    identity = Identity(
        name=environment["JOINERY_RUN_NAME"],
        uuid=environment.get("JOINERY_RUN_UUID") or "",
        namespace=environment.get("JOINERY_NAMESPACE") or "default",
        owned=False,
        spec={"project": environment["JOINERY_PROJECT"]} if environment.get("JOINERY_PROJECT") else {},
    )
    record = Record(identity)
    outputs = Path(given) if given and Path(given).is_dir() else None
    rest: Sink = FolderSink(record, outputs, file=LEFT_FILE) if outputs else _temporary(record)
    message = rest
    if path := environment.get("JOINERY_OUTPUTS"):
        limit = environment.get("JOINERY_OUTPUTS_LIMIT", "")
        bytes_ = int(limit) if limit.isdecimal() else LIMIT
        message = MessageSink(record, Path(path), rest=rest, notes=notes, limit=bytes_)
    server = _server(notes, named=True)
    if server is None:
        return Place(record=record, sink=message, fallback=None if message is rest else rest, outputs=outputs)
    return Place(record=record, sink=ClusterSink(record, server), fallback=message, outputs=outputs)


def _server(notes: Notes, *, named: bool) -> ApiServer | None:
    """The API server to write to; ``named``: a namespace is given, so that a kubeconfig is meant."""
    if access.in_pod():
        return ApiServer(access.of_pod())
    if not named or not access.kubeconfigs():
        return None
    try:
        return ApiServer(access.of_kubeconfig())
    except access.NoAccess as error:
        notes.warn("no access", "no cluster to write to: %s", short(error))
        return None


def _writable(record: Record, folder: Path) -> Sink:
    """The folder, or where it cannot be made, one that is for passing things."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    return FolderSink(record, folder) if os.access(there, os.W_OK) else _temporary(record)


def _temporary(record: Record) -> Sink:
    return FolderSink(record, Path(tempfile.gettempdir()) / f"joinery-runs-{record.identity.name}")
