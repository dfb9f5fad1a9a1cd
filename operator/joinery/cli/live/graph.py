"""Which run was made from which: the graph that the ``upstream`` of a namespace's Runs makes. Pure.

What runs recorded may be anything: an upstream run that is gone, a run that names itself, a circle of several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from joinery.runs.record import RunRecord

OPERATION_LABEL = "joinery.dev/operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One run. ``created`` is None for a run that others name and that is not there (any more)."""

    uuid: str
    name: str
    phase: str | None = None
    operation: str | None = None
    created: int | None = None

    @property
    def is_missing(self) -> bool:
        return self.created is None


@dataclass(frozen=True, slots=True)
class Link:
    """The run at the other end, and the params that went along."""

    uuid: str
    params: tuple[str, ...]


@dataclass(slots=True)
class Graph:
    """``up`` links a run to those it was made from, ``down`` to those made from it; ``unlisted`` counts the upstream
    runs that its record does not name any more."""

    nodes: dict[str, Node] = field(default_factory=dict)
    up: dict[str, list[Link]] = field(default_factory=dict)
    down: dict[str, list[Link]] = field(default_factory=dict)
    unlisted: dict[str, int] = field(default_factory=dict)

    def add(self, run: RunRecord, *, upstream_count: int = 0) -> None:
        """Put a run in; of two with one uuid the older counts, as in searches."""
        before = self.nodes.get(run.uuid)
        if before is not None and before.created is not None and before.created <= run.created_at:
            return
        self.nodes[run.uuid] = Node(
            uuid=run.uuid,
            name=run.name,
            phase=run.phase,
            operation=run.labels.get(OPERATION_LABEL),
            created=run.created_at,
        )
        params: dict[str, tuple[str, ...]] = {}
        for one in run.upstream:
            params[one.uuid] = (*params.get(one.uuid, ()), *one.params)
            # Until it comes, it is known by what this run says of it.
            self.nodes.setdefault(one.uuid, Node(uuid=one.uuid, name=one.name or one.uuid))
        self.up[run.uuid] = [Link(uuid, tuple(dict.fromkeys(names))) for uuid, names in params.items()]
        self.unlisted[run.uuid] = max(0, upstream_count - len(params))

    def finish(self) -> None:
        """After the last run: the links downwards, the oldest run first."""
        self.down = {}
        for uuid, links in self.up.items():
            for link in links:
                self.down.setdefault(link.uuid, []).append(Link(uuid, link.params))
        for links in self.down.values():
            links.sort(key=lambda link: (self.nodes[link.uuid].created or 0, self.nodes[link.uuid].name))

    def named(self, name: str) -> Node | None:
        """The run of that object name."""
        return next((node for node in self.nodes.values() if node.name == name and not node.is_missing), None)

    def of_operation(self, name: str) -> Node | None:
        """The newest run that an operation of that name made."""
        made = [node for node in self.nodes.values() if node.operation == name and not node.is_missing]
        return max(made, key=lambda node: (node.created or 0, node.uuid), default=None)


@dataclass(frozen=True, slots=True)
class Edge:
    """``source`` gave ``params`` to ``target``; both are uuids."""

    source: str
    target: str
    params: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """One run with all it came from and all that came of it, nearest first. ``cut``: there is more behind ``depth``."""

    start: Node
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    cut: bool


def lineage_of(graph: Graph, start: Node, *, depth: int | None = None) -> Lineage:
    """Up and down from ``start``, each run once, at most ``depth`` steps away; circles end by themselves."""
    nodes = {start.uuid: start}
    edges: dict[tuple[str, str], Edge] = {}
    cut = False
    for links, upwards in ((graph.up, True), (graph.down, False)):
        reached, layer, step = {start.uuid}, [start.uuid], 0
        while layer:
            if depth is not None and step == depth:
                cut = cut or any(links.get(uuid) for uuid in layer)
                break
            following = []
            for uuid, link in _links(links, layer):
                source, target = (link.uuid, uuid) if upwards else (uuid, link.uuid)
                edges.setdefault((source, target), Edge(source, target, link.params))
                nodes.setdefault(link.uuid, graph.nodes[link.uuid])
                if link.uuid not in reached:
                    reached.add(link.uuid)
                    following.append(link.uuid)
            layer, step = following, step + 1
    return Lineage(start=start, nodes=nodes, edges=tuple(edges.values()), cut=cut)


def _links(links: Mapping[str, list[Link]], layer: list[str]) -> Iterator[tuple[str, Link]]:
    for uuid in layer:
        for link in links.get(uuid, ()):
            yield uuid, link
