"""Putting an object: in one piece, or in parts where it is large. Every piece's ETag is compared with its md5."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Any

from joinery.fetch.errors import SourceChanged
from joinery.fetch.stores.base import new_md5
from joinery.fetch.stores.etags import md5_of

if TYPE_CHECKING:
    from joinery.fetch.stores.s3 import S3Store

PIECE = 8 * 1024 * 1024  # bytes; S3 takes parts of 5 MiB and more
MOST_PARTS = 10_000
BODIES = 6  # pieces held in memory at once, whatever is uploaded


async def upload(store: S3Store, fd: int, size: int, key: str) -> str:
    """Upload ``size`` bytes of ``fd``; their sha256 in hex."""
    if size <= PIECE:
        async with store.bodies:
            body = _read(fd, 0, size)
            answer = await store.call("put_object", Key=key, Body=body)
            _check(answer, body)
            return hashlib.sha256(body).hexdigest()
    return await _in_parts(store, fd, size, key)


async def _in_parts(store: S3Store, fd: int, size: int, key: str) -> str:
    piece = max(PIECE, -(-size // MOST_PARTS))
    begun = await store.call("create_multipart_upload", Key=key)
    name = {"Key": key, "UploadId": begun["UploadId"]}
    whole = hashlib.sha256()
    tasks: list[asyncio.Task[dict[str, Any]]] = []
    try:
        for number, offset in enumerate(range(0, size, piece), start=1):
            await store.bodies.acquire()
            body = _read(fd, offset, min(piece, size - offset))
            await asyncio.to_thread(whole.update, body)
            tasks.append(asyncio.create_task(_put_part(store, name, number, body)))
            del body
            if any(task.done() and task.exception() for task in tasks[-2 * BODIES :]):
                break
        parts = await asyncio.gather(*tasks)
        await store.call("complete_multipart_upload", **name, MultipartUpload={"Parts": parts})
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await store.call("abort_multipart_upload", **name)
        raise
    return whole.hexdigest()


async def _put_part(store: S3Store, name: dict[str, str], number: int, body: bytes) -> dict[str, Any]:
    try:
        answer = await store.call("upload_part", **name, PartNumber=number, Body=body)
        _check(answer, body)
        return {"PartNumber": number, "ETag": answer["ETag"]}
    finally:
        store.bodies.release()


def _read(fd: int, offset: int, count: int) -> bytes:
    body = os.pread(fd, count, offset)
    if len(body) != count:
        raise SourceChanged("the file became shorter while it was read")
    return body


def _check(answer: dict[str, Any], body: bytes) -> None:
    headers = {str(key).lower(): value for key, value in (answer["ResponseMetadata"].get("HTTPHeaders") or {}).items()}
    if (md5 := md5_of(headers)) is not None:
        found = new_md5()
        found.update(body)
        if found.hexdigest() != md5:
            raise SourceChanged("the checksum that the store says is not the one of what was sent")
