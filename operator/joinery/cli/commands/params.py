"""``joinery params OPERATION``: the values that an operation of the cluster has recorded, put together again."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from joinery.cli.formats import write_data, write_names
from joinery.cli.live.options import Context, Kubeconfig, LiveNamespace, Where


class ParamsFormat(StrEnum):
    """How recorded values are printed."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    NAME = "name"


def register(app: typer.Typer) -> None:
    app.command()(params)


def params(
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Its name in the cluster.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these params; else all.")] = None,
    namespace: LiveNamespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: Annotated[
        ParamsFormat, typer.Option("--output", "-o", help="How they are printed; csv has a row a joined run.")
    ] = ParamsFormat.TABLE,
) -> None:
    """Print what an Operation's params came to.

    Large values, which its status only sums up, are read from their ConfigMaps and held against their checksums.
    """
    from joinery.cli.live.names import parse_name
    from joinery.cli.live.recorded import Recorded, read_params
    from joinery.cli.live.session import Session, run
    from joinery.cli.paper import show
    from joinery.cli.text import plain
    from joinery.cli.views.params import param_blocks, param_values, sheet

    name = parse_name(operation, kind="Operation").name
    wanted = list(dict.fromkeys(names or ()))

    async def work(session: Session) -> Recorded:
        found = await session.operation(name)
        return await read_params(session, found, only=wanted, with_runs=output is ParamsFormat.CSV)

    recorded = run(Where(kubeconfig=kubeconfig, context=context, namespace=namespace), work)
    match output:
        case ParamsFormat.JSON | ParamsFormat.YAML:
            write_data(param_values(recorded), output)
        case ParamsFormat.NAME:
            write_names(recorded.params)
        case ParamsFormat.CSV:
            written = sheet(recorded)
            if written.left_out:
                listed = ", ".join(plain(one) for one in written.left_out)
                typer.echo(f"note: not one value a run, and so not in the CSV: {listed} (`-o json` has all)", err=True)
            sys.stdout.write(written.text())
        case ParamsFormat.TABLE:
            show(param_blocks(recorded))
