"""``resolve``, ``search`` and ``explain`` over the Runs of a cluster: nothing is created there, nothing is written.

Where ``--runs`` names files, or files hold everything that is asked for, no cluster is asked at all.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from joinery.cli.inputs import find_operation, operation_files, read_runs
from joinery.cli.live.names import names_a_file, parse_name
from joinery.cli.live.options import Where
from joinery.local.facade import Runs
from joinery.local.shelf import LocalObject, parse_operation

if TYPE_CHECKING:
    from joinery.cli.live.session import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The operation, and the Runs to hold it against. ``recorded`` is what it has recorded in the cluster
    (:class:`joinery.cli.live.recorded.Recorded`), where that was asked for and there is something."""

    runs: Runs
    operation: LocalObject
    recorded: Any = None


def operation_and_runs(
    *,
    paths: Sequence[str],
    files: Sequence[str],
    runs: Sequence[str],
    name: str | None,
    where: Where,
    with_record: bool = False,
) -> Asked:
    """``paths`` and ``files`` hold the operation, or the one of ``paths`` is its name in the cluster.

    Raises usage errors, InvalidManifest, InvalidOperation, and what the cluster refuses.
    """
    if runs:
        where.refuse("goes with the Runs of a cluster, not with --runs")
    elif len(paths) == 1 and not files and not names_a_file(paths[0]):
        return _in_cluster(parse_name(paths[0], kind="Operation").name, where=where, with_record=with_record)
    holders = operation_files(paths, files)
    loaded = read_runs([*holders, *runs], namespace=where.namespace)
    item = find_operation(loaded, holders, name=name, namespace=where.namespace)
    # `_refers` parses it: a slip in it should not cost the time of listing.
    if runs or (not where.is_given and (len(loaded) or not _refers(item, loaded))):
        if len(loaded) and not runs:
            typer.echo("note: the Runs in these files are searched, not those of a cluster", err=True)
        return Asked(runs=loaded, operation=item)
    return _of_file(item, loaded.loaded.shelf.objects, where=where)


def cluster_runs(where: Where) -> Runs:
    """The Runs of the cluster's namespace, for a search. Raises what the cluster refuses."""
    from joinery.cli.live.runs import load_runs

    return _warned(_ask(where, load_runs))


def _in_cluster(name: str, *, where: Where, with_record: bool) -> Asked:
    from joinery.cli.live.recorded import Recorded, read_joins
    from joinery.cli.live.references import as_object, referred
    from joinery.cli.live.runs import load_runs

    async def work(session: Session) -> Asked:
        manifest = await session.operation(name)
        item = as_object(manifest)
        beside = await referred(session, parse_operation(item), known=())
        recorded: Recorded | None = None
        if with_record and (manifest.get("status") or {}).get("digest"):
            recorded = await read_joins(session, manifest)
        return Asked(runs=await load_runs(session, beside=beside), operation=item, recorded=recorded)

    asked = _ask(where, work)
    _warned(asked.runs)
    return asked


def _of_file(item: LocalObject, others: Sequence[LocalObject], *, where: Where) -> Asked:
    from joinery.cli.live.references import referred
    from joinery.cli.live.runs import load_runs

    there = Where(
        kubeconfig=where.kubeconfig, context=where.context, namespace=where.namespace or item.namespace or None
    )

    async def work(session: Session) -> Asked:
        beside = [one for one in others if one.namespace in (None, session.namespace)]
        beside += await referred(session, parse_operation(item), known=beside)
        return Asked(runs=await load_runs(session, beside=beside), operation=item)

    asked = _ask(there, work)
    _warned(asked.runs)
    return asked


def _ask(where: Where, work: Callable[[Session], Awaitable[T]]) -> T:
    """In a session; where no cluster is configured and none was named, the caller may have meant files."""
    from joinery.cli.live.session import run
    from joinery.kube.config import NoCluster

    try:
        return run(where, work)
    except NoCluster:
        if where.is_given or os.environ.get("KUBECONFIG") or (Path.home() / ".kube" / "config").exists():
            raise
        message = "name where the Runs are, or set KUBECONFIG to ask a cluster"
        raise typer.BadParameter(message, param_hint="'--runs'") from None


def _refers(item: LocalObject, loaded: Runs) -> bool:
    """Whether resolving it takes anything that its own files do not hold."""
    spec = parse_operation(item).spec
    shelf = loaded.loaded.shelf
    component = spec.component_ref.name if spec.component_ref else None
    lacks = component is not None and shelf.component(component, item.namespace or shelf.namespace) is None
    return bool(spec.joins) or lacks or any(param.ref for param in spec.params.values())


def _warned(runs: Runs) -> Runs:
    from joinery.cli.problems import show_problems

    show_problems(runs.warnings, "warning", most=20)
    return runs
