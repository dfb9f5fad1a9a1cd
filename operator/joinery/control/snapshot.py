"""Large results: a resolution written to owned, immutable ConfigMaps, and read back whole.

Source: spec 4, *Large results*. The whole snapshot is one JSON document, gzip, cut into parts of at most
900 KiB; the parts' names are derived from the digest, so that a killed operator finds them again and one with
another digest is known to be left over. What fits into status needs no ConfigMap at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from joinery.control import names
from joinery.joins.digest import digest_of_record
from joinery.joins.resolution import Resolution, ResolvedParam, TakenRun
from joinery.problems import JoineryError, Problem

PART_BYTES = 900 * 1024  # of compressed data in one ConfigMap; base64 is not counted by the API server
COMPRESSED_CAP = 8 * 1024 * 1024
DOCUMENT_CAP = 1024 * 1024 * 1024  # read back: never unpack more than this
PART_KEY = "snapshot.json.gz"
PARTS_ANNOTATION = "joinery.dev/parts"
SHA256_ANNOTATION = "joinery.dev/sha256"


class SnapshotLost(JoineryError):
    """The ConfigMaps of a recorded resolution are gone or damaged."""


class SnapshotTooLarge(JoineryError):
    """The resolution is larger than the cap for one operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A committed snapshot: the digest, every param with value and flags, every join with params and
    runs, the runs that ordinary params referred to, and the component that was used."""

    digest: str
    params: Mapping[str, Mapping[str, Any]]
    joins: Sequence[Mapping[str, Any]]
    component: Mapping[str, Any] | None = None
    referred: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Committed:
        """From a document (:func:`document`) or from a status that holds everything itself."""
        return cls(
            digest=found["digest"],
            params=found.get("params") or {},
            joins=found.get("joins") or [],
            component=found.get("component"),
            referred=found.get("referred") or (),
        )


def document(resolution: Resolution) -> dict[str, Any]:
    """The whole snapshot as plain JSON: every value, and every taken run of every join."""
    return {
        "digest": resolution.digest,
        "params": {name: _param(param) for name, param in resolution.params.items()},
        "joins": [
            {"params": list(join.params), "runs": [_taken(run) for run in join.runs]} for join in resolution.joins
        ],
        "referred": [{"param": one.param, "uuid": one.uuid, "name": one.name} for one in resolution.referred],
        "component": resolution.component,
        "globals": dict(resolution.globals),
    }


def _param(param: ResolvedParam) -> dict[str, Any]:
    written = param.with_flags() | {"source": param.source}
    return {key: value for key, value in written.items() if key == "value" or value not in (None, False)}


def _taken(run: TakenRun) -> dict[str, Any]:
    return {
        "uuid": run.uuid,
        "name": run.name,
        "resourceVersion": run.resource_version,
        "sortKeys": dict(run.sort_keys),
    }


def config_maps(
    resolution: Resolution, operation: Mapping[str, Any], *, cap: int = COMPRESSED_CAP
) -> list[dict[str, Any]]:
    """The ConfigMaps of the snapshot, ready to create. Raises :class:`SnapshotTooLarge` over ``cap`` bytes."""
    # mtime=0: the same resolution gives the same bytes, so a second attempt finds its parts already there.
    packed = gzip.compress(orjson.dumps(document(resolution)), compresslevel=5, mtime=0)
    if len(packed) > cap:
        raise SnapshotTooLarge(
            Problem(
                message=f"the resolved values are {len(packed):,} bytes compressed; an operation may keep {cap:,}",
                rule="too-large",
                hint="take fewer runs (`limit`), or ask for single fields (`inputs.lr`) and not for whole mappings",
            )
        )
    pieces = [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]
    metadata = operation["metadata"]
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "immutable": True,
            "metadata": {
                "name": names.result_name(metadata["name"], metadata["uid"], resolution.digest, part),
                "namespace": metadata["namespace"],
                "labels": {
                    names.OPERATION_UID_LABEL: metadata["uid"],
                    names.OPERATION_LABEL: metadata["name"],
                    names.RESULT_LABEL: names.digest8(resolution.digest),
                },
                "annotations": {
                    names.DIGEST_ANNOTATION: resolution.digest,
                    PARTS_ANNOTATION: str(len(pieces)),
                    SHA256_ANNOTATION: hashlib.sha256(piece).hexdigest(),
                },
                "ownerReferences": [names.owner_reference(operation)],
            },
            "binaryData": {PART_KEY: base64.b64encode(piece).decode("ascii")},
        }
        for part, piece in enumerate(pieces)
    ]


def read_back(parts: Iterable[Mapping[str, Any]], *, status: Mapping[str, Any]) -> dict[str, Any]:
    """The document again. ``parts`` are the ConfigMaps in order, ``status`` that of the operation.

    Raises :class:`SnapshotLost` naming what is wrong. A ConfigMap is anybody's to write who may write ConfigMaps there:
    what it holds counts only if it has the digest that the status says.
    """
    packed = bytearray()
    for manifest in parts:
        name = manifest["metadata"]["name"]
        annotations = manifest["metadata"].get("annotations") or {}
        try:
            piece = base64.b64decode((manifest.get("binaryData") or {})[PART_KEY], validate=True)
        except (KeyError, ValueError):
            raise SnapshotLost(lost(f"ConfigMap {name} holds no part of a snapshot")) from None
        if annotations.get(SHA256_ANNOTATION) != hashlib.sha256(piece).hexdigest():
            raise SnapshotLost(lost(f"ConfigMap {name} is not what was written: its checksum differs"))
        packed += piece
    try:
        unpacker = zlib.decompressobj(wbits=31)
        found = orjson.loads(unpacker.decompress(bytes(packed), DOCUMENT_CAP))
    except (zlib.error, orjson.JSONDecodeError):
        raise SnapshotLost(lost("the ConfigMaps do not hold a whole snapshot")) from None
    if not isinstance(found, dict) or _digest(found, status) != status["digest"]:
        raise SnapshotLost(lost(f"the ConfigMaps hold another snapshot than {status['digest']}"))
    return found


def _digest(found: Mapping[str, Any], status: Mapping[str, Any]) -> str | None:
    """The digest of what the document holds; None where it is no snapshot of that operation."""
    try:
        return digest_of_record(status.get("joins") or (), found["joins"], found["params"], found.get("component"))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def size_of(manifests: Iterable[Mapping[str, Any]]) -> int:
    """Compressed bytes that the ConfigMaps hold."""
    return sum(len(manifest["binaryData"][PART_KEY]) * 3 // 4 for manifest in manifests)


def lost(message: str) -> Problem:
    """The problem of a snapshot that cannot be read back, with what to do."""
    return Problem(
        message=message, rule="snapshot-lost", hint="`kubectl joinery rerun` makes a new operation that searches anew"
    )


def needs_config_maps(status: Mapping[str, Any], resolution: Resolution) -> bool:
    """Whether ``status`` (as :func:`joinery.joins.status.to_status` made it) lacks anything of the snapshot."""
    params: Mapping[str, Mapping[str, Any]] = status.get("params") or {}
    joins: Sequence[Mapping[str, Any]] = status.get("joins") or ()
    if resolution.component is not None and "component" not in status:
        return True
    return any("value" not in param for param in params.values()) or any(
        len(join.get("runs") or ()) < len(record.runs) for join, record in zip(joins, resolution.joins, strict=True)
    )
