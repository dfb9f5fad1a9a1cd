"""What time it is, in the two forms that are asked for."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1_000


def now_text() -> str:
    """Whole seconds, as the API server keeps condition times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
