"""What an ETag of S3 says of the content."""

from __future__ import annotations

import re
from typing import Any

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


def md5_of(headers: Any) -> str | None:
    """The md5 that an ETag is: of an object that was put in one piece and is not encrypted with a key of its own."""
    encryption = headers.get("x-amz-server-side-encryption") or ""
    if encryption.startswith("aws:kms") or headers.get("x-amz-server-side-encryption-customer-algorithm"):
        return None
    found = _MD5.fullmatch(headers.get("ETag") or headers.get("etag") or "")
    return found[1] if found else None
