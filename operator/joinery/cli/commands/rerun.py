"""``joinery rerun OPERATION``: the same manifest under a new name, so that its joins search anew."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from joinery.cli.formats import DataFormat, write_data, write_names
from joinery.cli.live.options import Context, Kubeconfig, LiveNamespace, Where


class RerunFormat(StrEnum):
    """How the new operation is printed."""

    TEXT = "text"
    NAME = "name"
    YAML = "yaml"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command()(rerun)


def rerun(
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Its name in the cluster.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NEW", help="The new name; else the old one with -r1, -r2 …")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the new Operation, and create nothing.")] = False,
    namespace: LiveNamespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: Annotated[
        RerunFormat, typer.Option("--output", "-o", help="How the new Operation is printed.")
    ] = RerunFormat.TEXT,
) -> None:
    """Make a new Operation from an old one: it searches anew.

    Spec, labels and annotations are the old one's, without its status and without `stop`.
    """
    from joinery.cli.live.names import parse_name
    from joinery.cli.live.rerun import copy_of, create, free_name
    from joinery.cli.live.session import Manifest, Session, run

    old = parse_name(operation, kind="Operation").name

    async def work(session: Session) -> Manifest:
        found = await session.operation(old)
        if dry_run:
            return copy_of(found, name=name or await free_name(session, old))
        return await create(session, found, name=name)

    made = run(Where(kubeconfig=kubeconfig, context=context, namespace=namespace), work)
    called = f"operation.joinery.dev/{made['metadata']['name']}"
    match output:
        case RerunFormat.NAME:
            write_names([called])
        case RerunFormat.TEXT if not dry_run:
            write_names([f"{called} created"])
        case RerunFormat.JSON:
            write_data(made, DataFormat.JSON)
        case _:
            write_data(made, DataFormat.YAML)
