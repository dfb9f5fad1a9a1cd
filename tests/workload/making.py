"""What the tests of workloads build from: small operations, components and Connections."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from joinery.workload import Workload, WorkloadRequest, WorkloadSettings, build

UID = "0a1b2c3d-0000-4000-8000-000000000001"
UUID = UID.replace("-", "")
OUTPUTS = f"/joinery/artifacts/{UUID}/outputs"
RUN_A, RUN_B = "a" * 32, "b" * 32

CLAIM: dict[str, Any] = {"kind": "volumeClaim", "schema": {"claim": "data", "path": "runs"}}
BUCKET: dict[str, Any] = {
    "kind": "s3",
    "schema": {"bucket": "models", "endpoint": "http://store:9000"},
    "secret": {"name": "s3-keys", "items": ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]},
}


def operation(name: str = "best", *, namespace: str = "ml", metadata: Any = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": UID,
            "creationTimestamp": "2026-01-02T03:04:05Z",
            **(metadata or {}),
        },
        "spec": spec,
    }


def component(*inputs: dict[str, Any], container: Any = None, **run: Any) -> dict[str, Any]:
    main = {"image": "python:3.13", **(container or {})}
    return {"inputs": list(inputs), "run": {"kind": "job", "container": main, **run}}


def connections(**specs: Any) -> dict[str, Any]:
    return {name: {"metadata": {"name": name}, "spec": spec} for name, spec in specs.items()}


def made(
    what: dict[str, Any] | None = None,
    *,
    params: dict[str, Any] | None = None,
    of: dict[str, Any] | None = None,
    settings: WorkloadSettings | None = None,
    **request: Any,
) -> Workload:
    """``params`` are values, or what a snapshot keeps of a param (a mapping with ``value``)."""
    kept = {
        name: value if isinstance(value, dict) and "value" in value else {"value": value}
        for name, value in (params or {}).items()
    }
    return build(
        WorkloadRequest(
            operation=of or operation(),
            run_uuid=UUID,
            run_name=f"best-{UUID[:8]}",
            params=kept,
            component=what or component(),
            settings=settings or WorkloadSettings(image="joinery:test"),
            **request,
        )
    )


def pod(workload: Workload) -> dict[str, Any]:
    found: dict[str, Any] = workload.job["spec"]["template"]["spec"]
    return found


def main(workload: Workload) -> dict[str, Any]:
    [found] = pod(workload)["containers"]
    return dict(found)


def variables(workload: Workload) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in main(workload)["env"]}


def init(workload: Workload) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in pod(workload).get("initContainers", [])}


def mounts(container: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["mountPath"]: one for one in container["volumeMounts"]}


def volume(workload: Workload, name: str) -> dict[str, Any]:
    return next(one for one in pod(workload)["volumes"] if one["name"] == name)


def files(workload: Workload) -> dict[str, str]:
    """The plain files of all ConfigMaps."""
    return {name: text for one in workload.config_maps for name, text in one.get("data", {}).items()}


def document(workload: Workload, what: str, key: str) -> Any:
    """A packed document, put together from its ConfigMaps."""
    parts = [one for one in workload.config_maps if one["metadata"]["labels"]["joinery.dev/workload"] == what]
    return json.loads(gzip.decompress(b"".join(base64.b64decode(one["binaryData"][key]) for one in parts)))
