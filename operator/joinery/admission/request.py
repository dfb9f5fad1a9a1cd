"""Reading an AdmissionReview of `admission.k8s.io/v1`: what is asked, or why nothing can be asked so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from joinery.api.v1alpha1.errors import describe
from joinery.api.v1alpha1.meta import API_VERSION, GROUP, VERSION

REVIEW_VERSION = "admission.k8s.io/v1"
MAX_BODY = 1024 * 1024  # bytes; the API server's own limit on an object is 1.5 times that
KINDS = ("Operation", "Component", "Search", "Connection")
OPERATIONS = ("CREATE", "UPDATE", "DELETE", "CONNECT")


class Malformed(ValueError):
    """No review: the text says why. ``uid`` is that of the request, where it could be read."""

    def __init__(self, text: str, *, uid: str = "") -> None:
        super().__init__(text)
        self.uid = uid


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing that somebody wants to do. ``object`` is empty for a deletion, ``old`` for a creation."""

    uid: str
    kind: str
    operation: str
    subresource: str = ""
    object: Mapping[str, Any] = field(default_factory=dict)
    old: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The object's name, or the prefix that its name is made from."""
        metadata = self.object.get("metadata")
        named = metadata.get("name") or metadata.get("generateName") if isinstance(metadata, Mapping) else None
        return named if isinstance(named, str) else ""


def read_request(body: bytes) -> Request:
    """The request in ``body``. Raises Malformed for whatever is not a review of one of our four kinds."""
    if len(body) > MAX_BODY:
        raise Malformed(f"the review has {len(body)} bytes, and may have {MAX_BODY}")
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON: {error}") from error
    if not isinstance(whole, dict):
        raise Malformed(f"the body is no AdmissionReview: it is {describe(whole)}")
    given = whole.get("request")
    uid = given.get("uid") if isinstance(given, dict) else None
    uid = uid if isinstance(uid, str) and 0 < len(uid) <= 128 else ""
    if (version := whole.get("apiVersion")) != REVIEW_VERSION or whole.get("kind") != "AdmissionReview":
        said = f"{describe(whole.get('kind'))} of {describe(version)}"
        raise Malformed(f"must be an AdmissionReview of {REVIEW_VERSION}, and is {said}", uid=uid)
    if not isinstance(given, dict) or not uid:
        raise Malformed("the review holds no request with a uid")
    operation = given.get("operation")
    if operation not in OPERATIONS:
        raise Malformed(f"must be one of {', '.join(OPERATIONS)}, and is {describe(operation)}", uid=uid)
    return Request(
        uid=uid,
        kind=_kind(given.get("kind"), uid),
        operation=operation,
        subresource=given["subResource"] if isinstance(given.get("subResource"), str) else "",
        object=_object(given, "object", needed=operation in ("CREATE", "UPDATE"), uid=uid),
        old=_object(given, "oldObject", needed=operation == "UPDATE", uid=uid),
    )


def _kind(given: Any, uid: str) -> str:
    """The kind, where it is one of ours. A Run is none of them: no metric write waits for this webhook."""
    kind = given if isinstance(given, dict) else {}
    name = kind.get("kind")
    if (kind.get("group"), kind.get("version")) == (GROUP, VERSION) and name in KINDS:
        return str(name)
    said = " ".join(describe(kind.get(key)) for key in ("group", "version", "kind"))
    known = f"{', '.join(KINDS)} of {API_VERSION}"
    raise Malformed(f"this webhook judges {known} alone, and was asked about {said}: mend its rules", uid=uid)


def _object(given: Mapping[str, Any], key: str, *, needed: bool, uid: str) -> Mapping[str, Any]:
    value = given.get(key)
    if isinstance(value, dict):
        return value
    if value is None and not needed:
        return {}
    raise Malformed(f"request.{key} must be a mapping, and is {describe(value)}", uid=uid)
