"""Manifests as the models they must be by now: what was read under a kind is of that kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from joinery.api.v1alpha1 import AnyResource, parse

M = TypeVar("M", bound=AnyResource)


def parsed(manifest: Mapping[str, Any], kind: type[M]) -> M:
    """The model of ``manifest``. Raises InvalidManifest with every problem, TypeError for an object of another kind."""
    model = parse(dict(manifest))
    if not isinstance(model, kind):
        raise TypeError(f"a {type(model).__name__} was read where a {kind.__name__} was asked for")
    return model
