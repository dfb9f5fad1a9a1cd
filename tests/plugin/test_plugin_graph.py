"""The lineage graph: whatever runs say of each other, it ends, it is whole, and it can be drawn."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.cli.blocks import Line
from joinery.cli.live.graph import Graph, lineage_of
from joinery.cli.views import diagrams
from joinery.cli.views.lineage import CHILDREN, ROWS, lineage_blocks
from joinery.runs.record import RunRecord, Upstream

Links = list[tuple[int, int]]


def record(number: int, upstream: list[int], *, params: tuple[str, ...] = ("p",), created: int = 0) -> RunRecord:
    return RunRecord(
        uid=f"u{number}",
        uuid=f"{number:032x}",
        namespace="n",
        name=f"run-{number}",
        display_name="",
        created_at=created or number,
        upstream=tuple(Upstream(uuid=f"{one:032x}", name=f"run-{one}", params=params) for one in upstream),
    )


def graph_of(*runs: RunRecord) -> Graph:
    graph = Graph()
    for run in runs:
        graph.add(run)
    graph.finish()
    return graph


def reachable(links: set[tuple[int, int]], start: int) -> set[int]:
    found, rest = {start}, [start]
    while rest:
        here = rest.pop()
        for source, target in links:
            if source == here and target not in found:
                found.add(target)
                rest.append(target)
    return found


def texts(graph: Graph, number: int, depth: int | None = None) -> list[str]:
    blocks = lineage_blocks(graph, graph.nodes[f"{number:032x}"], depth=depth)
    return [block.text for block in blocks if isinstance(block, Line)]


@settings(max_examples=60, deadline=None)
@given(links=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=25), missing=st.sets(st.integers(1, 7)))
def test_all_that_can_be_reached_is_there_once(links: Links, missing: set[int]) -> None:
    runs = [record(n, [up for down, up in links if down == n]) for n in range(8) if n not in missing]
    graph = graph_of(*runs)
    known = {(down, up) for down, up in links if down not in missing}
    ups, downs = reachable(known, 0), reachable({(up, down) for down, up in known}, 0)
    found = lineage_of(graph, graph.nodes[f"{0:032x}"])
    assert {int(uuid, 16) for uuid in found.nodes} == ups | downs
    expected = {(up, down) for down, up in known if down in ups or up in downs}
    assert {(int(edge.source, 16), int(edge.target, 16)) for edge in found.edges} == expected
    assert len(found.edges) == len(expected)
    assert not found.cut
    named = {int(number) for number in re.findall(r"run-(\d)", "\n".join(texts(graph, 0)))}
    assert named == ups | downs
    for drawing in (diagrams.mermaid(found), diagrams.dot(found)):
        assert len(re.findall(r"r\d+ --?>", drawing)) == len(expected)


def test_layers_of_runs_that_all_join_all_are_drawn_in_linear_time() -> None:
    width, layers = 8, 40
    runs = [
        record(layer * width + n, [(layer - 1) * width + m for m in range(width)] if layer else [])
        for layer in range(layers)
        for n in range(width)
    ]
    lines = texts(graph_of(*runs), layers * width - 1, depth=100)
    assert len(lines) <= width * width * layers
    assert sum("shown above" in line for line in lines) > width


def test_a_long_chain_ends_at_the_depth_and_says_so() -> None:
    graph = graph_of(*(record(n, [n - 1] if n else []) for n in range(5_000)))
    lines = texts(graph, 4_999)
    assert len(lines) < 20
    assert "goes on, 1 more (`--depth`)" in "\n".join(lines)
    start = graph.nodes[f"{4_999:032x}"]
    assert len(lineage_of(graph, start).nodes) == 5_000
    near = lineage_of(graph, start, depth=3)
    assert (len(near.nodes), near.cut) == (4, True)
    assert not lineage_of(graph, graph.nodes["0" * 32], depth=5_000).cut


def test_a_wide_tree_is_counted_and_not_written_out() -> None:
    graph = graph_of(record(0, list(range(1, 400))))
    lines = texts(graph, 0)
    assert f"└── and {399 - CHILDREN} more" in lines
    assert len(lines) < CHILDREN + 10
    wide = [record(1 + n, [1 + CHILDREN * (n + 1) + m for m in range(CHILDREN)]) for n in range(CHILDREN)]
    graph = graph_of(record(0, [run_number(run) for run in wide]), *wide)
    assert sum(line.startswith(("│", "├", "└")) for line in texts(graph, 0)) == ROWS
    assert any("the tree ends here" in line for line in texts(graph, 0))


def run_number(run: RunRecord) -> int:
    return int(run.uuid, 16)


def test_upstream_that_the_record_only_counts() -> None:
    graph = Graph()
    graph.add(record(1, [2, 3]), upstream_count=1_002)
    graph.finish()
    lines = texts(graph, 1)
    assert "made from 1,002 runs" in lines
    assert "└── and 1,000 more" in lines


def test_of_two_runs_with_one_uuid_the_older_counts() -> None:
    first, second = record(1, [2], created=5), replace(record(1, [3], created=9), name="younger")
    for order in ((first, second), (second, first)):
        graph = graph_of(*order)
        assert graph.nodes[first.uuid].name == "run-1"
        assert [link.uuid for link in graph.up[first.uuid]] == [f"{2:032x}"]


@settings(max_examples=40, deadline=None)
@given(name=st.text(max_size=20), param=st.text(max_size=20))
def test_no_name_breaks_out_of_a_drawing(name: str, param: str) -> None:
    run = replace(record(1, []), upstream=(Upstream(uuid="0" * 32, name=name, params=(param,)),))
    graph = graph_of(run)
    found = lineage_of(graph, graph.nodes[run.uuid])
    label = re.compile(r'"(?:[^"\\]|\\.)*"')
    for drawing in (diagrams.mermaid(found), diagrams.dot(found)):
        assert all(line.isprintable() for line in drawing.removesuffix("\n").split("\n"))
        rest = label.sub("", drawing)
        assert '"' not in rest
    plain = graph_of(record(1, [0], params=("p",)))
    skeletons = [label.sub("", diagrams.mermaid(lineage_of(one, one.nodes[run.uuid]))) for one in (graph, plain)]
    assert skeletons[0] == skeletons[1]
