"""A new Operation from an old one: what a person wrote, and nothing of what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from joinery.api.v1alpha1.limits import MAX_OPERATION_NAME
from joinery.cli.live.names import parse_name
from joinery.cli.live.session import Manifest, Session
from joinery.kube.errors import AlreadyExists
from joinery.kube.paths import OPERATIONS
from joinery.problems import InvalidValue, JoineryError, Problem

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NUMBERS = 1_000  # names that are tried
_NUMBERED = re.compile(r"-r[1-9][0-9]{0,3}$")


class NameInUse(JoineryError):
    """There is an Operation of the new name already."""


def copy_of(operation: Mapping[str, Any], *, name: str) -> Manifest:
    """The manifest as it could be applied: name, labels, annotations and spec. ``stop`` is an act on the old one.

    Raises InvalidValue for a name that an Operation cannot have.
    """
    name = parse_name(name, kind="Operation").name
    if len(name) > MAX_OPERATION_NAME:
        raise InvalidValue(
            Problem(
                message=f"`{name}` has {len(name)} characters; the name of an operation has at most "
                f"{MAX_OPERATION_NAME}",
                path="metadata.name",
                rule="name",
                hint="its Job, Run and ConfigMaps are called after it; give a shorter one with `--name`",
            )
        )
    old = operation["metadata"]
    annotations = {key: value for key, value in (old.get("annotations") or {}).items() if key != LAST_APPLIED}
    metadata = {"name": name, "namespace": old["namespace"], "labels": old.get("labels"), "annotations": annotations}
    return {
        "apiVersion": operation["apiVersion"],
        "kind": operation["kind"],
        "metadata": {key: value for key, value in metadata.items() if value},
        "spec": {key: value for key, value in (operation.get("spec") or {}).items() if key != "stop"},
    }


def new_names(old: str) -> Iterator[str]:
    """``compare-r1``, ``compare-r2`` …, of ``compare`` as of ``compare-r1``; a long name is cut to make room."""
    base = _NUMBERED.sub("", old)
    for number in range(1, NUMBERS):
        suffix = f"-r{number}"
        yield base[: MAX_OPERATION_NAME - len(suffix)].rstrip("-.") + suffix


async def free_name(session: Session, old: str) -> str:
    """The first of the new names that nothing has now. Raises NameInUse."""
    for name in new_names(old):
        if await session.get(OPERATIONS, name) is None:
            return name
    raise _all_in_use(old)


async def create(session: Session, operation: Mapping[str, Any], *, name: str | None) -> Manifest:
    """Create the copy, as ``name`` or as the first free one. Raises NameInUse, MissingRight, ApiError."""
    old = operation["metadata"]["name"]
    for new in [name] if name is not None else new_names(old):
        try:
            return await session.create(OPERATIONS, copy_of(operation, name=new))
        except AlreadyExists:
            if name is not None:
                message = f"there is an Operation `{name}` in namespace `{session.namespace}` already"
                hint = "without `--name`, a free name is found"
                raise NameInUse(Problem(message=message, rule="name-in-use", hint=hint)) from None
    raise _all_in_use(old)


def _all_in_use(old: str) -> NameInUse:
    message = f"all of {next(new_names(old))} and the {NUMBERS - 2} names after it are in use"
    return NameInUse(Problem(message=message, rule="name-in-use", hint="give one with `--name`"))
