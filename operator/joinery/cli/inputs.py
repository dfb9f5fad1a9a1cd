"""What ``search``, ``resolve`` and ``explain`` read: Runs, and the Operation among the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from joinery.cli.progress import reading

if TYPE_CHECKING:
    from joinery.local.facade import Runs
    from joinery.local.shelf import LocalObject


def read_runs(paths: Sequence[str], *, namespace: str | None) -> Runs:
    """Load Runs (and what else is there) with a progress bar; warnings go to standard error."""
    from joinery.cli.problems import show_problems
    from joinery.local.facade import load_runs

    if paths.count("-") > 1:
        raise typer.BadParameter("standard input (`-`) can be read once only")
    with reading() as progress:
        runs = load_runs(*paths, namespace=namespace or "default", progress=progress)
    show_problems(runs.warnings, "warning", most=20)
    return runs


def usage_now(now: str | None) -> int:
    """``--now`` as microseconds; a time that cannot be read is a usage error."""
    from joinery.local.language import instant
    from joinery.problems import InvalidValue

    try:
        return instant(now)
    except InvalidValue as error:
        problem = error.problems[0]
        raise typer.BadParameter(f"{problem.message}: {problem.hint}", param_hint="'--now'") from None


def find_operation(runs: Runs, files: Sequence[str], *, name: str | None, namespace: str | None) -> LocalObject:
    """The Operation in ``files``, or the one called ``name``. Raises InvalidManifest, or a usage error."""
    from joinery.local.requests import only_operation
    from joinery.local.sources import expand

    names = frozenset(source.name for source in expand(files))
    items = list(runs.loaded.shelf.of_kind("Operation", files=names))
    if name is not None:
        items = [item for item in items if item.name == name]
        where = f"no file of {', '.join(files)} holds an Operation `{name}`: it"
    else:
        where = ", ".join(files)
    item = only_operation(items, where)
    if namespace and item.namespace and namespace != item.namespace:
        raise typer.BadParameter(
            f"the Operation `{item.name}` says namespace `{item.namespace}`, not `{namespace}`",
            param_hint="'--namespace'",
        )
    return item


def operation_files(positional: Sequence[str], named: Sequence[str]) -> list[str]:
    """The files that may hold the operation. Raises a usage error where there are none."""
    files = [*named, *positional]
    if not files:
        raise typer.BadParameter("name the file of the Operation: `-f PATH`", param_hint="'--filename' / '-f'")
    return files
