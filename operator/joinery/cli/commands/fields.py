"""``joinery fields``: every field of the query language."""

from __future__ import annotations

from typing import Annotated

import typer

from joinery.cli.formats import Format, write_data, write_names


def register(app: typer.Typer) -> None:
    app.command()(fields)


def fields(
    output: Annotated[Format, typer.Option("--output", "-o", help="How they are printed.")] = Format.TABLE,
) -> None:
    """List the fields of the query language, with examples."""
    from joinery.cli.paper import show
    from joinery.cli.views.fields import field_blocks, field_data
    from joinery.pql.fields import FIELDS

    match output:
        case Format.JSON | Format.YAML:
            write_data(field_data(FIELDS), output)
        case Format.NAME:
            write_names(field.name for field in FIELDS)
        case _:
            show(field_blocks(FIELDS, wide=output is Format.WIDE))
