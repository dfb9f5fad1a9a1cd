"""Imports without something that the imported only looks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def hidden(name: str) -> Iterator[None]:
    """As if the module of that name were not installed, while others are imported; nothing where it is loaded."""
    modules = cast(dict[str, Any], sys.modules)
    if name in modules:
        yield
        return
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]
