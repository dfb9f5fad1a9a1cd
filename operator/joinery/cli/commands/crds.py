"""``joinery crds`` and ``joinery schema KIND``: what the API types look like to a cluster and to an editor."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from joinery.cli.formats import DataFormat, PlainFormat, write_data, write_names


def register(app: typer.Typer) -> None:
    app.command()(crds)
    app.command()(schema)


def crds(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these; else all five.")] = None,
    output: Annotated[DataFormat, typer.Option("--output", "-o", help="How they are printed.")] = DataFormat.YAML,
) -> None:
    """Print the CRDs, ready for `kubectl apply -f -`."""
    from joinery.api import v1alpha1
    from joinery.cli.formats import yaml_text

    found = v1alpha1.crds()
    chosen = {name: found[_known(name, found)] for name in names} if names else found
    match output:
        case DataFormat.NAME:
            prefix = "customresourcedefinition.apiextensions.k8s.io"
            write_names(f"{prefix}/{manifest['metadata']['name']}" for manifest in chosen.values())
        case DataFormat.JSON:
            write_data({"apiVersion": "v1", "kind": "List", "items": list(chosen.values())}, output)
        case DataFormat.YAML:
            sys.stdout.write("---\n".join(yaml_text(manifest) for manifest in chosen.values()))


def schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Operation, Component, Search, Connection or Run.")],
    output: Annotated[PlainFormat, typer.Option("--output", "-o", help="How it is printed.")] = PlainFormat.JSON,
) -> None:
    """Print the JSON Schema of a kind, for editors."""
    from joinery.api import v1alpha1
    from joinery.local.objects import OUR_KINDS

    known = {name.casefold(): name for name in OUR_KINDS}
    write_data(v1alpha1.json_schema(known[_known(kind.casefold(), known)]), output)


def _known(name: str, known: Mapping[str, object]) -> str:
    from joinery.problems import did_you_mean

    if name in known:
        return name
    hint = did_you_mean(name, known) or f"known are {', '.join(known)}"
    raise typer.BadParameter(f"`{name}` is unknown: {hint}")
