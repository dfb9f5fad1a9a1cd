"""Lineage as text that draws itself: Mermaid for Markdown pages, DOT for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from joinery.cli.text import cut, plain

if TYPE_CHECKING:
    from joinery.cli.live.graph import Lineage, Node

WIDEST = 60
_UNQUOTED = frozenset(" ._,/:()-")


def mermaid(lineage: Lineage) -> str:
    """A flowchart from left to right. Whatever means something to Mermaid or to HTML is written as a number."""
    ids = {uuid: f"r{number}" for number, uuid in enumerate(lineage.nodes)}
    lines = ["flowchart LR"]
    lines += [
        f'  {ids[node.uuid]}["{"<br/>".join(map(_entities, _label(node)))}"]{":::missing" if node.is_missing else ""}'
        for node in lineage.nodes.values()
    ]
    for edge in lineage.edges:
        text = f'|"{_entities(_params(edge.params))}"|' if edge.params else ""
        lines.append(f"  {ids[edge.source]} -->{text} {ids[edge.target]}")
    lines.append(f"  style {ids[lineage.start.uuid]} stroke-width:3px")
    if any(node.is_missing for node in lineage.nodes.values()):
        lines.append("  classDef missing stroke-dasharray:4")
    return "\n".join(lines) + "\n"


def dot(lineage: Lineage) -> str:
    """A digraph from left to right."""
    ids = {uuid: f"r{number}" for number, uuid in enumerate(lineage.nodes)}
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for node in lineage.nodes.values():
        label = "\\n".join(map(_escaped, _label(node)))
        style = ", style=dashed" if node.is_missing else ", penwidth=3" if node == lineage.start else ""
        lines.append(f'  {ids[node.uuid]} [label="{label}"{style}];')
    for edge in lineage.edges:
        label = f' [label="{_escaped(_params(edge.params))}"]' if edge.params else ""
        lines.append(f"  {ids[edge.source]} -> {ids[edge.target]}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _label(node: Node) -> tuple[str, str]:
    return cut(plain(node.name), 80), "missing" if node.is_missing else plain(node.phase or "–")


def _params(params: tuple[str, ...]) -> str:
    return cut(plain(", ".join(params)), WIDEST)


def _entities(text: str) -> str:
    return "".join(c if c.isalnum() or c in _UNQUOTED else f"#{ord(c)};" for c in text)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
