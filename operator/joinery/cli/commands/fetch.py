"""``joinery fetch``: what an init container of ours runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Manifests = Annotated[
    list[Path],
    typer.Option("--manifest", metavar="FILE", help="The manifest; cut into several, each in order; or their folder."),
]
Message = Annotated[
    Path | None,
    typer.Option("--message", metavar="FILE", help="Where the summary goes; else /dev/termination-log if it exists."),
]


def register(app: typer.Typer) -> None:
    app.command(hidden=True)(fetch)


def fetch(
    manifest: Manifests,
    destination: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go, and never outside it.")],
    parallel: Annotated[int, typer.Option(min=1, max=256, help="Files fetched at once.")] = 16,
    message: Message = None,
) -> None:
    """Fetch the artifacts that a manifest lists.

    Exit codes: 0 all there, 1 failed, 2 manifest or connection are wrong, 3 something is missing, 4 a path is unsafe.
    """
    from joinery.fetch.programs import fetch as run

    raise typer.Exit(run(manifest, destination, message=message, parallel=parallel))
