"""``joinery render -f OPERATION --runs PATH…``: the Job and its ConfigMaps, without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from joinery.cli import options
from joinery.cli.formats import DataFormat, write_data, write_names, yaml_text

if TYPE_CHECKING:
    from joinery.joins.resolution import Resolution
    from joinery.local.facade import Runs
    from joinery.workload import Workload


def register(app: typer.Typer) -> None:
    app.command()(render)


def render(
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="The Operation, as with -f.")] = None,
    filename: options.Files = None,
    runs: options.RunPaths = None,
    operation: options.OperationName = None,
    namespace: options.Namespace = None,
    now: options.Now = None,
    image: Annotated[str, typer.Option(help="The image of Joinery's own containers.")] = "joinery",
    host_paths: Annotated[
        list[str] | None,
        typer.Option("--allow-host-path", metavar="FOLDER", help="As the operator's setting allowedHostPaths."),
    ] = None,
    restricted: Annotated[
        bool, typer.Option("--restricted", help="As the operator's setting securityDefaults: restricted.")
    ] = False,
    output: Annotated[DataFormat, typer.Option("--output", "-o", help="How they are printed.")] = DataFormat.YAML,
) -> None:
    """Print the Job and the ConfigMaps that an Operation becomes. Connections may stand among the files."""
    import sys

    from joinery.cli.inputs import find_operation, operation_files, read_runs, usage_now
    from joinery.cli.problems import show_problems
    from joinery.problems import InvalidOperation
    from joinery.validation import check_manifest
    from joinery.workload import WorkloadSettings

    files = operation_files(paths or (), filename or ())
    moment = usage_now(now)
    loaded = read_runs([*files, *(runs or ())], namespace=namespace)
    item = find_operation(loaded, files, name=operation, namespace=namespace)
    if errors := check_manifest(item.value).errors:
        raise InvalidOperation(item.located(errors))
    resolution = loaded.resolve(item, now=moment).resolution
    settings = WorkloadSettings(
        image=image,
        allowed_host_paths=tuple(host_paths or ()),
        security_defaults="restricted" if restricted else "none",
    )
    try:
        made = _build(item.value, resolution, loaded, settings)
    except InvalidOperation as error:
        raise InvalidOperation(item.located(error.problems), reason=error.reason) from None
    show_problems(item.located(made.warnings), "warning", most=20)
    objects = [*made.config_maps, made.job]
    match output:
        case DataFormat.NAME:
            write_names(f"{one['kind'].lower()}/{one['metadata']['name']}" for one in objects)
        case DataFormat.JSON:
            write_data({"apiVersion": "v1", "kind": "List", "items": objects}, output)
        case DataFormat.YAML:
            sys.stdout.write("---\n".join(yaml_text(one) for one in objects))


def _build(written: Mapping[str, Any], resolution: Resolution, loaded: Runs, settings: Any) -> Workload:
    from uuid import UUID

    from joinery.control import snapshot
    from joinery.control.names import run_name
    from joinery.workload import WorkloadRequest, build

    uuid = str(resolution.globals["uuid"])
    metadata = {"uid": str(UUID(uuid)), **written["metadata"], "namespace": resolution.namespace}
    document = snapshot.document(resolution)
    connections = {
        one.name: one.value
        for one in loaded.loaded.shelf.of_kind("Connection")
        if (one.namespace or loaded.namespace) == resolution.namespace
    }
    return build(
        WorkloadRequest(
            operation={**written, "metadata": metadata},
            run_uuid=uuid,
            run_name=run_name(resolution.name, metadata["uid"]),
            params=document["params"],
            component=resolution.component or {},
            globals=resolution.globals,
            connections=connections,
            settings=settings,
        )
    )
