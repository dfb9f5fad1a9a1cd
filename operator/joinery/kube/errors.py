"""What the API server may answer instead of what was asked for: one class for each thing a caller can do about it.

Pure: :func:`error_from` reads a ``Status`` object (Kubernetes API conventions, *Response Status Kind*).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson

from joinery.problems import JoineryError, Problem

MESSAGE_LIMIT = 2_000  # characters kept of a message: a webhook may answer with anything


class ApiError(JoineryError):
    """The API server did not do what it was asked. ``code`` is the HTTP status, 0 where there was no answer.

    ``reason`` is the machine-readable word of its Status (``AlreadyExists``), ``retry_after`` the seconds it wants
    to be left alone, ``causes`` the reasons of single fields.
    """

    hint: ClassVar[str | None] = None

    def __init__(
        self,
        message: str,
        *,
        code: int = 0,
        reason: str = "",
        retry_after: float | None = None,
        causes: tuple[Mapping[str, Any], ...] = (),
    ) -> None:
        message = message[:MESSAGE_LIMIT]
        fields = [
            Problem(message=str(cause.get("message", ""))[:MESSAGE_LIMIT], path=str(cause["field"]), rule="refused")
            for cause in causes
            if cause.get("field") not in (None, "", "<nil>")
        ]
        super().__init__(fields or Problem(message=message, rule="refused", hint=self.hint))
        self.message = message
        self.code = code
        self.reason = reason
        self.retry_after = retry_after
        self.causes = causes

    @property
    def transient(self) -> bool:
        """Whether the same request may well succeed a little later."""
        return False


class Refused(ApiError):
    """The request itself is wrong (400, 405, 413, 415 …): asking again changes nothing."""


class Unauthorized(ApiError):
    """401: the server does not know who asks."""

    hint = "check the user and token of the kubeconfig; a token may have expired"


class Forbidden(ApiError):
    """403: who asks has no right to it, or an admission policy or quota says no."""


class NotFound(ApiError):
    """404: there is no such object, or no such resource (are the CRDs installed?)."""


class Conflict(ApiError):
    """409: the object was changed since it was read, or a precondition does not hold. Read it anew."""


class AlreadyExists(ApiError):
    """409: an object of that name is there already."""


class Gone(ApiError):
    """410: the resource version or the continue token is too old. List anew."""


class Invalid(ApiError):
    """422: the object breaks its schema; one problem for each field."""


class TooManyRequests(ApiError):
    """429: the server sheds load, or an eviction must wait; ``retry_after`` says how long."""

    @property
    def transient(self) -> bool:
        return True


class ServerError(ApiError):
    """5xx: the server or something behind it (etcd, a webhook) failed."""

    @property
    def transient(self) -> bool:
        return True


class Unreachable(ApiError):
    """No answer: refused or broken connection, or none within the time limit. It may have been done all the same."""

    hint = "is the API server up, and is the address in the kubeconfig the right one?"

    @property
    def transient(self) -> bool:
        return True


_BY_CODE: Mapping[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}
TOO_LARGE_VERSION = "ResourceVersionTooLarge"  # a cause: asked for a version that the server has not reached


def error_from(code: int, body: bytes, *, retry_after: str | None = None) -> ApiError:
    """The error that an HTTP answer of ``code`` says; ``body`` may be a Status or anything else."""
    status: Any = None
    with contextlib.suppress(orjson.JSONDecodeError):
        status = orjson.loads(body)
    if not isinstance(status, dict) or status.get("kind") != "Status":
        text = body[:MESSAGE_LIMIT].decode(errors="replace").strip()
        status = {"message": text or f"the API server answered {code}"}
    return error_from_status(status, code=code, retry_after=retry_after)


def error_from_status(
    status: Mapping[str, Any], *, code: int | None = None, retry_after: str | None = None
) -> ApiError:
    """The error that a ``Status`` says: the body of an answer, or the object of a watch's ERROR event."""
    number = code if code is not None else _int(status.get("code"))
    reason = str(status.get("reason") or "")
    given = status.get("details")
    details = given if isinstance(given, dict) else {}
    listed = details.get("causes")
    causes = tuple(cause for cause in listed if isinstance(cause, dict)) if isinstance(listed, list) else ()
    seconds = _seconds(retry_after)
    if seconds is None and details.get("retryAfterSeconds"):
        seconds = float(_int(details["retryAfterSeconds"]))
    return _class_of(number, reason)(
        str(status.get("message") or f"the API server answered {number}"),
        code=number,
        reason=reason,
        retry_after=seconds,
        causes=causes,
    )


def _class_of(code: int, reason: str) -> type[ApiError]:
    if reason == "AlreadyExists":
        return AlreadyExists
    if reason in {"Expired", "Gone"}:
        return Gone
    return _BY_CODE.get(code, ServerError if code >= 500 else Refused)


def _int(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` in seconds; the API server never sends it as a date."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
