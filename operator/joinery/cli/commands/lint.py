"""``joinery lint FILE…``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from joinery.cli.lint_writers import LintFormat


def register(app: typer.Typer) -> None:
    app.command()(lint)


def lint(
    paths: Annotated[list[str] | None, typer.Argument(metavar="FILE", help="File, folder, glob or `-`.")] = None,
    filename: Annotated[list[str] | None, typer.Option("--filename", "-f", metavar="FILE", help="The same.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    output: Annotated[LintFormat, typer.Option("--output", "-o", help="How problems are printed.")] = LintFormat.TEXT,
) -> None:
    """Check manifests: schema, queries, templates, inputs.

    Every object of our kinds is checked against its schema, its queries, sorts, templates and value expressions
    are read, and its inputs are held against its joins. No Runs are needed.
    """
    import json

    from joinery import __version__
    from joinery.cli import lint_writers
    from joinery.cli.paper import show
    from joinery.cli.text import safe_json
    from joinery.local.linting import lint as lint_files

    files = [*(paths or ()), *(filename or ())]
    if not files:
        raise typer.BadParameter("name the files to check", param_hint="'FILE'")
    linted = lint_files(files)
    report = lint_writers.LintReport(
        errors=tuple(linted.errors),
        warnings=tuple(linted.warnings),
        files=linted.files,
        objects=linted.objects,
        others=linted.others,
    )
    match output:
        case LintFormat.TEXT:
            show(lint_writers.text_blocks(report))
        case LintFormat.GITHUB:
            sys.stdout.write(lint_writers.github(report))
        case LintFormat.JSON | LintFormat.SARIF:
            data = (
                lint_writers.json_report(report)
                if output is LintFormat.JSON
                else lint_writers.sarif(report, version=__version__)
            )
            sys.stdout.write(safe_json(json.dumps(data, indent=2, ensure_ascii=False)) + "\n")
    if report.errors or (strict and report.warnings):
        raise typer.Exit(1)
