"""Pictures as SVG, written by hand: lines on two logarithmic axes, and bars on one. Readable on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

COLOURS = ("#3b7dd8", "#d97b29", "#3a9a5b", "#b04a9b", "#c94a4a", "#7a6a53", "#2a9d9d", "#8a8f98")
STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#808890}.title{font-size:13px;font-weight:600}"
    ".grid{stroke:#808890;stroke-opacity:.25}</style>"
)
Points = Sequence[tuple[float, float]]


def lines(panels: Sequence[tuple[str, Mapping[str, Points]]]) -> str:
    """Panels side by side, two in a row: runs along x, milliseconds up y. One colour for each name in all panels."""
    names = list(dict.fromkeys(name for _, series in panels for name in series))
    colour = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)}
    wide, high, columns = 420, 270, 2
    rows = math.ceil(len(panels) / columns)
    parts = []
    for index, (title, series) in enumerate(panels):
        x, y = index % columns * wide, index // columns * high
        parts.append(f'<g transform="translate({x},{y})">{_panel(title, series, colour, wide, high)}</g>')
    legend = []
    for index, name in enumerate(names):
        x, y = 50 + index % 4 * 200, rows * high + 16 + index // 4 * 18
        legend.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour[name]}"/>')
        legend.append(f'<text x="{x + 16}" y="{y}">{escape(name)}</text>')
    return _svg(columns * wide, rows * high + 20 + math.ceil(len(names) / 4) * 18, [*parts, *legend])


def _panel(title: str, series: Mapping[str, Points], colour: Mapping[str, str], wide: int, high: int) -> str:
    xs = [x for points in series.values() for x, _ in points]
    ys = [max(y, 1e-3) for points in series.values() for _, y in points]
    left, right = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    low, top = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    right, top = max(right, left + 1), max(top, low + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            60 + (math.log10(x) - left) / (right - left) * (wide - 90),
            high - 40 - (math.log10(max(y, 1e-3)) - low) / (top - low) * (high - 80),
        )

    drawn = [f'<text class="title" x="60" y="20">{escape(title)}</text>']
    for power in range(left, right + 1):
        x, y = place(10.0**power, 10.0**low)
        drawn.append(f'<line class="grid" x1="{x:.1f}" y1="40" x2="{x:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low, top + 1):
        x, y = place(10.0**left, 10.0**power)
        drawn.append(f'<line class="grid" x1="{x:.1f}" y1="{y:.1f}" x2="{wide - 30}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} ms</text>')
    for name, points in series.items():
        spots = [place(x, y) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour[name]}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour[name]}"/>' for x, y in spots]
    return "".join(drawn)


def bars(title: str, rows: Sequence[tuple[str, float]], *, unit: str = "×") -> str:
    """Ratios on a logarithmic axis, from the line of 1: to the right the rival takes longer."""
    wide, line, label = 900, 20, 440
    logs = [math.log10(max(value, 1e-4)) for _, value in rows]
    low, top = min(0, math.floor(min(logs, default=0))), max(1, math.ceil(max(logs, default=1)))

    def place(power: float) -> float:
        return label + (power - low) / (top - low) * (wide - label - 80)

    high = 50 + line * len(rows) + 20
    drawn = [f'<text class="title" x="10" y="20">{escape(title)}</text>']
    for power in range(low, top + 1):
        x = place(power)
        drawn.append(f'<line class="grid" x1="{x:.1f}" y1="34" x2="{x:.1f}" y2="{high - 20}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{high - 6}" text-anchor="middle">{10.0**power:g}{unit}</text>')
    for index, ((name, value), log) in enumerate(zip(rows, logs, strict=True)):
        y, start, end = 40 + index * line, min(place(0), place(log)), max(place(0), place(log))
        fill = COLOURS[0] if log >= 0 else COLOURS[4]
        drawn.append(f'<text x="{label - 8}" y="{y + 11}" text-anchor="end">{escape(name)}</text>')
        drawn.append(
            f'<rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" height="{line - 6}" fill="{fill}"/>'
        )
        drawn.append(f'<text x="{end + 6:.1f}" y="{y + 11}">{value:,.3g}{unit}</text>')
    return _svg(wide, high, drawn)


def _svg(wide: int, high: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f"{STYLE}{''.join(parts)}</svg>\n"
    )
