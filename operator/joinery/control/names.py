"""Names and labels of what an operation owns: all derived from it, so that a kill anywhere is taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.workload.names import API_VERSION as API_VERSION
from joinery.workload.names import OPERATION_LABEL as OPERATION_LABEL
from joinery.workload.names import OPERATION_UID_LABEL as OPERATION_UID_LABEL
from joinery.workload.names import owner_reference as owner_reference
from joinery.workload.names import uid8 as uid8

RESULT_LABEL = "joinery.dev/result"  # value: the first 8 digits of the digest
MANAGED_BY = "joinery"
DIGEST_ANNOTATION = "joinery.dev/digest"


def digest8(digest: str) -> str:
    """The first eight hex digits of ``sha256:HEX``."""
    return digest.rpartition(":")[2][:8]


def run_name(name: str, uid: str) -> str:
    """The operation's own Run: ``NAME-UID8``."""
    return f"{name}-{uid8(uid)}"


def run_uuid(uid: str) -> str:
    """The uuid of the operation's own Run (and `globals.uuid`): its uid as 32 hex digits, so never a second one."""
    return uid.replace("-", "").lower()


def result_name(name: str, uid: str, digest: str, part: int) -> str:
    """One result ConfigMap: ``NAME-UID8-DIGEST8-N``."""
    return f"{name}-{uid8(uid)}-{digest8(digest)}-{part}"


def is_owned_by(manifest: Mapping[str, Any], uid: str) -> bool:
    """Whether the object's owner references name that uid."""
    return any(owner.get("uid") == uid for owner in manifest.get("metadata", {}).get("ownerReferences") or ())
