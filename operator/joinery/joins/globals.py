"""``globals`` of an operation: who it is and where its pod finds things. Source: spec 4, *Templates*."""

from __future__ import annotations

from typing import Any

from joinery.joins.request import ResolveRequest
from joinery.runs.times import format_time

CONTEXT_PATH = "/joinery"
ARTIFACTS_PATH = f"{CONTEXT_PATH}/artifacts"
PARAMS_PATH = f"{CONTEXT_PATH}/params"


def operation_globals(request: ResolveRequest) -> dict[str, Any]:
    """Every name of spec 4 for the operation that is being resolved."""
    return make_globals(
        uuid=request.uuid,
        name=request.name,
        namespace=request.namespace,
        project=request.operation.spec.project,
        created=request.created,
        user=request.user,
    )


def make_globals(
    *, uuid: str, name: str, namespace: str, project: str | None, created: int, user: str | None
) -> dict[str, Any]:
    """Every name of spec 4. ``run_outputs_path`` is ``$JOINERY_OUTPUTS_PATH``; ``created`` is in microseconds since
    1970, UTC, and is written as ISO 8601 with offset."""
    project = project or namespace
    return {
        "uuid": uuid,
        "name": name,
        "namespace": namespace,
        "project_name": project,
        "project_unique_name": f"{namespace}.{project}",
        "owner_name": namespace,
        "run_info": f"{namespace}.{project}.runs.{uuid}",
        "created_at": format_time(created),
        "iteration": None,
        "user": user or "",
        "artifacts_path": ARTIFACTS_PATH,
        "run_artifacts_path": f"{ARTIFACTS_PATH}/{uuid}",
        "run_outputs_path": f"{ARTIFACTS_PATH}/{uuid}/outputs",
        "context_path": CONTEXT_PATH,
        "params_path": PARAMS_PATH,
    }
