"""What the parts of a workload add to the pod, collected; and the containers that are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joinery.problems import Problem
from joinery.workload.request import WorkloadSettings

TMP = "joinery-tmp"
TMP_PATH = "/tmp"  # noqa: S108 - inside the container
NOBODY = 65532  # the image's user


@dataclass(slots=True)
class Pieces:
    """What goes into the pod around the user's containers. ``mounts`` are of every container of the user's,
    ``main_mounts``, ``main_env`` and ``main_env_from`` of the main one."""

    volumes: list[dict[str, Any]] = field(default_factory=list)
    mounts: list[dict[str, Any]] = field(default_factory=list)
    main_mounts: list[dict[str, Any]] = field(default_factory=list)
    main_env: list[dict[str, Any]] = field(default_factory=list)
    main_env_from: list[dict[str, Any]] = field(default_factory=list)
    init: list[dict[str, Any]] = field(default_factory=list)
    sidecars: list[dict[str, Any]] = field(default_factory=list)
    config_maps: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    fetchers: dict[str, str] = field(default_factory=dict)
    collector: str | None = None
    grace_seconds: int | None = None

    def add_volume(self, volume: dict[str, Any]) -> None:
        """A volume of the pod; one of that name may be there already."""
        if all(volume["name"] != known["name"] for known in self.volumes):
            self.volumes.append(volume)


def own_container(
    name: str,
    arguments: Sequence[str],
    *,
    settings: WorkloadSettings,
    mounts: Sequence[dict[str, Any]],
    user: int = NOBODY,
    group: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One of our containers, under the *restricted* Pod Security Standard (unless ``user`` is root's number, where
    the main container is root too). Its last lines are its termination message, should it fail without one."""
    context: dict[str, Any] = {
        "runAsUser": user,
        "runAsNonRoot": user != 0,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if group is not None:
        context["runAsGroup"] = group
    container: dict[str, Any] = {
        "name": name,
        "image": settings.image,
        "command": ["joinery"],
        "args": list(arguments),
        "resources": {key: dict(value) for key, value in settings.resources.items()},
        "securityContext": context,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [*mounts, {"name": TMP, "mountPath": TMP_PATH}],
    }
    if settings.image_pull_policy:
        container["imagePullPolicy"] = settings.image_pull_policy
    return {**container, **(extra or {})}


def tmp_volume() -> dict[str, Any]:
    """What our containers write to besides their purpose: their root is read-only."""
    return {"name": TMP, "emptyDir": {"sizeLimit": "256Mi"}}
