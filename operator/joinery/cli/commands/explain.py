"""``joinery explain``: why one run was taken, or was not."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from joinery.cli import options
from joinery.cli.formats import Format, write_data, write_names
from joinery.cli.live.options import Context, Kubeconfig, OperationPaths, Where


def register(app: typer.Typer) -> None:
    app.command()(explain)


def explain(
    run: Annotated[str, typer.Option("--run", metavar="NAME", help="The Run: its name or its uuid.")],
    paths: OperationPaths = None,
    filename: options.Files = None,
    runs: options.RunPaths = None,
    query: Annotated[
        str | None, typer.Option("--query", metavar="QUERY", help="Explain this search, not an Operation.")
    ] = None,
    sort: options.Sort = "",
    limit: options.Limit = None,
    offset: options.Offset = 0,
    selector: options.Selector = None,
    operation: options.OperationName = None,
    namespace: options.Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    now: options.Now = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Explain one run: every clause, its rank, what cut it.

    With an Operation, each of its joins is explained; with --query, that one search. Without --runs, over the
    Runs of the cluster; an Operation that is there also says what it recorded, and which runs have changed since.
    """
    from joinery.cli.inputs import read_runs, usage_now
    from joinery.cli.live.preview import cluster_runs, operation_and_runs
    from joinery.cli.paper import show
    from joinery.cli.problems import show_problems
    from joinery.cli.views.explain import explain_blocks, explain_data
    from joinery.cli.views.recorded import changed_since, instant_of, recorded_blocks, recorded_data
    from joinery.cli.views.search import run_name
    from joinery.local.searches import search_request

    moment = usage_now(now)
    where = Where(kubeconfig=kubeconfig, context=context, namespace=namespace)
    recorded = None
    if query is None:
        searching = {"--sort": sort, "--limit": limit, "--offset": offset, "--selector": selector}
        if given := [name for name, value in searching.items() if value]:
            raise typer.BadParameter("goes with --query alone: a join says its own", param_hint=f"'{given[0]}'")
        asked = operation_and_runs(
            paths=paths or (),
            files=filename or (),
            runs=runs or (),
            name=operation,
            where=where,
            with_record=True,
        )
        recorded = asked.recorded
        # What was recorded is held against the instant that it was resolved at.
        moment = instant_of(recorded, default=moment) if recorded and now is None else moment
        found = asked.runs.explain(asked.operation, run=run, now=moment)
        changed = changed_since(recorded, asked.runs) if recorded else asked.runs.changed_since(asked.operation)
    else:
        if filename:
            raise typer.BadParameter("give --query or an Operation, not both", param_hint="'--query'")
        files = [*(runs or ()), *(paths or ())]
        if files:
            where.refuse("goes with the Runs of a cluster, not with files of Runs")
        request = search_request(
            query, sort=sort, limit=limit, offset=offset, namespace="default", selector=selector, now=moment
        )
        loaded = read_runs(files, namespace=namespace) if files else cluster_runs(where)
        found, changed = loaded.explain_request(replace(request, namespace=loaded.namespace), run=run), ()
    show_problems(found.problems, "warning")
    match output:
        case Format.JSON | Format.YAML:
            write_data(explain_data(found, changed) | recorded_data(recorded, found), output)
        case Format.NAME:
            write_names([run_name(found.run.name)])
        case _:
            show([*explain_blocks(found, changed), *recorded_blocks(recorded, found)])
