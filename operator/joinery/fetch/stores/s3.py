"""S3 and what speaks like it: through s3fs, and its objects' content by plain signed requests.

Keys of the Secret: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``, ``AWS_REGION``, ``ca.crt``.
Without a Secret, whatever botocore finds (a service account's role); and without that, a public bucket.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from joinery.fetch.errors import BadConnection, FetchError, Missing, Transient, failed
from joinery.fetch.manifest import Connection
from joinery.fetch.paths import shown
from joinery.fetch.retry import is_status_transient
from joinery.fetch.stores import s3_upload
from joinery.fetch.stores.base import Arrived, Entry, Sink, below, new_md5, was_collected
from joinery.fetch.stores.buckets import bucket_of, ca_file, library
from joinery.fetch.stores.credentials import Secret, half, read_secret
from joinery.fetch.stores.etags import md5_of
from joinery.fetch.stores.sigv4 import Signer, quoted
from joinery.fetch.stores.web import CHUNK, TIMEOUT, ssl_context, up_to
from joinery.problems import Problem

CONNECTIONS = 64


class S3Store:
    """The objects of a bucket, below a prefix. Make it with :meth:`open`."""

    def __init__(self, fs: Any, *, bucket: str, prefix: str, endpoint: str | None, signer: Signer, tls: Any) -> None:
        self.fs, self.bucket, self.prefix = fs, bucket, prefix
        self.endpoint = URL(endpoint.rstrip("/")) if endpoint else None
        self.signer = signer
        self.bodies = asyncio.Semaphore(s3_upload.BODIES)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=tls), timeout=TIMEOUT, auto_decompress=False
        )

    @classmethod
    async def open(cls, connection: Connection) -> S3Store:
        """Raises BadConnection where s3fs is not installed or the Secret is half of one."""
        secret = read_secret(connection)
        bucket, prefix = bucket_of(connection)
        endpoint = str(connection.schema.get("endpoint") or "") or None
        if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
            raise BadConnection(
                Problem(message=f"the endpoint `{shown(endpoint)}` is no http(s) address", rule="endpoint")
            )
        region = secret.get("AWS_REGION", "AWS_DEFAULT_REGION")
        key, password, token = await _credentials(connection, secret)
        verify = ca_file(connection)
        client: dict[str, Any] = {"region_name": region or ("us-east-1" if endpoint else None)}
        if verify:
            client["verify"] = str(verify)
        fs = library("s3fs", connection).S3FileSystem(
            anon=key is None,
            key=key,
            secret=password,
            token=token,
            endpoint_url=endpoint,
            client_kwargs=client,
            # Stores that speak like S3 often know no checksum but Content-MD5 and the ETag, which are tested here.
            config_kwargs={
                "max_pool_connections": CONNECTIONS,
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
                "connect_timeout": 20,
                "read_timeout": 60,
                "retries": {"max_attempts": 0},
            },
            asynchronous=True,
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        fs.retries = 1  # one place tries again: joinery.fetch.retry
        await fs.set_session()
        signer = Signer(key, password, token, region or "us-east-1")
        return cls(fs, bucket=bucket, prefix=prefix, endpoint=endpoint, signer=signer, tls=ssl_context(secret))

    async def close(self) -> None:
        await self.session.close()
        client = getattr(self.fs, "_s3", None)
        if client is not None:
            with contextlib.suppress(Exception):
                await client.close()

    async def call(self, method: str, **arguments: Any) -> Any:
        """One request through botocore. Raises Missing, or a failure where there is no such bucket."""
        try:
            return await self.fs._call_s3(method, Bucket=self.bucket, **arguments)
        except FileNotFoundError as error:
            cause = getattr(error.__cause__, "response", None) or {}
            if (cause.get("Error") or {}).get("Code") == "NoSuchBucket":
                raise self._no_bucket() from None
            raise Missing(arguments.get("Key", "")) from None
        except PermissionError as error:
            raise self._refused(str(error)) from None

    async def stat(self, path: str) -> Entry:
        found = await self.call("head_object", Key=below(self.prefix, path))
        etag = found.get("ETag") or ""
        return Entry(path=path, size=found.get("ContentLength"), version=etag.strip('"') or None)

    async def walk(self, path: str) -> AsyncIterator[Entry]:
        root = f"{self.prefix}/" if self.prefix else ""
        start = f"{below(self.prefix, path).rstrip('/')}/"
        more: dict[str, Any] = {}
        while True:
            page = await self.call("list_objects_v2", Prefix=start, **more)
            for item in page.get("Contents") or ():
                key = item["Key"]
                if not key.endswith("/"):  # what some tools write so that a folder shows
                    etag = (item.get("ETag") or "").strip('"')
                    yield Entry(path=key[len(root) :], size=item.get("Size"), version=etag or None)
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    async def has_folder(self, path: str, /) -> bool:
        return await was_collected(self, path)

    async def download(self, path: str, fd: int) -> Arrived:
        key = below(self.prefix, path)
        if self.endpoint is None:
            return await self._through_botocore(key, fd)
        target = quoted(f"{self.endpoint.raw_path.rstrip('/')}/{self.bucket}/{key}")
        url = self.endpoint.join(URL(target, encoded=True))
        host = self.endpoint.raw_authority
        headers = {**self.signer.headers(host=host, path=target), "accept-encoding": "identity"}
        async with self.session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200:
                await self._wrong(answer, key)
            sink = Sink(fd, md5=new_md5() if (md5 := md5_of(answer.headers)) else None)
            async for chunk in answer.content.iter_chunked(CHUNK):
                sink.write(chunk)
            version = (answer.headers.get("ETag") or "").strip('"') or None
            return sink.arrived(size=answer.content_length, md5=md5, version=version)

    async def _through_botocore(self, key: str, fd: int) -> Arrived:
        found = await self.call("get_object", Key=key)
        headers = found["ResponseMetadata"].get("HTTPHeaders") or {}
        sink = Sink(fd, md5=new_md5() if (md5 := md5_of(headers)) else None)
        async with found["Body"] as body:
            while chunk := await body.read(CHUNK):
                sink.write(chunk)
        version = (found.get("ETag") or "").strip('"') or None
        return sink.arrived(size=found.get("ContentLength"), md5=md5, version=version)

    async def upload(self, fd: int, size: int, path: str) -> str:
        return await s3_upload.upload(self, fd, size, below(self.prefix, path))

    async def remove(self, path: str) -> None:
        with contextlib.suppress(Missing):
            await self.call("delete_object", Key=below(self.prefix, path))

    async def _wrong(self, answer: aiohttp.ClientResponse, key: str) -> None:
        text = (await up_to(4096, answer.content)).decode("utf-8", "replace")
        code = found[1] if (found := re.search(r"<Code>([A-Za-z0-9]{1,80})</Code>", text)) else ""
        if answer.status == 404 and code == "NoSuchBucket":
            raise self._no_bucket()
        if answer.status == 404:
            raise Missing(key)
        if is_status_transient(answer.status) or code in ("RequestTimeout", "SlowDown"):
            raise Transient(f"the store answers {answer.status} {code}".rstrip())
        if 300 <= answer.status < 400:
            raise failed(
                f"the store answers {answer.status}: it redirects elsewhere, which is not followed", rule="store"
            )
        raise self._refused(f"{answer.status} {code}".rstrip())

    def _no_bucket(self) -> FetchError:
        return failed(
            f"there is no bucket `{shown(self.bucket)}`", rule="store", hint="`schema.bucket` of the Connection"
        )

    def _refused(self, why: str) -> FetchError:
        hint = "the Secret of the Connection must allow it: reading, and to collect also listing, writing and deleting"
        return failed(f"the store refuses it: {shown(why)}", rule="store-refused", hint=hint)


async def _credentials(connection: Connection, secret: Secret) -> tuple[str | None, str | None, str | None]:
    key, password = secret.get("AWS_ACCESS_KEY_ID"), secret.get("AWS_SECRET_ACCESS_KEY")
    if key and password:
        return key, password, secret.get("AWS_SESSION_TOKEN")
    if key or password:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        raise half(connection, have=names[0 if key else 1], lacks=names[1 if key else 0])
    if connection.secret_path is not None:
        return None, None, None
    library("s3fs", connection)
    session = import_module("aiobotocore.session").get_session()
    found = await session.get_credentials()
    if found is None:
        return None, None, None
    frozen = await found.get_frozen_credentials()
    return frozen.access_key, frozen.secret_key, frozen.token
