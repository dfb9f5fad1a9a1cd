"""ConfigMaps: immutable, of at most 900 KiB, owned by the operation; and the volumes that put them together."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from joinery.workload import names

MOST_BYTES = 900 * 1024  # of data in one ConfigMap; the API server takes 1 MiB of keys and values


def config_map(
    operation: Mapping[str, Any],
    what: str,
    number: int,
    *,
    data: Mapping[str, str] | None = None,
    binary: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """One ConfigMap ``NAME-UID8-WHAT-MARK-N``; MARK is of its content, so that one that is there already, and cannot
    be changed, holds just this."""
    mark = hashlib.sha256()
    for key, content in {**{key: text.encode() for key, text in (data or {}).items()}, **(binary or {})}.items():
        mark.update(f"{key} {len(content)} ".encode() + content)
    manifest: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": names.child(operation, what, mark.hexdigest()[:8], number),
            "namespace": operation["metadata"]["namespace"],
            "labels": {**names.labels(operation), names.WORKLOAD_LABEL: what},
            "ownerReferences": [names.owner_reference(operation)],
        },
        "immutable": True,
    }
    if data is not None:
        manifest["data"] = dict(data)
    if binary is not None:
        manifest["binaryData"] = {key: base64.b64encode(value).decode("ascii") for key, value in binary.items()}
    return manifest


def packed(operation: Mapping[str, Any], what: str, document: Any, *, key: str) -> list[dict[str, Any]]:
    """One JSON document, gzip, cut into as many ConfigMaps as it takes; each has its piece under ``key``."""
    # mtime=0: the same document gives the same bytes, so a second attempt finds what the first one made.
    data = gzip.compress(orjson.dumps(document), compresslevel=5, mtime=0)
    pieces = [data[start : start + MOST_BYTES] for start in range(0, len(data), MOST_BYTES)]
    return [config_map(operation, what, number, binary={key: piece}) for number, piece in enumerate(pieces)]


def parts_volume(volume: str, config_maps: Sequence[str], *, key: str) -> dict[str, Any]:
    """The pieces side by side in one folder: ``part-0000``, ``part-0001`` …, to be read in that order."""
    sources = [
        {"configMap": {"name": name, "items": [{"key": key, "path": part_name(number)}]}}
        for number, name in enumerate(config_maps)
    ]
    return {"name": volume, "projected": {"sources": sources, "defaultMode": 0o444}}


def part_name(number: int) -> str:
    """The file of one piece."""
    return f"part-{number:04d}"


def name_of(manifest: Mapping[str, Any]) -> str:
    """``metadata.name``."""
    return str(manifest["metadata"]["name"])
