"""What an operation names and no file holds, read from the cluster: its Component, and the Searches of its joins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from joinery.api.v1alpha1 import V1Operation
from joinery.cli.live.session import Session
from joinery.kube.paths import COMPONENTS, SEARCHES, VERSION, Resource
from joinery.local.shelf import LocalObject


def as_object(manifest: Mapping[str, Any]) -> LocalObject:
    """A manifest of the API server, as the rest of the program takes objects; it stands in no file."""
    metadata = manifest["metadata"]
    return LocalObject(
        kind=str(manifest["kind"]),
        api_version=str(manifest.get("apiVersion") or f"joinery.dev/{VERSION}"),
        name=str(metadata["name"]),
        namespace=str(metadata["namespace"]),
        value=manifest,
    )


async def referred(session: Session, operation: V1Operation, *, known: Iterable[LocalObject]) -> list[LocalObject]:
    """The objects that are there; ``known`` ones, of the files, are not asked for. Raises MissingRight.

    One that is missing is said by the resolution, with the names that it knows.
    """
    have = {(item.kind, item.name) for item in known}
    spec = operation.spec
    wanted: list[tuple[Resource, str]] = []
    if spec.component_ref:
        wanted.append((COMPONENTS, spec.component_ref.name))
    wanted += [(SEARCHES, name) for name in dict.fromkeys(join.ref for join in spec.joins if join.ref)]
    found = []
    for resource, name in wanted:
        if (resource.kind, name) not in have:
            manifest = await session.get(resource, name)
            if manifest is not None:
                found.append(as_object(manifest))
    return found
