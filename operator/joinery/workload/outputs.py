"""Where the files go that the main container leaves behind. Source: spec 4, *What a run leaves behind*."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from joinery.api.v1alpha1 import V1ComponentSpec
from joinery.problems import Problem
from joinery.workload import names, parts
from joinery.workload.artifacts import MANIFEST_KEY, store_mounts
from joinery.workload.connections import Connection, Connections
from joinery.workload.pieces import NOBODY, TMP_PATH, Pieces, own_container
from joinery.workload.request import WorkloadRequest

VOLUME = "joinery-outputs"
DEFAULT_TIMEOUT = 600  # seconds
READY = f"{TMP_PATH}/collect-ready"
# SIGTERM says that the main container has ended, and a program that is only starting is deaf to it: until the probe has
# seen the file, the main container does not start.
_PROBE = {
    "exec": {"command": ["python3", "-I", "-S", "-c", f"import os; os.stat({READY!r})"]},
    "periodSeconds": 1,
    "timeoutSeconds": 10,
    "failureThreshold": 120,
}


def add_outputs(
    request: WorkloadRequest,
    component: V1ComponentSpec,
    outputs_path: str,
    connections: Connections,
    pieces: Pieces,
    *,
    at: str,
    user: int | None,
    group: int | None,
    restarts: bool,
) -> None:
    """The folder of outputs: the run's own one on a volume, or an emptyDir that a native sidecar uploads. ``user``
    and ``group`` are those of the main container, None where nobody says; ``restarts``: it may start again in its
    pod."""
    connection = _connection_of(component, connections, pieces, f"{at}.collect")
    if connection is not None and restarts:
        pieces.problems.append(
            Problem(
                message="`OnFailure` starts the container again among the files of the attempt before, which would be "
                f"kept in the Connection `{connection.name}` as if this one had written them",
                path=f"{at}.environment.restartPolicy",
                rule="mixed-attempts",
                hint="leave it out: with `termination.maxRetries` each attempt is a pod of its own, its folder empty",
            )
        )
    if connection is not None and connection.is_volume:
        _on_volume(request, connection, outputs_path, pieces)
        return
    pieces.add_volume({"name": VOLUME, "emptyDir": {}})
    pieces.main_mounts.append({"name": VOLUME, "mountPath": outputs_path})
    if connection is not None:
        timeout = component.run.collect.timeout if component.run and component.run.collect else None
        _collected(
            request, connection, outputs_path, pieces, timeout=timeout or DEFAULT_TIMEOUT, user=user, group=group
        )


def _connection_of(component: V1ComponentSpec, connections: Connections, pieces: Pieces, at: str) -> Connection | None:
    """The connection that outputs go to. Without ``collect`` and without a default one there is none: they stay in
    the pod. One that cannot be written to is an error where it is named, and else a warning."""
    collect = component.run.collect if component.run else None
    if collect is not None and collect.connection:
        found = connections.get(collect.connection, at=f"{at}.connection")
        if found is not None and found.is_read_only:
            pieces.problems.append(
                Problem(
                    message=f"the Connection `{found.name}` (kind `{found.kind}`) cannot be written to",
                    path=f"{at}.connection",
                    rule="read-only-connection",
                )
            )
            return None
        return found
    if collect is None and not connections.defaults:
        return None
    found = connections.default(at=at, why="that is where this run's outputs would go")
    if found is not None and found.is_read_only:
        pieces.warnings.append(
            Problem(
                message=f"what is written to $JOINERY_OUTPUTS_PATH is not kept: the default Connection `{found.name}` "
                f"(kind `{found.kind}`) cannot be written to",
                rule="outputs-not-kept",
                hint="name another one in `component.run.collect.connection`",
            )
        )
        return None
    return found


def _on_volume(request: WorkloadRequest, connection: Connection, outputs_path: str, pieces: Pieces) -> None:
    below = f"{request.run_uuid}/outputs"
    pieces.init.append(
        own_container(
            names.INIT_OUTPUTS,
            [names.INIT_OUTPUTS, "--root", connection.root or connection.store_path, below],
            settings=request.settings,
            mounts=store_mounts(connection, pieces, read_only=False)[:1],
        )
    )
    sub_path = posixpath.join(connection.folder, below)
    pieces.main_mounts.append({"name": connection.volume_name, "mountPath": outputs_path, "subPath": sub_path})


def _collected(
    request: WorkloadRequest,
    connection: Connection,
    outputs_path: str,
    pieces: Pieces,
    *,
    timeout: int,
    user: int | None,
    group: int | None,
) -> None:
    document = {
        "version": 1,
        "connection": connection.for_manifest(),
        "items": [],
        "destination": f"{request.run_uuid}/outputs",
    }
    maps = parts.packed(request.operation, "collect", document, key=MANIFEST_KEY)
    pieces.config_maps += maps
    volume = "joinery-collect"
    pieces.add_volume(parts.parts_volume(volume, [parts.name_of(one) for one in maps], key=MANIFEST_KEY))
    arguments = ["collect", "--manifest", f"{names.MANIFESTS_PATH}/{parts.part_name(0)}", "--source", outputs_path]
    extra: dict[str, Any] = {"restartPolicy": "Always", "startupProbe": _PROBE, **connection.secret_environment()}
    pieces.sidecars.append(
        own_container(
            names.COLLECT,
            [*arguments, "--ready", READY, "--timeout", str(timeout)],
            settings=request.settings,
            mounts=[
                {"name": volume, "mountPath": names.MANIFESTS_PATH, "readOnly": True},
                {"name": VOLUME, "mountPath": outputs_path, "readOnly": True},
                *store_mounts(connection, pieces, read_only=True),
            ],
            user=NOBODY if user is None else user,
            group=group,
            extra=extra,
        )
    )
    pieces.collector = names.COLLECT
    pieces.grace_seconds = timeout


def identity(run: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """``runAsUser`` and ``runAsGroup`` of the main container, rendered: its own, else the pod's."""
    pod = (run.get("environment") or {}).get("securityContext") or {}
    own = (run.get("container") or {}).get("securityContext") or {}

    def said(key: str) -> int | None:
        value = own.get(key, pod.get(key))
        return value if type(value) is int else None

    return said("runAsUser"), said("runAsGroup")
