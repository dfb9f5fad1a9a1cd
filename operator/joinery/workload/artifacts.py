"""Artifacts that init containers fetch: what, from where, to where. Source: spec 4, *Artifacts by init container*."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.api.v1alpha1 import V1ComponentSpec
from joinery.iotypes import IOSpec
from joinery.joins.declared import base_type
from joinery.joins.entries import path_fault
from joinery.joins.globals import ARTIFACTS_PATH
from joinery.joins.resolution import ResolvedParam
from joinery.problems import Problem
from joinery.workload import names, parts
from joinery.workload.connections import Connection, Connections
from joinery.workload.pieces import Pieces, own_container
from joinery.workload.request import WorkloadRequest

VOLUME = "joinery-artifacts"
MANIFEST_KEY = "manifest.json.gz"
_UUID = re.compile(r"[0-9a-f]{32}")
_FORM = (("files", "file"), ("dirs", "dir"))


@dataclass(slots=True)
class _List:
    """What one connection is asked for. ``by_destination`` finds two sources of one place."""

    items: list[dict[str, Any]] = field(default_factory=list)
    by_destination: dict[str, dict[str, Any]] = field(default_factory=dict)


def add_artifacts(
    request: WorkloadRequest,
    component: V1ComponentSpec,
    params: Mapping[str, ResolvedParam],
    connections: Connections,
    pieces: Pieces,
) -> None:
    """The folder of artifacts, and an init container for each connection that something is fetched from."""
    limit = request.settings.artifacts_size_limit
    pieces.add_volume({"name": VOLUME, "emptyDir": {"sizeLimit": limit} if limit else {}})
    pieces.mounts.append({"name": VOLUME, "mountPath": ARTIFACTS_PATH})
    wanted: dict[str, _List] = {}
    for param in params.values():
        if param.to_init and param.value is not None:
            connection = _connection_of(param, component, connections)
            if connection is not None:
                _take(param, wanted.setdefault(connection.name, _List()), pieces.problems)
    defaults = connections.defaults
    for number, name in enumerate(sorted(wanted)):
        connection = connections.get(name, at="")
        if connection is not None and wanted[name].items:
            destination = ARTIFACTS_PATH if defaults == [name] else f"{ARTIFACTS_PATH}/{name}"
            _fetcher(request, connection, wanted[name].items, destination, number, pieces)


def _connection_of(param: ResolvedParam, component: V1ComponentSpec, connections: Connections) -> Connection | None:
    at = f"params.{param.name}"
    declared = next((io.connection for io in component.io if io.name == param.name), None)
    named = param.connection or declared
    if named:
        return connections.get(named, at=f"{at}.connection")
    return connections.default(at=at, why=f"param `{param.name}` is fetched (`toInit`) and names none")


def _take(param: ResolvedParam, wanted: _List, problems: list[Problem]) -> None:
    for place, source, target, kind in _entries(param):
        at = f"params.{param.name}{place}"
        faults = [(path, fault) for path in dict.fromkeys((source, target)) if (fault := path_fault(path))]
        problems += [
            Problem(message=f"the path `{path[:80]}` {fault}", path=at, rule="artifact-path") for path, fault in faults
        ]
        if faults:
            continue
        run = source.partition("/")[0]
        item: dict[str, Any] = {
            "run": run if _UUID.fullmatch(run) else None,
            "source": source,
            "destination": posixpath.normpath(target),
            "kind": kind,
            "onMissing": param.on_missing,
            "param": param.name,
        }
        known = wanted.by_destination.get(item["destination"])
        if known is None:
            wanted.by_destination[item["destination"]] = item
            wanted.items.append(item)
        elif known["source"] != source:
            message = f"`{known['source'][:200]}` (param `{known['param']}`) and `{source[:200]}` would both become "
            hint = "give one of them another place: `[from, to]`"
            problems.append(
                Problem(message=f"{message}`{item['destination'][:200]}`", path=at, rule="two-sources", hint=hint)
            )
        elif known["onMissing"] != param.on_missing:
            known["onMissing"] = "Fail"  # one of the params cannot do without it


def _entries(param: ResolvedParam) -> Iterator[tuple[str, str, str, str]]:
    """Place in the value, source, destination, kind. A path may be either a file or a directory: ``any``."""
    value = param.value
    if isinstance(value, Mapping):
        for key, kind in _FORM:
            for index, entry in enumerate(value.get(key) or ()):
                source, target = entry if isinstance(entry, list | tuple) else (entry, entry)
                yield f".{key}[{index}]", str(source), str(target), kind
        return
    kind = "file" if base_type(IOSpec(name=param.name, type=param.type)) == "file" else "any"
    if isinstance(value, str):
        yield "", value, value, kind
    elif isinstance(value, list):
        for index, path in enumerate(value):
            if path is not None:
                yield f"[{index}]", str(path), str(path), kind


def _fetcher(
    request: WorkloadRequest,
    connection: Connection,
    items: list[dict[str, Any]],
    destination: str,
    number: int,
    pieces: Pieces,
) -> None:
    document = {"version": 1, "connection": connection.for_manifest(), "items": items}
    maps = parts.packed(request.operation, "fetch", document, key=MANIFEST_KEY)
    pieces.config_maps += maps
    volume = f"joinery-fetch-{number}"
    pieces.add_volume(parts.parts_volume(volume, [parts.name_of(one) for one in maps], key=MANIFEST_KEY))
    mounts: list[dict[str, Any]] = [
        {"name": volume, "mountPath": names.MANIFESTS_PATH, "readOnly": True},
        {"name": VOLUME, "mountPath": ARTIFACTS_PATH},
        *store_mounts(connection, pieces, read_only=True),
    ]
    arguments = ["fetch"]
    for part in range(len(maps)):
        arguments += ["--manifest", f"{names.MANIFESTS_PATH}/{parts.part_name(part)}"]
    name = names.label("init-artifacts", connection.name)
    pieces.fetchers[connection.name] = name
    pieces.init.append(
        own_container(
            name,
            [*arguments, "--destination", destination],
            settings=request.settings,
            mounts=mounts,
            extra=connection.secret_environment(),
        )
    )


def store_mounts(connection: Connection, pieces: Pieces, *, read_only: bool) -> list[dict[str, Any]]:
    """What gives one of our containers the store: the volume, and the Secret as files."""
    mounts: list[dict[str, Any]] = []
    if connection.is_volume:
        pieces.add_volume(connection.volume())
        mounts.append(connection.store_mount(read_only=read_only))
    if connection.secret_path:
        pieces.add_volume(connection.secret_volume())
        mounts.append({"name": connection.secret_volume_name, "mountPath": connection.secret_path, "readOnly": True})
    return mounts
