"""``joinery init-outputs``: what an init container of ours runs, and nobody by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("init-outputs", hidden=True)(init_outputs)


def init_outputs(
    below: Annotated[str, typer.Argument(metavar="FOLDER", help="The run's folder, relative to the root.")],
    root: Annotated[Path, typer.Option(help="Where the volume is mounted.")],
) -> None:
    """Make a run's folder of outputs on a volume, for every user to write to."""
    from joinery.fetch.init_outputs import init_outputs as make

    typer.echo(f"made {make(root, below)}")
