"""Names, labels and paths: all derived from the operation, so that building twice gives the same objects."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

API_VERSION = "joinery.dev/v1alpha1"
OPERATION_UID_LABEL = "joinery.dev/operation-uid"
OPERATION_LABEL = "joinery.dev/operation"
WORKLOAD_LABEL = "joinery.dev/workload"  # on ConfigMaps: what it holds
MAIN_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container"
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
KUEUE_PREFIX = "kueue.x-k8s.io/"

PARAMS_FILE = "params.json"
OUTPUTS_FILE = "/joinery/run/outputs.json"
STORES_PATH = "/joinery/stores"  # in our containers: a connection's volume
SECRETS_PATH = "/joinery/secrets"
MANIFESTS_PATH = "/joinery/manifest"
PARTS_PATH = "/joinery/parts"
CONNECTIONS_PATH = "/joinery/connections"  # in the main container, where a Connection says no mountPath

SNAPSHOT_KEY = "snapshot.json.gz"  # of a result ConfigMap

COLLECT = "collect"
INIT_OUTPUTS = "init-outputs"
INIT_PARAMS = "init-params"
_LONGEST_LABEL = 63


def uid8(uid: str) -> str:
    """The first eight hex digits of a uid."""
    return uid.replace("-", "")[:8]


def label(prefix: str, name: str) -> str:
    """``PREFIX-NAME`` as a DNS label of at most 63 characters; a name that must be changed gets a checksum."""
    plain = f"{prefix}-{name}".replace(".", "-")
    if plain == f"{prefix}-{name}" and len(plain) <= _LONGEST_LABEL:
        return plain
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain[: _LONGEST_LABEL - 9].rstrip('-')}-{mark}"


def owner_reference(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Ours, as controller; without blockOwnerDeletion, which would need the right to update finalizers."""
    metadata = operation["metadata"]
    return {
        "apiVersion": API_VERSION,
        "kind": "Operation",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }


def labels(operation: Mapping[str, Any]) -> dict[str, str]:
    """What every object of the operation carries, so that it is found without its owner reference."""
    metadata = operation["metadata"]
    return {OPERATION_UID_LABEL: metadata["uid"], OPERATION_LABEL: metadata["name"]}


def component_path(operation: Mapping[str, Any]) -> str:
    """Where the component stands, for problems: in the operation, or in a Component of its own."""
    return "spec.component" if (operation.get("spec") or {}).get("component") is not None else "component"


def child(operation: Mapping[str, Any], what: str, mark: str, number: int) -> str:
    """The name of a ConfigMap: ``NAME-UID8-WHAT-MARK-N``."""
    metadata = operation["metadata"]
    return f"{metadata['name']}-{uid8(metadata['uid'])}-{what}-{mark}-{number}"
