"""Where artifacts live: volumes, S3, GCS, Azure, HTTP(S). Only this package imports what speaks to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from joinery.fetch.errors import BadConnection
from joinery.fetch.manifest import Connection
from joinery.problems import Problem


async def open_store(connection: Connection) -> Any:
    """The :class:`~joinery.fetch.stores.base.Store` of a Connection. Raises BadConnection."""
    match connection.kind:
        case "volumeClaim" | "hostPath" if connection.root:
            from joinery.fetch.stores.volume import VolumeStore

            return VolumeStore(Path(connection.root))
        case "s3":
            from joinery.fetch.stores.s3 import S3Store

            return await S3Store.open(connection)
        case "gcs" | "wasb":
            from joinery.fetch.stores.generic import GenericStore

            return await GenericStore.open(connection)
        case "http":
            from joinery.fetch.stores.web import WebStore

            return await WebStore.open(connection)
        case "volumeClaim" | "hostPath":
            message = f"the manifest does not say where the volume of the Connection `{connection.name}` is mounted"
        case kind:
            message = f"the Connection `{connection.name}` is of kind `{kind[:80]}`, which is not known here"
    raise BadConnection(Problem(message=message, rule="connection"))
