"""The answer of ``joinery lineage``: a tree for people, plain data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from joinery.cli.blocks import Block, Line, Style, heading
from joinery.cli.text import cut, plain

if TYPE_CHECKING:
    from joinery.cli.live.graph import Graph, Lineage, Link, Node

WIDEST = 60
CHILDREN = 50  # of one run in the tree
ROWS = 1_000  # of one direction
DEPTH = 10
FINE, BAD = ("succeeded",), ("failed", "upstream_failed", "stopped")


def lineage_blocks(graph: Graph, start: Node, *, depth: int | None) -> list[Block]:
    """What the run was made from, and what was made from it; a run that comes again is not taken apart again."""
    blocks: list[Block] = [Line(_label(start), "heading")]
    unlisted = graph.unlisted.get(start.uuid, 0)
    for title, links, extra in (("made from", graph.up, unlisted), ("used by", graph.down, 0)):
        count = len(links.get(start.uuid, ())) + extra
        blocks.append(heading(f"{title} {count:,} run{'' if count == 1 else 's'}" if count else f"{title} no run"))
        more = graph.unlisted if links is graph.up else {}
        blocks += _capped(_Tree(graph, links, more, depth or DEPTH).lines(start.uuid))
    return blocks


def _capped(lines: Iterator[Line]) -> Iterator[Line]:
    for number, line in enumerate(lines):
        if number == ROWS:
            yield Line(f"… the tree ends here, after {ROWS:,} lines (`-o json` has all)", "dim")
            return
        yield line


class _Tree:
    """One direction. Depth is bounded, so recursion is too."""

    def __init__(
        self, graph: Graph, links: Mapping[str, Sequence[Link]], unlisted: Mapping[str, int], depth: int
    ) -> None:
        self._graph, self._links, self._unlisted, self._depth = graph, links, unlisted, depth
        self._shown: set[str] = set()

    def lines(self, uuid: str, lead: str = "", path: tuple[str, ...] = ()) -> Iterator[Line]:
        self._shown.add(uuid)
        links, path = self._links.get(uuid, ()), (*path, uuid)
        rest = len(links) - CHILDREN
        unlisted = self._unlisted.get(uuid, 0)
        last = min(len(links), CHILDREN) - (0 if rest > 0 or unlisted else 1)
        for number, link in enumerate(links[:CHILDREN]):
            branch, below = ("└── ", "    ") if number == last else ("├── ", "│   ")
            note = self._note(link.uuid, path)
            yield self._line(link, lead + branch, note)
            if not note:
                yield from self.lines(link.uuid, lead + below, path)
        if rest > 0 or unlisted:
            yield Line(f"{lead}└── and {max(rest, 0) + unlisted:,} more", "dim")

    def _note(self, uuid: str, path: tuple[str, ...]) -> str:
        """Why the tree does not go on at this run; empty where it does."""
        if uuid in path:
            return "a circle: it stands above in this branch"
        if not self._links.get(uuid):
            return ""
        if uuid in self._shown:
            return "shown above"
        if len(path) >= self._depth:
            return f"goes on, {len(self._links[uuid]):,} more (`--depth`)"
        return ""

    def _line(self, link: Link, lead: str, note: str) -> Line:
        node = self._graph.nodes[link.uuid]
        params = f"  {cut(plain(', '.join(link.params)), WIDEST)}" if link.params else ""
        return Line(f"{lead}{_label(node)}{params}{f'  ({note})' if note else ''}", _style(node))


def _label(node: Node) -> str:
    name = cut(plain(node.name), 80)
    if node.is_missing:
        return f"{name}  not in this namespace (any more)"
    made_by = f"  by operation {cut(plain(node.operation), 80)}" if node.operation else ""
    return f"{name}  {plain(node.phase or '–')}{made_by}"


def _style(node: Node) -> Style:
    if node.is_missing:
        return "dim"
    return "good" if node.phase in FINE else "bad" if node.phase in BAD else ""


def lineage_data(lineage: Lineage) -> dict[str, Any]:
    """Runs, nearest first, and edges from the giving run to the taking one, by uuid."""
    return {
        "run": lineage.start.uuid,
        "runs": [
            {
                "uuid": node.uuid,
                "name": node.name,
                "phase": node.phase,
                "operation": node.operation,
                "missing": node.is_missing,
            }
            for node in lineage.nodes.values()
        ],
        "edges": [{"from": edge.source, "to": edge.target, "params": list(edge.params)} for edge in lineage.edges],
        "cut": lineage.cut,
    }
