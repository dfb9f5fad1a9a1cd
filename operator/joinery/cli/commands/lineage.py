"""``joinery lineage RUN|OPERATION``: what a run was made from, and what was made from it."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from joinery.cli.formats import DataFormat, write_data
from joinery.cli.live.options import Context, Kubeconfig, LiveNamespace, Where


class LineageFormat(StrEnum):
    """How a lineage is printed."""

    TREE = "tree"
    MERMAID = "mermaid"
    DOT = "dot"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command()(lineage)


def lineage(
    name: Annotated[
        str, typer.Argument(metavar="RUN|OPERATION", help="Its name (`run/NAME`, `operation/NAME`), or a Run's uuid.")
    ],
    depth: Annotated[
        int | None, typer.Option(min=1, max=100, metavar="N", help="Steps up and down; else 10 in a tree, and all.")
    ] = None,
    namespace: LiveNamespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: Annotated[LineageFormat, typer.Option("--output", "-o", help="How it is printed.")] = LineageFormat.TREE,
) -> None:
    """Show what a run was made from, and what was made from it."""
    from joinery.cli.live.graph import lineage_of
    from joinery.cli.live.lineage import Traced, trace
    from joinery.cli.live.names import parse_name
    from joinery.cli.live.session import Session, run
    from joinery.cli.paper import show
    from joinery.cli.views import diagrams
    from joinery.cli.views.lineage import lineage_blocks, lineage_data

    wanted = parse_name(name)

    async def work(session: Session) -> Traced:
        return await trace(session, wanted)

    traced = run(Where(kubeconfig=kubeconfig, context=context, namespace=namespace), work)
    if traced.damaged:
        typer.echo(f"warning: Runs that cannot be read, and are left out: {traced.damaged:,}", err=True)
    found = lineage_of(traced.graph, traced.start, depth=depth)
    match output:
        case LineageFormat.TREE:
            show(lineage_blocks(traced.graph, traced.start, depth=depth))
        case LineageFormat.MERMAID:
            sys.stdout.write(diagrams.mermaid(found))
        case LineageFormat.DOT:
            sys.stdout.write(diagrams.dot(found))
        case LineageFormat.JSON:
            write_data(lineage_data(found), DataFormat.JSON)
