"""``joinery init-params``: what an init container of ours runs where params are large."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from joinery.cli.commands.fetch import Manifests


def register(app: typer.Typer) -> None:
    app.command("init-params", hidden=True)(init_params)


def init_params(
    manifest: Manifests,
    destination: Annotated[Path, typer.Option(metavar="FOLDER", help="Where NAME.json and params.json go.")],
    sha256: Annotated[str | None, typer.Option(metavar="HEX", help="Of the parts together; tested if given.")] = None,
) -> None:
    """Put a snapshot's parts together and write its params as files."""
    from joinery.fetch.init_params import init_params as run

    typer.echo(f"{run(manifest, destination, sha256=sha256)} params written", err=True)
