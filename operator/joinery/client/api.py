"""One connection to the API server: JSON requests over ``http.client``, never redirected."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from joinery.client.access import Access
from joinery.client.notes import short
from joinery.client.sinks import Away

SECONDS = 10  # of one request
MERGE = "application/merge-patch+json"
OPERATIONS = "application/json-patch+json"  # RFC 6902
_MOST_ANSWER = 8 * 1024 * 1024  # bytes


class ApiError(Exception):
    """The API server's answer is an error."""

    def __init__(self, code: int, message: str, *, reason: str = "", wait: float = 0.0) -> None:
        super().__init__(f"{code} {reason}: {short(message)}")
        self.code, self.reason, self.message, self.wait = code, reason, message, wait


class ApiServer:
    """Requests to one API server, over one connection that is kept open. For one thread at a time."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._parts = urlsplit(access.server)
        self._connection: http.client.HTTPConnection | None = None

    def request(self, method: str, path: str, body: Any = None, *, content: str = "application/json") -> Any:
        """The JSON answer. Raises ApiError for an error that was answered, and Away where there was no answer."""
        data = None if body is None else json.dumps(body).encode()
        try:
            authorization = self.access.authorization()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Away(f"no credentials: {short(error)}") from error
        headers = {"Content-Type": content, "Accept": "application/json", "User-Agent": "joinery-client"}
        if authorization:
            headers["Authorization"] = authorization
        kept = self._connection is not None
        try:
            return self._send(method, path, data, headers)
        except (OSError, http.client.HTTPException) as error:
            self.forget()
            if kept and not isinstance(error, TimeoutError):
                # The other side may have closed what we kept open. All that we send may be sent twice.
                return self._again(method, path, data, headers)
            raise Away(f"{self.access.server}: {_words(error)}") from error

    def _again(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Any:
        try:
            return self._send(method, path, data, headers)
        except (OSError, http.client.HTTPException) as error:
            self.forget()
            raise Away(f"{self.access.server}: {_words(error)}") from error

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.request(method, f"{self._parts.path}{path}", body=data, headers=headers)
        answer = self._connection.getresponse()
        content = answer.read(_MOST_ANSWER)
        if answer.will_close or not answer.isclosed():
            self.forget()
        try:
            found = json.loads(content) if content else {}
        except ValueError:
            found = {}
        if answer.status < 300:
            return found
        said = found if isinstance(found, dict) else {}
        message = str(said.get("message") or content[:300].decode(errors="replace"))
        reason, wait = str(said.get("reason") or answer.reason), answer.headers.get("Retry-After", "")
        if answer.status == 401:
            self.forget()  # a certificate may have been renewed
        raise ApiError(answer.status, message, reason=reason, wait=min(60.0, float(wait)) if wait.isdecimal() else 0.0)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        proxy = urlsplit(self.access.proxy or _proxy_of_environment(self._parts.scheme, host) or "")
        if self._parts.scheme != "https":
            return http.client.HTTPConnection(host, port, timeout=SECONDS)
        context = self.access.context()
        name = self.access.server_name
        if proxy.hostname:
            through = _Named(proxy.hostname, proxy.port, timeout=SECONDS, context=context, server_name=name or host)
            through.set_tunnel(host, port or 443)
            return through
        return _Named(host, port, timeout=SECONDS, context=context, server_name=name or host)

    def forget(self) -> None:
        """Close the connection; the next request makes a new one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def after_fork(self) -> None:
        """The connection is the parent's: it is not closed, only no longer used."""
        self._connection = None


class _Named(http.client.HTTPSConnection):
    """Expects the certificate of ``server_name``, whatever host it connects to; through a tunnel if there is one."""

    def __init__(
        self, host: str, port: int | None, *, timeout: float, context: ssl.SSLContext, server_name: str
    ) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._tls, self._server_name = context, server_name

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        plain: socket.socket = self.sock
        self.sock = self._tls.wrap_socket(plain, server_hostname=self._server_name)


def _proxy_of_environment(scheme: str, host: str) -> str | None:
    """HTTPS_PROXY and NO_PROXY, as kubectl heeds them."""
    return None if not host or proxy_bypass(host) else getproxies().get(scheme)


def _words(error: BaseException) -> str:
    return short(getattr(error, "strerror", None) or error) or type(error).__name__
