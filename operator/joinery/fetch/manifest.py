"""The manifest: what a mounted ConfigMap says is to be done. JSON or gzip, in one file or cut into several."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from joinery.fetch.errors import DamagedManifest
from joinery.problems import Problem

VERSION = 1
MOST_UNPACKED = 1024 * 1024 * 1024  # bytes; never unpack more than this
_GZIP = b"\x1f\x8b"
Kind = Literal["file", "dir", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The store: ``schema`` as in a Connection; ``root`` is where a volume is mounted, the folder that holds
    ``UUID/…``; ``secret_path`` the folder that has the Secret's keys as files."""

    name: str
    kind: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    root: str | None = None
    secret_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to fetch. ``source`` lies in the store, ``destination`` under the destination folder."""

    source: str
    destination: str
    kind: Kind = "file"
    run: str | None = None
    required: bool = True
    param: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``items`` are for fetching; ``destination`` is the place in the store, for collecting."""

    connection: Connection
    items: tuple[Item, ...] = ()
    destination: str = ""


def read_manifest(paths: Sequence[Path]) -> Manifest:
    """The manifest in these files, in this order. Raises :class:`DamagedManifest`, with every fault."""
    document = read_document(paths)
    faults: list[str] = []
    if document.get("version") != VERSION:
        faults.append(f"its version is {document.get('version')!r:.40}; this program knows {VERSION}")
    connection = _connection(document.get("connection"), faults)
    items = document.get("items") or ()
    if not isinstance(items, list | tuple):
        faults.append("`items` is no list")
        items = ()
    read = tuple(item for index, one in enumerate(items) if (item := _item(one, index, faults)) is not None)
    if faults or connection is None:
        raise DamagedManifest(Problem(message=f"the manifest: {fault}", rule="manifest") for fault in faults[:20])
    return Manifest(connection=connection, items=read, destination=str(document.get("destination") or ""))


def read_document(paths: Sequence[Path]) -> dict[str, Any]:
    """The JSON object in these files put together."""
    try:
        document = json.loads(unpack(b"".join(part.read_bytes() for path in paths for part in parts_of(path))))
    except OSError as error:
        raise DamagedManifest(
            Problem(message=f"the manifest cannot be read: {error.strerror}: {error.filename}", rule="manifest")
        ) from None
    except (ValueError, RecursionError):
        raise DamagedManifest(
            Problem(message="the manifest is no JSON document, or not whole", rule="manifest")
        ) from None
    if not isinstance(document, dict):
        raise DamagedManifest(Problem(message="the manifest is no JSON object", rule="manifest"))
    return document


def parts_of(path: Path) -> list[Path]:
    """The file itself; of a folder its files by name (``part-2`` before ``part-10``), without a volume's own links."""
    if not path.is_dir():
        return [path]
    found = [one for one in path.iterdir() if not one.name.startswith("..") and one.is_file()]
    return sorted(found, key=lambda one: [(len(word), word) for word in re.findall(r"\d+|\D+", one.name)])


def unpack(data: bytes) -> bytes:
    """``data``, or what it holds where it is gzip. Its length and checksum are tested. Raises ValueError."""
    if not data.startswith(_GZIP):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("the compressed data is not whole")
    return found


def _connection(value: Any, faults: list[str]) -> Connection | None:
    if not isinstance(value, Mapping) or not value.get("name") or not value.get("kind"):
        faults.append("`connection` does not say a name and a kind")
        return None
    return Connection(
        name=str(value["name"]),
        kind=str(value["kind"]),
        schema=dict(value.get("schema") or {}),
        root=value.get("root"),
        secret_path=value.get("secretPath"),
    )


def _item(value: Any, index: int, faults: list[str]) -> Item | None:
    if not isinstance(value, Mapping) or not all(isinstance(value.get(key), str) for key in ("source", "destination")):
        faults.append(f"`items[{index}]` does not say a source and a destination")
        return None
    kind = value.get("kind", "file")
    if kind not in get_args(Kind):
        faults.append(f"`items[{index}].kind` is {kind!r:.40}; it is one of {', '.join(get_args(Kind))}")
        return None
    return Item(
        source=value["source"],
        destination=value["destination"],
        kind=kind,
        run=value.get("run"),
        required=value.get("onMissing") != "Skip",
        param=str(value.get("param") or ""),
    )
