"""The pod: the user's ``run``, rendered, with the pieces that Joinery adds. Source: spec 4, *The Job*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joinery.validation.pods import ENVIRONMENT
from joinery.validation.pods.check import init_form
from joinery.workload import names
from joinery.workload.containers import main_container, other_container, rendered_container, restricted
from joinery.workload.pieces import Pieces, tmp_volume
from joinery.workload.rendering import Renderer
from joinery.workload.request import WorkloadSettings

MESSAGE_BYTES = 4_096  # the kubelet's limits of termination messages: of one container,
POD_MESSAGE_BYTES = 12_288  # and of all containers of a pod together
_TEXTS = ("labels", "annotations", "nodeSelector")
_METADATA = ("labels", "annotations")


def rendered_run(run: Mapping[str, Any], renderer: Renderer, at: str) -> dict[str, Any]:
    """``run`` (camelCase, checked) with every text of the pod rendered."""
    made: dict[str, Any] = {"container": rendered_container(run["container"], renderer, f"{at}.container")}
    made["init"] = [
        rendered_container(inner, renderer, f"{at}.init[{index}]")
        for index, one in enumerate(run.get("init") or ())
        if (inner := init_form(one, "")[0]) is not None
    ]
    made["sidecars"] = [
        rendered_container(one, renderer, f"{at}.sidecars[{index}]")
        for index, one in enumerate(run.get("sidecars") or ())
    ]
    made["volumes"] = renderer.any(run.get("volumes") or [], f"{at}.volumes")
    made["environment"] = {
        key: (renderer.texts if key in _TEXTS else renderer.any)(value, f"{at}.environment.{key}")
        for key, value in (run.get("environment") or {}).items()
        if value is not None
    }
    return made


def pod_template(
    run: Mapping[str, Any],
    pieces: Pieces,
    variables: list[dict[str, str]],
    *,
    labels: Mapping[str, str],
    settings: WorkloadSettings,
) -> dict[str, Any]:
    """The template of the Job's pods. ``run`` is rendered; ``labels`` are ours."""
    environment: Mapping[str, Any] = run["environment"]
    init = [other_container(one, pieces) for one in run["init"]]
    sidecars = [other_container(one, pieces, sidecar=True) for one in run["sidecars"]]
    count = 1 + len(pieces.init) + len(init) + len(pieces.sidecars) + len(sidecars)
    limit = {"name": "JOINERY_OUTPUTS_LIMIT", "value": str(min(MESSAGE_BYTES, POD_MESSAGE_BYTES // count) - 1)}
    main = main_container(run["container"], pieces, [*variables, limit])
    if settings.security_defaults == "restricted":
        context = environment.get("securityContext") or {}
        main = restricted(main, context)
        init = [restricted(one, context) for one in init]
        sidecars = [restricted(one, context) for one in sidecars]
    # `collect` starts last of ours and before the user's sidecars: sidecars end in the opposite order, so what they
    # still write when the main container has ended is collected too.
    own = [*pieces.init, *pieces.sidecars]
    containers = [*pieces.init, *init, *pieces.sidecars, *sidecars]
    spec: dict[str, Any] = {
        key: value for key, value in environment.items() if key in ENVIRONMENT and key not in _METADATA
    }
    spec["restartPolicy"] = environment.get("restartPolicy") or "Never"
    if "imagePullSecrets" in spec:
        spec["imagePullSecrets"] = [
            {"name": one} if isinstance(one, str) else one for one in spec["imagePullSecrets"] or ()
        ]
    if pieces.grace_seconds is not None:
        given = spec.get("terminationGracePeriodSeconds")
        spec["terminationGracePeriodSeconds"] = max(pieces.grace_seconds, given if type(given) is int else 0)
    if containers:
        spec["initContainers"] = containers
    spec["containers"] = [main]
    spec["volumes"] = [*run["volumes"], *pieces.volumes, *([tmp_volume()] if own else [])]
    theirs = {key: value for key, value in (environment.get("labels") or {}).items() if not _is_queue(key)}
    return {
        "metadata": {
            "labels": {**theirs, **labels},
            "annotations": {
                **(environment.get("annotations") or {}),
                names.MAIN_CONTAINER_ANNOTATION: main["name"],
            },
        },
        "spec": spec,
    }


def _is_queue(key: str) -> bool:
    """Kueue's labels are for the Job: on a pod they would have it queued a second time."""
    return key.startswith(names.KUEUE_PREFIX)
