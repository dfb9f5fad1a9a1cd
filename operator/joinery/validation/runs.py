"""A Run by itself: whether it can be read, and what reading it noticed. Source: spec 5, *Run*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.problems import JoineryError, Problem


def check_run(manifest: Mapping[str, Any]) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings of a Run manifest that has the right shape."""
    from joinery.runs import read_run  # checks of the other kinds do not need it

    metadata = manifest.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    try:
        record = read_run(manifest, namespace=namespace or "default")
    except JoineryError as error:
        return list(error.problems), []
    return [], [Problem(message=text, rule="run") for text in record.warnings]
