"""Every bound of the API in one place: the models, the CRDs and the error texts read them from here.

Sources: spec 1 (Fields of a join), spec 2 (16 KiB of query), spec 5 (a maximum on every declared string, list and map).
"""

from __future__ import annotations

import re

MAX_RUNS_PER_JOIN = 5000  # the default of the operator setting maxRunsPerJoin
MAX_OFFSET = 1_000_000_000
MAX_QUERY = 16 * 1024
MAX_SORT = 4 * 1024
MAX_JOINS = 32
MAX_JOIN_PARAMS = 128
MAX_PARAMS = 256
MAX_ALL_PARAMS = MAX_PARAMS + MAX_JOINS * MAX_JOIN_PARAMS
MAX_FILES = 256
MAX_IO = 256
MAX_CONNECTIONS = 16
MAX_TAGS = 128
MAX_LABELS = 128
MAX_EXPRESSIONS = 64
MAX_CONTAINERS = 32
MAX_VOLUMES = 64
MAX_OPTIONS = 1024
MAX_OPAQUE_KEYS = 256
MAX_CONDITIONS = 64
MAX_HISTORY = 1024
MAX_RECORDED = 16_384  # entries of a map of any JSON in a Run
MAX_ARTIFACTS = 16_384
MAX_UPSTREAM = 5000
MAX_SHOWN_RUNS = 100
MAX_WARNINGS = 1024
MAX_RESULT_MAPS = 1024
MAX_FETCHED = 64
MAX_MISSING = 1024

MAX_OPERATION_NAME = 52
MAX_NAME = 253
MAX_WORD = 256
MAX_TIME = 64
MAX_PATH = 4096
MAX_TEXT = 32 * 1024
MAX_COUNT_TEXT = 4096  # a `{{ }}` in limit or offset
MAX_SHOWN_VALUE = 80

_DIGITS = re.compile(r"[+-]?[0-9]{1,19}")


def whole_number(text: str) -> int | None:
    """A number in text, as ``limit`` and ``offset`` may be written: its digits, with what Polyaxon passes over too
    (spaces around them, a sign, leading zeros). None for any other text."""
    return int(text) if _DIGITS.fullmatch(text.strip()) else None
