"""Trying again: what may go well the next time, and how long to wait before it."""

from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from joinery.fetch.errors import FetchError, Missing, Transient, failed

T = TypeVar("T")
ATTEMPTS = 6
FIRST_WAIT = 0.25  # seconds; doubled each time, with up to as much again by chance
LONGEST_WAIT = 15.0
_ERRNOS = frozenset(
    {errno.ECONNRESET, errno.ECONNREFUSED, errno.ECONNABORTED, errno.EPIPE, errno.ETIMEDOUT, errno.EAGAIN, errno.EINTR}
    | {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETRESET, errno.EBUSY, errno.EIO, errno.ESTALE, errno.EREMOTEIO}
)
_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_CODES = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout", "InternalError", "ServiceUnavailable"}
    | {"RequestTimeTooSkewed", "BadDigest", "IncompleteBody", "OperationAborted", "RequestLimitExceeded"}
)


async def retrying(
    call: Callable[[], Awaitable[T]],
    *,
    what: str,
    attempts: int = ATTEMPTS,
    first_wait: float | None = None,
    tell: Callable[[str], None] | None = None,
) -> T:
    """The result of ``call``, tried again after transient errors; then a failure that says what it last was."""
    first = FIRST_WAIT if first_wait is None else first_wait
    for attempt in range(1, attempts + 1):
        try:
            return await call()
        except (Missing, FetchError):
            raise
        except Exception as error:
            if attempt == attempts or not is_transient(error):
                after = f" after {attempt} attempts" if attempt > 1 else ""
                raise failed(f"{what} failed{after}: {reason(error)}", rule="store") from error
            wait = min(LONGEST_WAIT, first * 2 ** (attempt - 1)) * (1 + random.random())  # noqa: S311 - jitter
            if tell is not None:
                tell(f"{what}: {reason(error)}; trying again in {wait:.1f} s")
            await asyncio.sleep(wait)
    raise AssertionError("attempts is at least 1")


def is_status_transient(status: int) -> bool:
    """Whether a server that answers so may answer otherwise later."""
    return status in _STATUSES


def is_transient(error: BaseException) -> bool:
    """Whether the same request may go well later. Looks at what an error was made from, too: fsspec translates."""
    seen = 0
    current: BaseException | None = error
    while current is not None and seen < 5:
        if _is_transient(current):
            return True
        current, seen = current.__cause__, seen + 1
    return False


def _is_transient(error: BaseException) -> bool:
    if isinstance(
        error, Transient | asyncio.TimeoutError | TimeoutError | ConnectionError | asyncio.IncompleteReadError
    ):
        return True
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's ClientError
        status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode")
        return status in _STATUSES or (response.get("Error") or {}).get("Code") in _CODES
    for name in ("status", "status_code", "code"):  # aiohttp's, Azure's, gcsfs's
        if isinstance(said := getattr(error, name, None), int):
            return said in _STATUSES
    if isinstance(error, OSError):
        return error.errno in _ERRNOS
    # Connections that broke, as aiohttp and botocore name them; neither need be installed.
    return type(error).__name__ in _BROKEN


_BROKEN = frozenset(
    {"ClientPayloadError", "ServerDisconnectedError", "ClientConnectorError", "ClientOSError", "HTTPClientError"}
    | {"EndpointConnectionError", "ConnectionClosedError", "ReadTimeoutError", "ConnectTimeoutError", "FSTimeoutError"}
    | {"IncompleteReadError", "ResponseStreamingError", "AioReadTimeoutError", "ServiceRequestError"}
)


def reason(error: BaseException) -> str:
    """The error in a few words, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain if len(plain) <= 300 else f"{plain[:299]}…"
