"""The static checks of what runs, for whoever has an operation or component and no values yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.problems import Problem
from joinery.validation import check_manifest


def check_workload(manifest: Mapping[str, Any]) -> list[Problem]:
    """Every error of an Operation or Component manifest: unknown options of ``environment`` by path, other forms
    of ``init``, other run kinds, ``matrix``, ``schedule``, ``hubRef``, reserved names and paths, templates.

    The rules themselves stand in :mod:`joinery.validation.pods`: lint, admission and operator apply them too.
    """
    return list(check_manifest(manifest).errors)
