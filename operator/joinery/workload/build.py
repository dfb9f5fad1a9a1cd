"""The one function of this room: a committed operation in, the objects that run it out. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from joinery.api.v1alpha1 import V1ComponentSpec, reasons
from joinery.joins.globals import make_globals
from joinery.joins.resolution import ResolvedParam
from joinery.problems import InvalidManifest, InvalidOperation, Problem
from joinery.runs import parse_time
from joinery.validation.pods import check_run
from joinery.workload import names
from joinery.workload.artifacts import add_artifacts
from joinery.workload.connections import Connections, connections_needed
from joinery.workload.job import job
from joinery.workload.outputs import add_outputs, identity
from joinery.workload.params import add_params, add_variables, param_variables
from joinery.workload.pieces import Pieces
from joinery.workload.pod import pod_template, rendered_run
from joinery.workload.rendering import Renderer
from joinery.workload.request import Workload, WorkloadRequest
from joinery.workload.scope import Names, typed_params

LARGEST_JOB = 1_400_000  # bytes of JSON; the API server's store takes 1.5 MiB an object


def build(request: WorkloadRequest) -> Workload:
    """The Job, its ConfigMaps and init containers. The same request gives the same objects.

    Raises :class:`InvalidOperation` with every problem; ``reason`` is ``ConnectionNotFound`` or
    ``ConnectionAmbiguous`` where an apply mends it, ``ArgumentTooLong`` for what no process can be given, else
    ``Invalid``.
    """
    at = names.component_path(request.operation)
    component = _component(request.component, at)
    at = f"{at}.run"
    run = component.run.to_dict() if component.run else {}
    pieces, connections = Pieces(), Connections(request.connections, request.settings.allowed_host_paths)
    given = dict(request.globals) or own_globals(request.operation, request.run_uuid)
    params = typed_params(request.params, component)
    _give_connections(component, connections, pieces, at)
    _refuse_connections(connections, [])
    renderer = Renderer(Names(params, given, _for_templates(request, connections)))
    rendered = rendered_run(run, renderer, at)
    if not (renderer.problems or renderer.long):
        renderer.problems += check_run(rendered, at=at, rendered=True)
    if renderer.problems:
        raise InvalidOperation([*renderer.problems, *renderer.long])
    if renderer.long:
        raise InvalidOperation(renderer.long, reason=reasons.ARGUMENT_TOO_LONG)
    add_params(request, params, pieces)
    add_artifacts(request, component, params, connections, pieces)
    user, group = identity(rendered)
    restarts = rendered["environment"].get("restartPolicy") == "OnFailure"
    outputs_path = given["run_outputs_path"]
    add_outputs(request, component, outputs_path, connections, pieces, at=at, user=user, group=group, restarts=restarts)
    add_variables(request, given, pieces)
    variables = list(_variables(params, rendered["container"], renderer, pieces, at))
    if pieces.problems or connections.invalid:
        raise InvalidOperation([*pieces.problems, *connections.invalid, *renderer.long])
    _refuse_connections(connections, renderer.long)
    if renderer.long:
        raise InvalidOperation(renderer.long, reason=reasons.ARGUMENT_TOO_LONG)
    template = pod_template(
        rendered, pieces, variables, labels=names.labels(request.operation), settings=request.settings
    )
    made = job(request.operation, template, rendered["environment"])
    _refuse_large(made, renderer.names, at)
    return Workload(
        job=made,
        config_maps=pieces.config_maps,
        warnings=pieces.warnings,
        main_container=template["spec"]["containers"][0]["name"],
        fetchers=pieces.fetchers,
        collector=pieces.collector,
    )


def own_globals(operation: Mapping[str, Any], run_uuid: str) -> dict[str, Any]:
    """``globals`` as the operation itself says them; ``created_at`` is its creationTimestamp."""
    metadata, spec = operation["metadata"], operation.get("spec") or {}
    return make_globals(
        uuid=run_uuid,
        name=metadata["name"],
        namespace=metadata["namespace"],
        project=spec.get("project"),
        created=parse_time(metadata["creationTimestamp"]) if metadata.get("creationTimestamp") else 0,
        user=(metadata.get("annotations") or {}).get("joinery.dev/user"),
    )


def _component(written: Mapping[str, Any], at: str) -> V1ComponentSpec:
    try:
        component = V1ComponentSpec.from_dict(written)
    except InvalidManifest as error:
        raise InvalidOperation(problem.at(at) for problem in error.problems) from None
    if component.run is None:
        message = "is required: without it there is nothing to run"
        raise InvalidOperation(Problem(message=message, path=f"{at}.run", rule="required"))
    if problems := check_run(component.run.to_dict(), at=f"{at}.run"):
        raise InvalidOperation(problems)
    return component


def _give_connections(component: V1ComponentSpec, connections: Connections, pieces: Pieces, at: str) -> None:
    """``component.run.connections``: volumes and secrets for the main container."""
    for index, name in enumerate(dict.fromkeys(component.run.connections if component.run else ())):
        found = connections.get(name, at=f"{at}.connections[{index}]")
        if found is None:
            continue
        if found.is_volume:
            mount: dict[str, Any] = {"name": found.volume_name, "mountPath": found.mount_path}
            if found.folder:
                mount["subPath"] = found.folder
            if found.schema.get("readOnly"):
                mount["readOnly"] = True
            pieces.add_volume(found.volume())
            pieces.main_mounts.append(mount)
        secret = found.secret_environment()
        pieces.main_env += secret.get("env", [])
        pieces.main_env_from += secret.get("envFrom", [])


def _for_templates(request: WorkloadRequest, connections: Connections) -> dict[str, Any]:
    """``connections`` of templates: those that the operation names, and the default. What is missing is said
    elsewhere."""
    wanted = connections_needed(request.component, request.params) | set(connections.defaults)
    quiet = Connections(request.connections, request.settings.allowed_host_paths)
    found = (quiet.get(name, at="") for name in sorted(wanted))
    return {one.name: one.for_templates() for one in found if one is not None}


def _variables(
    params: Mapping[str, ResolvedParam], container: Mapping[str, Any], renderer: Renderer, pieces: Pieces, at: str
) -> Iterable[dict[str, str]]:
    taken = frozenset(str(one.get("name")) for one in container.get("env") or () if isinstance(one, Mapping))
    for name, param in params.items():
        if param.to_env in taken:
            message = f"`{param.to_env}` is set by `{at}.container.env`, and `toEnv` of param `{name}` has no effect"
            pieces.warnings.append(Problem(message=message, path=f"params.{name}.toEnv", rule="variable-twice"))
    return param_variables(params, renderer, taken)


def _refuse_connections(connections: Connections, others: list[Problem]) -> None:
    if connections.invalid:
        raise InvalidOperation([*connections.invalid, *connections.missing, *connections.ambiguous])
    if connections.missing or connections.ambiguous:
        reason = reasons.CONNECTION_NOT_FOUND if connections.missing else reasons.CONNECTION_AMBIGUOUS
        raise InvalidOperation([*connections.missing, *connections.ambiguous, *others], reason=reason)


def _refuse_large(made: Mapping[str, Any], known: Names, at: str) -> None:
    """Many arguments that are each short enough may still be more than an object may hold."""
    size = len(orjson.dumps(made))
    if size > LARGEST_JOB:
        largest = known.largest(known.params)
        of_it = f"; the largest param is `{largest[0]}` with {largest[1]:,} bytes" if largest else ""
        raise InvalidOperation(
            Problem(
                message=f"the Job is {size:,} bytes with its arguments and variables, and the API server keeps at "
                f"most {LARGEST_JOB:,}{of_it}",
                path=at,
                rule="argument-too-long",
                hint="read large values from their files under `{{ globals.params_path }}`",
            ),
            reason=reasons.ARGUMENT_TOO_LONG,
        )
