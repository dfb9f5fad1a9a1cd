"""GCS, Azure and any other file system of fsspec, by what every one of them can do."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any

from joinery.fetch.errors import BadConnection, Missing, SourceChanged
from joinery.fetch.manifest import Connection
from joinery.fetch.stores.base import Arrived, Entry, below, new_md5, was_collected
from joinery.fetch.stores.buckets import bucket_of, library
from joinery.fetch.stores.credentials import GCS, Secret, half, read_secret
from joinery.fetch.tree import CHUNK, sha256_of
from joinery.problems import Problem


class GenericStore:
    """Files below ``root`` of an asynchronous fsspec file system."""

    def __init__(self, fs: Any, root: str) -> None:
        self.fs, self.root = fs, root.rstrip("/")

    @classmethod
    async def open(cls, connection: Connection) -> GenericStore:
        """A store of kind ``gcs`` or ``wasb``. Raises BadConnection."""
        secret = read_secret(connection)
        bucket, prefix = bucket_of(connection)
        common = {"asynchronous": True, "skip_instance_cache": True, "use_listings_cache": False}
        if connection.kind == "gcs":
            fs = library("gcsfs", connection).GCSFileSystem(**_gcs(connection, secret), **common)
        else:
            fs = library("adlfs", connection).AzureBlobFileSystem(**_wasb(connection, secret), **common)
        if hasattr(fs, "set_session"):
            await fs.set_session()
        return cls(fs, below(bucket, prefix))

    async def close(self) -> None:
        session = getattr(self.fs, "session", None) or getattr(self.fs, "service_client", None)
        close = getattr(session, "close", None)
        if close is not None and asyncio.iscoroutine(result := close()):
            await result

    async def stat(self, path: str) -> Entry:
        info = await self._info(path)
        if info.get("type") == "directory":
            raise Missing(path)
        return _entry(path, info)

    async def walk(self, path: str) -> AsyncIterator[Entry]:
        start = below(self.root, path.rstrip("/"))
        try:
            found: Mapping[str, Mapping[str, Any]] = await self.fs._find(start, detail=True)
        except FileNotFoundError:
            return
        for name, info in found.items():
            whole = name.lstrip("/") if not self.root.startswith("/") else name
            if info.get("type") != "directory" and not whole.endswith("/") and whole.startswith(f"{start}/"):
                yield _entry(whole[len(self.root) + 1 :] if self.root else whole, info)

    async def has_folder(self, path: str, /) -> bool:
        return await was_collected(self, path)

    async def download(self, path: str, fd: int) -> Arrived:
        entry = await self.stat(path)
        try:
            await self.fs._get_file(below(self.root, path), f"/proc/self/fd/{fd}")
        except FileNotFoundError:
            raise Missing(path) from None
        size = os.fstat(fd).st_size
        if entry.size is not None and size != entry.size:
            raise SourceChanged(f"{size:,} bytes arrived; the store says {entry.size:,}")
        if entry.md5 and await asyncio.to_thread(_md5, fd) != entry.md5:
            raise SourceChanged("the checksum of what arrived is not the one that the store says")
        return Arrived(size=size, sha256=await asyncio.to_thread(sha256_of, fd), version=entry.version)

    async def upload(self, fd: int, size: int, path: str) -> str:
        await self.fs._put_file(f"/proc/self/fd/{fd}", below(self.root, path))
        info = await self._info(path)
        if info.get("size") != size:
            raise SourceChanged(f"{size:,} bytes were sent; the store has {info.get('size')!r}")
        return await asyncio.to_thread(sha256_of, fd)

    async def remove(self, path: str) -> None:
        try:
            await self.fs._rm_file(below(self.root, path))
        except FileNotFoundError:
            return

    async def _info(self, path: str) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = await self.fs._info(below(self.root, path))
        except FileNotFoundError:
            raise Missing(path) from None
        return found


def _entry(path: str, info: Mapping[str, Any]) -> Entry:
    said = info.get("md5Hash") or (info.get("content_settings") or {}).get("content_md5")
    if isinstance(said, str):
        said = base64.b64decode(said)
    version = info.get("etag") or info.get("ETag") or info.get("generation") or info.get("mtime") or info.get("created")
    md5 = bytes(said).hex() if said else None
    return Entry(path=path, size=info.get("size"), version=str(version) if version else None, md5=md5)


def _md5(fd: int) -> str:
    found, offset = new_md5(), 0
    while chunk := os.pread(fd, CHUNK, offset):
        found.update(chunk)
        offset += len(chunk)
    return str(found.hexdigest())


def _gcs(connection: Connection, secret: Secret) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if endpoint := connection.schema.get("endpoint"):
        options["endpoint_url"] = str(endpoint)
    if text := secret.get(*GCS):
        try:
            options["token"] = json.loads(text)
        except ValueError:
            message = f"the service account in the Secret of the Connection `{connection.name}` is no JSON"
            raise BadConnection(Problem(message=message, rule="connection-secret")) from None
    elif connection.secret_path is not None:
        raise BadConnection(
            Problem(
                message=f"the Secret of the Connection `{connection.name}` has none of the keys {', '.join(GCS)}",
                rule="connection-secret",
            )
        )
    return options


def _wasb(connection: Connection, secret: Secret) -> dict[str, Any]:
    names = {
        "connection_string": "AZURE_STORAGE_CONNECTION_STRING",
        "account_name": "AZURE_STORAGE_ACCOUNT",
        "account_key": "AZURE_STORAGE_KEY",
        "sas_token": "AZURE_STORAGE_SAS_TOKEN",
        "tenant_id": "AZURE_TENANT_ID",
        "client_id": "AZURE_CLIENT_ID",
        "client_secret": "AZURE_CLIENT_SECRET",
    }
    options: dict[str, Any] = {option: value for option, key in names.items() if (value := secret.get(key))}
    if ("account_key" in options or "sas_token" in options) and "account_name" not in options:
        have = "AZURE_STORAGE_KEY" if "account_key" in options else "AZURE_STORAGE_SAS_TOKEN"
        raise half(connection, have=have, lacks="AZURE_STORAGE_ACCOUNT")
    if endpoint := connection.schema.get("endpoint"):
        options["account_host"] = str(endpoint).split("://")[-1].strip("/")
    return options
