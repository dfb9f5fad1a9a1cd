"""``joinery collect``: what the native sidecar of ours runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from joinery.cli.commands.fetch import Manifests, Message


def register(app: typer.Typer) -> None:
    app.command(hidden=True)(collect)


def collect(
    manifest: Manifests,
    source: Annotated[Path, typer.Option(metavar="FOLDER", help="What the main container left.")],
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="From the main container's end on.")] = 600,
    at_once: Annotated[bool, typer.Option("--at-once", help="Don't wait for SIGTERM.")] = False,
    ready: Annotated[Path | None, typer.Option(metavar="FILE", help="Made once SIGTERM would be heard.")] = None,
    message: Message = None,
) -> None:
    """Wait for SIGTERM, then upload the outputs.

    Exit codes: 0 all arrived, 1 something did not, 2 manifest or connection are wrong.
    """
    from joinery.fetch.programs import collect as run

    raise typer.Exit(run(manifest, source, message=message, timeout=timeout, at_once=at_once, ready=ready))
