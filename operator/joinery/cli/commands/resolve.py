"""``joinery resolve -f OPERATION --runs PATH…``, or over the Runs of a cluster."""

from __future__ import annotations

import typer

from joinery.cli import options
from joinery.cli.formats import Format, write_data, write_names
from joinery.cli.live.options import Context, Kubeconfig, OperationPaths, Where


def register(app: typer.Typer) -> None:
    app.command()(resolve)


def resolve(
    paths: OperationPaths = None,
    filename: options.Files = None,
    runs: options.RunPaths = None,
    operation: options.OperationName = None,
    namespace: options.Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    now: options.Now = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Resolve an Operation: its joins' runs and every param.

    Without --runs, over the Runs of the cluster, as a preview: nothing is created.
    """
    from joinery.cli.inputs import usage_now
    from joinery.cli.live.preview import operation_and_runs
    from joinery.cli.paper import show
    from joinery.cli.problems import as_dict
    from joinery.cli.views.resolve import resolve_blocks, resolve_data
    from joinery.cli.views.search import run_name
    from joinery.problems import InvalidOperation

    moment = usage_now(now)
    asked = operation_and_runs(
        paths=paths or (),
        files=filename or (),
        runs=runs or (),
        name=operation,
        where=Where(kubeconfig=kubeconfig, context=context, namespace=namespace),
    )
    try:
        done = asked.runs.resolve(asked.operation, now=moment).resolution
    except InvalidOperation as error:
        if error.reason == "TooFewRuns" and error.partial is not None and not output.is_data:
            show(resolve_blocks(error.partial, wide=output is Format.WIDE))
        if not output.is_data:
            raise
        write_data({"reason": error.reason, "problems": [as_dict(problem) for problem in error.problems]}, output)
        raise typer.Exit(1) from None
    match output:
        case Format.JSON | Format.YAML:
            write_data(resolve_data(done), output)
        case Format.NAME:
            write_names(dict.fromkeys(run_name(run.name) for join in done.joins for run in join.runs))
        case _:
            show(resolve_blocks(done, wide=output is Format.WIDE))
