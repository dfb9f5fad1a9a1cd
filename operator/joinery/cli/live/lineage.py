"""The lineage of a run or an operation of the cluster: all Runs of the namespace are listed, as the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joinery.cli.live.graph import Graph, Node
from joinery.cli.live.names import ObjectName, is_uuid
from joinery.cli.live.rights import MissingRight
from joinery.cli.live.session import Manifest, NoSuchObject, Session
from joinery.control.names import run_uuid
from joinery.kube.errors import Gone
from joinery.kube.paths import OPERATIONS
from joinery.problems import InvalidValue, Problem, did_you_mean
from joinery.runs import DamagedRun, read_run

TRIES = 3  # of a list that expires while it is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The graph of the namespace and the run in it that was asked for; ``damaged`` Runs could not be read."""

    graph: Graph
    start: Node
    damaged: int


async def trace(session: Session, wanted: ObjectName) -> Traced:
    """Raises NoSuchObject, InvalidValue where a Run and an Operation have that name, MissingRight."""
    graph, damaged = await _graph(session)
    return Traced(graph=graph, start=await _start(session, graph, wanted), damaged=damaged)


async def _graph(session: Session) -> tuple[Graph, int]:
    for attempt in range(TRIES):
        graph, damaged = Graph(), 0
        try:
            async for items, _ in session.run_pages():
                for item in items:
                    try:
                        graph.add(read_run(item, namespace=session.namespace), upstream_count=_count(item))
                    except DamagedRun:
                        damaged += 1
        except Gone:
            if attempt == TRIES - 1:
                raise
            continue
        break
    graph.finish()
    return graph, damaged


def _count(item: Mapping[str, Any]) -> int:
    status = item.get("status")
    count = status.get("upstreamCount") if isinstance(status, Mapping) else None
    return count if isinstance(count, int) else 0


async def _start(session: Session, graph: Graph, wanted: ObjectName) -> Node:
    name = wanted.name
    run = None if wanted.kind == "Operation" else _run(graph, name)
    operation = await _operation(session, wanted, needed=run is None)
    if run is not None and operation is not None:
        message = f"`{name}` is a Run and an Operation"
        hint = f"write `run/{name}` or `operation/{name}`"
        raise InvalidValue(Problem(message=message, rule="ambiguous", hint=hint))
    if operation is not None:
        made = graph.nodes.get(run_uuid(str(operation["metadata"]["uid"])))
        if made is None or made.is_missing:
            message = f"operation `{name}` has no Run in namespace `{session.namespace}`, and so no lineage"
            hint = "the operator makes it as soon as it sees the operation"
            raise NoSuchObject(Problem(message=message, rule="no-run", hint=hint))
        return made
    # The Run of an operation outlives it.
    found = run if run is not None or wanted.kind == "Run" else graph.of_operation(name)
    if found is None:
        known = [node.name for node in graph.nodes.values() if not node.is_missing]
        known += [node.operation for node in graph.nodes.values() if node.operation]
        kind = wanted.kind or "Run and no Operation"
        message = f"there is no {kind} `{name}` in namespace `{session.namespace}`"
        raise NoSuchObject(Problem(message=message, rule="no-such-object", hint=did_you_mean(name, known)))
    return found


def _run(graph: Graph, name: str) -> Node | None:
    if is_uuid(name) and (node := graph.nodes.get(name.replace("-", "").lower())) is not None:
        return node
    return graph.named(name)


async def _operation(session: Session, wanted: ObjectName, *, needed: bool) -> Manifest | None:
    if wanted.kind == "Run":
        return None
    try:
        return await session.get(OPERATIONS, wanted.name)
    except MissingRight:
        # Who may list Runs alone can still see where one came from.
        if needed:
            raise
        return None
