"""``joinery operator``: serve a cluster's operations."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib.util import find_spec
from typing import Annotated

import typer


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SecurityDefaults(StrEnum):
    """What the operator fills into the user's security contexts."""

    NONE = "none"
    RESTRICTED = "restricted"


def register(app: typer.Typer) -> None:
    app.command("operator")(operator)


def operator(
    namespace: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace", "-n", envvar="JOINERY_NAMESPACES",
            help="Serve this namespace (may be given several times). None: all, which needs cluster-wide rights.",
        ),
    ] = None,
    kubeconfig: Annotated[str | None, typer.Option(help="A kubeconfig; else KUBECONFIG, or the pod's account.")] = None,
    context: Annotated[str | None, typer.Option(help="A context of the kubeconfig.")] = None,
    database: Annotated[
        str | None,
        typer.Option(envvar="JOINERY_DATABASE", help="Mirror Runs there (postgresql+psycopg://…); else in memory."),
    ] = None,
    listen: Annotated[str, typer.Option(help="HOST:PORT of /livez, /readyz and /metrics.")] = "0.0.0.0:8080",
    leader_elect: Annotated[bool, typer.Option("--leader-elect", help="Take a Lease first; lose it, exit.")] = False,
    lease_namespace: Annotated[str | None, typer.Option(help="Where the Lease is; else the own namespace.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Operations worked on at once.")] = 8,
    max_runs_per_join: Annotated[int, typer.Option(min=1, help="The cap of a join's `limit`.")] = 5_000,
    max_values_per_namespace: Annotated[
        int, typer.Option(min=1_000, help="How many values of Runs are searched of one namespace.")
    ] = 2_000_000,
    operation_result_bytes: Annotated[
        int, typer.Option(min=1, help="How many bytes of results, compressed, one operation may have.")
    ] = 8 * 1024 * 1024,
    namespace_result_bytes: Annotated[
        int, typer.Option(min=1, help="How many bytes of results (ConfigMaps) one namespace may hold.")
    ] = 256 * 1024 * 1024,
    cluster_result_bytes: Annotated[int, typer.Option(min=1, help="The same for all of them.")] = 1024 * 1024 * 1024,
    keep_results: Annotated[
        str, typer.Option(help="How long results stay after an operation's end, such as `12h` or `30d`.")
    ] = "7d",
    launch: Annotated[bool, typer.Option("--launch/--no-launch", help="Make Jobs; else end at resolved.")] = True,
    image: Annotated[str, typer.Option(envvar="JOINERY_IMAGE", help="Our own image, for fetching.")] = "joinery",
    image_pull_policy: Annotated[str | None, typer.Option(help="Of our image.")] = None,
    security_defaults: Annotated[
        SecurityDefaults, typer.Option(help="`restricted` fills what the user's containers leave out.")
    ] = SecurityDefaults.NONE,
    allowed_host_path: Annotated[
        list[str] | None, typer.Option(help="A folder of the nodes that Connections may lie in (several times).")
    ] = None,
    resync: Annotated[str, typer.Option(hidden=True, envvar="JOINERY_RESYNC")] = "10m",
    log_format: Annotated[LogFormat, typer.Option(help="How log lines are written.")] = LogFormat.TEXT,
    log_level: Annotated[LogLevel, typer.Option(help="The least that is logged.")] = LogLevel.INFO,
) -> None:  # fmt: skip
    """Serve a cluster's Operations: resolve, launch, record."""
    if find_spec("kopf") is None:
        raise typer.BadParameter("the operator needs the extra: pip install 'joinery-operator[operator]'")
    from joinery.cli.addresses import address
    from joinery.joins import Limits
    from joinery.operator.logs import set_up
    from joinery.operator.process import run
    from joinery.operator.settings import Settings
    from joinery.workload import WorkloadSettings

    set_up(form=log_format.value, level=log_level.value)
    settings = Settings(
        namespaces=tuple(namespace) if namespace else None,
        kubeconfig=kubeconfig,
        context=context,
        database=database,
        listen=address(listen),
        leader_election=leader_elect,
        lease_namespace=lease_namespace,
        workers=workers,
        launch=launch,
        workload=WorkloadSettings(
            image=image,
            image_pull_policy=image_pull_policy,
            security_defaults=security_defaults.value,
            allowed_host_paths=tuple(allowed_host_path or ()),
        ),
        limits=Limits(max_runs_per_join=max_runs_per_join),
        namespace_values=max_values_per_namespace,
        operation_result_bytes=operation_result_bytes,
        namespace_result_bytes=namespace_result_bytes,
        cluster_result_bytes=cluster_result_bytes,
        results_kept=_seconds(keep_results),
        resync=_seconds(resync),
        log_format=log_format.value,
        log_level=log_level.value,
    )
    sys.exit(run(settings))


def _seconds(text: str) -> float:
    from joinery.api.v1alpha1.types import parse_duration

    try:
        return parse_duration(text)
    except ValueError:
        raise typer.BadParameter(f"`{text}` is no duration: write it as `12h` or `7d`") from None
