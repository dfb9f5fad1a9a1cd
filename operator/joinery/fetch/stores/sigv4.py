"""Signature version 4 for requests without a body: what a GET of many small objects costs most, made cheap.

The signature is a public algorithm; botocore's own takes about a millisecond of CPU a request with all that is
around it, which would be most of the time of fetching 5,000 small files.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(slots=True)
class Signer:
    """Signs for one region of S3. ``key`` None: requests are not signed, for public buckets."""

    key: str | None
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    region: str = "us-east-1"
    _day: str = ""
    _signing_key: bytes = field(default=b"", repr=False)

    def headers(self, *, host: str, path: str, now: datetime | None = None) -> dict[str, str]:
        """The headers of ``GET path`` (already quoted, without query) on ``host`` (with its port)."""
        if self.key is None or self.secret is None:
            return {}
        moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        day = moment[:8]
        headers = {"host": host, "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": moment}
        if self.token:
            headers["x-amz-security-token"] = self.token
        names = ";".join(headers)  # they are in the order of the alphabet
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = f"GET\n{path}\n\n{lines}\n{names}\n{EMPTY_SHA256}"
        scope = f"{day}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = hmac.new(self._key_of(day), text.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={self.key}/{scope}"
        headers["authorization"] = f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
        return headers

    def _key_of(self, day: str) -> bytes:
        if day != self._day:
            key = f"AWS4{self.secret}".encode()
            for part in (day, self.region, "s3", "aws4_request"):
                key = hmac.new(key, part.encode(), hashlib.sha256).digest()
            self._day, self._signing_key = day, key
        return self._signing_key


def quoted(path: str) -> str:
    """A path as S3 wants it in the request and in what is signed."""
    return quote(path, safe="/-_.~")
