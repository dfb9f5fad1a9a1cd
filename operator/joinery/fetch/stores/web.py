"""HTTP(S): plain GETs, with credentials that go to the Connection's own server and to no other.

Keys of the Secret: ``username`` and ``password``, or ``token``; ``ca.crt``. Redirects are followed by hand, so that
what another host gets never holds them. Source: spec 4, *Credentials never follow a redirect to another host*.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from joinery.fetch.errors import BadConnection, Missing, Transient, failed
from joinery.fetch.manifest import Connection
from joinery.fetch.paths import shown, split
from joinery.fetch.retry import is_status_transient
from joinery.fetch.stores.base import Arrived, Entry, Sink, below, new_md5
from joinery.fetch.stores.credentials import Secret, half, read_secret
from joinery.fetch.stores.listing import links
from joinery.problems import Problem

CHUNK = 256 * 1024
TIMEOUT = aiohttp.ClientTimeout(total=None, connect=30, sock_read=60)
MOST_REDIRECTS = 5
MOST_LISTING = 16 * 1024 * 1024  # bytes of one page
MOST_DEPTH = 32
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})


class WebStore:
    """Files below an address."""

    def __init__(self, base: URL, *, authorization: str | None, tls: ssl.SSLContext | bool) -> None:
        self.base = base
        self.authorization = authorization
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=32, ssl=tls),
            timeout=TIMEOUT,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    @classmethod
    async def open(cls, connection: Connection) -> WebStore:
        """Raises BadConnection for an address that is none, or a Secret that is half of one."""
        endpoint = str(connection.schema.get("endpoint") or "")
        try:
            base = URL(endpoint)
        except ValueError:
            base = URL()
        if base.scheme not in ("http", "https") or not base.host or base.query_string or base.fragment:
            message = f"the endpoint `{shown(endpoint)}` is no http(s) address of a folder"
            raise BadConnection(Problem(message=message, rule="endpoint"))
        if base.user or base.password:
            message = "the endpoint holds a user or a password, where everybody can read it"
            hint = "put `username` and `password` into a Secret that the Connection names"
            raise BadConnection(Problem(message=message, rule="endpoint", hint=hint))
        path = str(connection.schema.get("path") or "").strip("/")
        base = URL(str(base).rstrip("/") + "/")
        base = _under(base, f"{path}/") if path else base
        secret = read_secret(connection)
        return cls(base, authorization=_authorization(connection, secret), tls=ssl_context(secret))

    async def close(self) -> None:
        await self.session.close()

    async def stat(self, path: str) -> Entry:
        async with self._file("HEAD", path) as answer:
            if answer.status in (405, 501):  # it knows no HEAD
                return Entry(path=path)
            _check(answer, path)
            return Entry(path=path, size=answer.content_length, version=_version(answer))

    async def has_folder(self, _path: str, /) -> bool:
        return False

    async def download(self, path: str, fd: int) -> Arrived:
        async with self._file("GET", path) as answer:
            _check(answer, path)
            said = _content_md5(answer)
            sink = Sink(fd, md5=new_md5() if said else None)
            async for chunk in answer.content.iter_chunked(CHUNK):
                sink.write(chunk)
            return sink.arrived(size=answer.content_length, md5=said, version=_version(answer))

    async def walk(self, path: str) -> AsyncIterator[Entry]:
        async for found in self._walk(path.strip("/"), 0):
            yield Entry(path=found)

    async def _walk(self, path: str, depth: int) -> AsyncIterator[str]:
        if depth > MOST_DEPTH:
            raise failed(f"`{shown(path)}` has folders in folders for ever", rule="listing")
        folder = self._url(f"{path}/")
        async with self._request("GET", folder) as answer:
            if answer.status in _GONE:
                return
            _check(answer, path)
            if "html" not in answer.content_type:
                hint = "name the files, or put an index page there (as servers make one for a folder)"
                raise failed(f"the server does not list `{shown(path)}/`", rule="listing", hint=hint)
            page = await up_to(MOST_LISTING, answer.content)
            if len(page) == MOST_LISTING:
                message = f"the page that lists `{shown(path)}/` is {MOST_LISTING:,} bytes or more"
                raise failed(message, rule="listing", hint="name the files")
        for name in links(page.decode("utf-8", "replace"), folder):
            split(name)  # an escaped `..` is one too
            if name.endswith("/"):
                async for found in self._walk(below(path, name.rstrip("/")), depth + 1):
                    yield found
            else:
                yield below(path, name)

    def _url(self, path: str) -> URL:
        return _under(self.base, path)

    @asynccontextmanager
    async def _file(self, method: str, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """A request for one file. Servers redirect from a folder to its name with a ``/``, where the page lies that
        lists it: that page is no file of the run. Raises Missing."""
        async with self._request(method, url := self._url(path)) as answer:
            if answer.url.raw_path.endswith("/") and not url.raw_path.endswith("/"):
                raise Missing(path)
            yield answer

    @asynccontextmanager
    async def _request(self, method: str, url: URL) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow redirects; only requests to the very origin of the Connection are given its credentials."""
        for _ in range(MOST_REDIRECTS + 1):
            headers = {"Accept-Encoding": "identity"}
            if self.authorization and url.origin() == self.base.origin():
                headers["Authorization"] = self.authorization
            async with self.session.request(method, url, headers=headers, allow_redirects=False) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer
                    return
                url = _redirected(url, answer.headers.get("Location") or "")
        raise failed(f"the server redirects more than {MOST_REDIRECTS} times", rule="redirects")


async def up_to(most: int, content: aiohttp.StreamReader) -> bytes:
    """The content, of which no more than ``most`` bytes are read: ``read(most)`` gives what has arrived so far."""
    found = bytearray()
    async for chunk in content.iter_chunked(CHUNK):
        found += chunk
        if len(found) >= most:
            break
    return bytes(found[:most])


def ssl_context(secret: Secret) -> ssl.SSLContext | bool:
    """The machine's authorities, or those of the Secret's ``ca.crt`` alone."""
    if not (authority := secret.get("ca.crt")):
        return True
    try:
        return ssl.create_default_context(cadata=authority)
    except ssl.SSLError:
        raise BadConnection(
            Problem(message="`ca.crt` in the Secret holds no certificate", rule="connection-secret")
        ) from None


def _under(base: URL, path: str) -> URL:
    """``path`` below ``base``, every odd character escaped: a `?` or `#` in a name stays a part of it."""
    quoted = "/".join(URL.build(path=f"/{name}").raw_path[1:] for name in path.split("/"))
    return URL(f"{base}{quoted}", encoded=True)


def _redirected(url: URL, location: str) -> URL:
    try:
        found = url.join(URL(location))
    except ValueError:
        found = URL()
    if not location or found.scheme not in ("http", "https") or not found.host:
        raise failed(f"the server redirects to `{shown(location)}`, which is no address", rule="redirects")
    # A user and password in the address would be sent to that host; they are nobody's that we know.
    return found.with_user(None).with_fragment(None)


def _authorization(connection: Connection, secret: Secret) -> str | None:
    if token := secret.get("token"):
        return f"Bearer {token}"
    user, password = secret.get("username", "user"), secret.get("password")
    if user and password is not None:
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    if user or password:
        raise half(connection, have="username" if user else "password", lacks="password" if user else "username")
    return None


def _check(answer: aiohttp.ClientResponse, path: str) -> None:
    if answer.status in _GONE:
        raise Missing(path)
    if is_status_transient(answer.status):
        raise Transient(f"the server answers {answer.status}")
    if answer.status in (401, 403):
        raise failed(f"the server refuses `{shown(path)}` ({answer.status})", rule="store-refused")
    if answer.status != 200:
        raise failed(f"the server answers {answer.status} for `{shown(path)}`", rule="store")


def _version(answer: aiohttp.ClientResponse) -> str | None:
    return answer.headers.get("ETag") or answer.headers.get("Last-Modified")


def _content_md5(answer: aiohttp.ClientResponse) -> str | None:
    try:
        found = base64.b64decode(answer.headers.get("Content-MD5") or "", validate=True)
    except ValueError:
        return None
    return found.hex() if len(found) == 16 else None
