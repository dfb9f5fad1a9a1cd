"""The Job around the pod. Source: spec 4, *The Job*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.workload import names


def job(operation: Mapping[str, Any], template: dict[str, Any], environment: Mapping[str, Any]) -> dict[str, Any]:
    """One pod at a time, one success. No TTL: it is set once the outcome is recorded.

    A new pod starts only when the one before has ended altogether (``podReplacementPolicy: Failed``), so that two
    attempts never write the same outputs.
    """
    metadata, termination = operation["metadata"], (operation.get("spec") or {}).get("termination") or {}
    queue = {
        key: str(value)
        for source in (metadata.get("labels") or {}, environment.get("labels") or {})
        for key, value in source.items()
        if key.startswith(names.KUEUE_PREFIX)
    }
    spec: dict[str, Any] = {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": termination.get("maxRetries") or 0,
        "podReplacementPolicy": "Failed",
        "template": template,
    }
    if termination.get("timeout"):
        spec["activeDeadlineSeconds"] = termination["timeout"]
    if names.QUEUE_LABEL in queue:
        spec["suspend"] = True  # Kueue releases it when there is room
    theirs = {
        key: value for key, value in (environment.get("labels") or {}).items() if not key.startswith(names.KUEUE_PREFIX)
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": {**theirs, **queue, **names.labels(operation)},
            "ownerReferences": [names.owner_reference(operation)],
        },
        "spec": spec,
    }
