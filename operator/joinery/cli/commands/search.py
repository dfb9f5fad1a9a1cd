"""``joinery search QUERY --runs PATH…``, or over the Runs of a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from joinery.cli import options
from joinery.cli.formats import Format, write_data, write_names
from joinery.cli.live.options import Context, Kubeconfig, Where


def register(app: typer.Typer) -> None:
    app.command()(search)


def search(
    query: Annotated[
        str,
        typer.Argument(metavar="QUERY", help='The query: `metrics.loss: <0.01, status: succeeded`; "" is every run.'),
    ],
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Runs, as with --runs.")] = None,
    runs: options.RunPaths = None,
    sort: options.Sort = "",
    limit: options.Limit = None,
    offset: options.Offset = 0,
    selector: options.Selector = None,
    columns: Annotated[
        str, typer.Option(metavar="FIELDS", help="Fields to show, by commas: `metrics.loss,inputs.lr`.")
    ] = "",
    namespace: options.Namespace = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    now: options.Now = None,
    output: options.Output = Format.TABLE,
) -> None:
    """Search Runs: which match, in which order, and how many. Without --runs, those of the cluster."""
    from joinery.cli.inputs import read_runs, usage_now
    from joinery.cli.live.preview import cluster_runs
    from joinery.cli.paper import show
    from joinery.cli.views.search import run_name, search_blocks, search_data
    from joinery.local.columns import parse_columns
    from joinery.local.searches import search_request

    where = Where(kubeconfig=kubeconfig, context=context, namespace=namespace)
    given = [*(runs or ()), *(paths or ())]
    if given:
        where.refuse("goes with the Runs of a cluster, not with files of Runs")
    moment = usage_now(now)
    shown = parse_columns(columns)
    # Read the query before the runs: a slip in it should not cost the time of loading.
    search_request(
        query, sort=sort, limit=limit, offset=offset, namespace=namespace or "default", selector=selector, now=moment
    )
    loaded = read_runs(given, namespace=namespace) if given else cluster_runs(where)
    found = loaded.search(query, sort=sort, limit=limit, offset=offset, selector=selector, now=moment)
    match output:
        case Format.JSON | Format.YAML:
            write_data(search_data(found, shown), output)
        case Format.NAME:
            write_names(run_name(run.name) for run in found.runs)
        case _:
            show(search_blocks(found, shown, wide=output is Format.WIDE))
