"""``joinery admission``: judge objects on their way into the cluster."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from joinery.cli.commands.operator import LogFormat, LogLevel

NAME = "joinery-admission"


def register(app: typer.Typer) -> None:
    app.command("admission")(admission)


def admission(
    listen: Annotated[str, typer.Option(help="HOST:PORT of the reviews, HTTPS.")] = "0.0.0.0:9443",
    probes: Annotated[str, typer.Option(help="HOST:PORT of /livez, /readyz and /metrics.")] = "0.0.0.0:8081",
    certificate_secret: Annotated[
        str, typer.Option(help="The Secret in which we keep authority and certificate.")
    ] = NAME,
    webhook: Annotated[str, typer.Option(help="The ValidatingWebhookConfiguration that is to trust them.")] = NAME,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Where the Secret is; else the own namespace.")
    ] = None,
    tls_directory: Annotated[
        Path | None,
        typer.Option(help="Take tls.crt and tls.key from here instead (cert-manager); nothing is kept or patched."),
    ] = None,
    kubeconfig: Annotated[str | None, typer.Option(help="A kubeconfig; else KUBECONFIG, or the pod's account.")] = None,
    context: Annotated[str | None, typer.Option(help="A context of the kubeconfig.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Objects judged at once.")] = 4,
    check_every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks at the certificate.")] = 10.0,
    overlap: Annotated[
        float, typer.Option(min=0.0, help="Seconds that a new authority is trusted before it is used.")
    ] = 60.0,
    log_format: Annotated[LogFormat, typer.Option(help="How log lines are written.")] = LogFormat.TEXT,
    log_level: Annotated[LogLevel, typer.Option(help="The least that is logged.")] = LogLevel.INFO,
) -> None:
    """Serve the validating webhook of Operations, Components, Searches and Connections."""
    if find_spec("aiohttp") is None or find_spec("cryptography") is None:
        raise typer.BadParameter("admission needs the extra: pip install 'joinery-operator[operator]'")
    from joinery.admission.process import Settings, run
    from joinery.cli.addresses import address
    from joinery.operator.logs import set_up

    set_up(form=log_format.value, level=log_level.value)
    settings = Settings(
        listen=address(listen),
        probes=address(probes),
        namespace=namespace,
        secret=certificate_secret,
        webhook=webhook,
        tls_directory=tls_directory,
        kubeconfig=kubeconfig,
        context=context,
        threads=threads,
        check_every=check_every,
        overlap=overlap,
    )
    sys.exit(run(settings))
