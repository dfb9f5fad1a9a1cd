"""The options that several subcommands share, written once."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from joinery.cli.formats import Format

Files: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--filename",
        "-f",
        metavar="PATH",
        help="The Operation: file, folder, glob or `-`; Components and Searches it names may stand beside it.",
    ),
]
RunPaths: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--runs",
        metavar="PATH",
        help="Where the Runs are: file, folder, glob or `-`; YAML, JSON or JSON lines, also .gz. Several are read.",
    ),
]
Namespace: TypeAlias = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="The namespace, of objects that name none too; else `default`."),
]
Now: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="What `today` and `-7d` count from, as 2026-01-31T12:00:00Z; else this moment."),
]
Output: TypeAlias = Annotated[Format, typer.Option("--output", "-o", help="How the answer is printed.")]
Sort: TypeAlias = Annotated[
    str, typer.Option(metavar="SORT", help="Keys by commas, `-` for descending: `-metrics.loss, created_at`.")
]
Limit: TypeAlias = Annotated[int | None, typer.Option(min=1, metavar="N", help="Take at most N runs.")]
Offset: TypeAlias = Annotated[int, typer.Option(min=0, metavar="N", help="Leave out the first N that match.")]
Selector: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--selector", "-l", metavar="SELECTOR", help="Only Runs with these labels: `team=vision,stage in (dev, test)`."
    ),
]
OperationName: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which Operation, where the files hold several.")
]
