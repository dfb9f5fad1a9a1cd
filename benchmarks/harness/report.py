"""docs/benchmarks.md and its pictures, made from the results and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness import tables
from harness.claims import AT, FROM, MOST_GROWTH, TO, growth, measured
from harness.plots import bars, lines

DOCS = Path(__file__).resolve().parents[2] / "docs"
Result = dict[str, Any]
PLOTTED = ("few", "three", "top5", "join")

INTRO = """# Measured side by side

<!-- Made by `python benchmarks/side_by_side.py --report`, from benchmarks/results alone. -->

The same runs, the same questions, the same machine, in one run; the answers are compared before the times. `make bench`
measures up to 100,000 runs and writes this page, `make bench-full` up to 1,000,000; `make bench-check` measures what is
claimed once more and fails when a ratio no longer holds. The harness is `benchmarks/side_by_side.py`.

How to read it:

* Every rival is a process of its own with pinned versions, and is asked in its own language (`benchmarks/rivals/`): by
  the form that its documentation recommends, and with the indexes that help it. Loading is not part of any time; it
  is noted once, when the store is made, at whatever load the machine has then.
* Joinery's time is that of the whole answer: the page, how many runs match and how many there are, and the warnings;
  of a join also the checks, types and digest. pandas, DuckDB and *SQL by hand* give the page alone.
* pandas, DuckDB and the Python loop hold the runs as a table that was made for these fields, in the process that asks,
  and hold columns and nothing else: they take no new run while they answer, know no namespace, and say nothing of a
  misspelt field. MLflow and haupt are servers with a store of their own, as Joinery's operator is.
* *Cold* is the first time that a question is asked of a process. Warm times are medians by the clock over at least
  seven interleaved rounds (three, of what takes more than two seconds), with p99 in brackets; CPU is that of all
  processes of the rival.
* The 1,000 matches of a *selective* question are as many at every size, so that its growth is what the others cost.
"""


def write_report(results: list[Result], docs: Path = DOCS) -> None:
    """Write the page and the pictures."""
    pictures = docs / "benchmarks"
    pictures.mkdir(parents=True, exist_ok=True)
    for name, picture in _pictures(results):
        (pictures / name).write_text(picture)
    page = [
        INTRO,
        *_machine(results),
        *_lines(results),
        *tables.ratios(results, AT),
        *_growth(results),
        *tables.operator(results),
    ]
    page += tables.differences(results)
    for result in results:
        if "questions" in result:
            page += tables.contest(result)
    (docs / "benchmarks.md").write_text("\n".join(page).rstrip() + "\n")


def _pictures(results: list[Result]) -> Iterator[tuple[str, str]]:
    contests = [one for one in results if "questions" in one and not one["wide"]]
    panels = []
    for name in PLOTTED:
        series: dict[str, list[tuple[float, float]]] = {}
        title = name
        for result in sorted(contests, key=lambda one: (one["group"] != "engines", one["runs"])):
            question = next((one for one in result["questions"] if one["name"] == name), None)
            if question is None:
                continue
            title = question["title"]
            for rival, found in question["asked"].items():
                if "wall" in found and (rival not in ("joinery", "sql") or result["group"] == "engines"):
                    label = result["rivals"][rival]["title"]
                    series.setdefault(label, []).append((result["runs"], found["wall"]["p50"]))
        if series:
            panels.append((title, series))
    if panels:
        yield "growth.svg", lines(panels)
    rows = [
        (f"{found.line.text}: {name}" if len(found.line.questions) > 1 else found.line.text, value)
        for found in measured(results)
        for name, value in found.ratios[:1]
    ]
    if rows:
        yield "ratios.svg", bars("How many times as long the rival takes, the worst question of each line", rows)


def _machine(results: list[Result]) -> list[str]:
    machines = {tuple(sorted(one["machine"].items())): one["machine"] for one in results}
    told = ["## The machine", ""]
    told += [
        "* " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
        for facts in machines.values()
    ]
    loads = [load for one in results for load in one["load"]]
    if loads:
        told += ["", f"Load averages while it was measured: {min(loads):.1f} to {max(loads):.1f}.", ""]
    return told


def _lines(results: list[Result]) -> list[str]:
    told = ["## What is asked, and what was measured", ""]
    told += [
        "With 100,000 runs; how many times as long the rival takes as Joinery, the worst question of each line.",
        "",
    ]
    told += ["| | asked | measured | | claimed |", "|---|---|---|---|---|"]
    unmet = []
    for found in measured(results):
        line = found.line
        claim = f"≥ {tables.times(line.claimed)}" if line.claimed is not None else ""
        if found.worst is None:
            told.append(f"| {line.text} | ≥ {tables.times(line.asked)} | not measured | | {claim} |")
            continue
        of = f" ({found.ratios[0][0]})" if len(line.questions) > 1 else ""
        state = "met" if found.met else "**not met**"
        asked, worst = tables.times(line.asked), tables.times(found.worst)
        told.append(f"| {line.text} | ≥ {asked} | {worst}{of} | {state} | {claim} |")
        if not found.met:
            unmet.append(found)
    told += ["", "![Ratios](benchmarks/ratios.svg)", ""]
    return [*told, *tables.unmet(results, unmet)]


def _growth(results: list[Result]) -> list[str]:
    sizes = sorted({one["runs"] for one in results if one["group"] == "engines" and not one["wide"]})
    told = ["## Growth", "", "By CPU at the median, as many matches at each size.", ""]
    if len(sizes) < 2:
        return []
    steps = list(pairwise(sizes)) + ([(FROM, TO)] if FROM in sizes and TO in sizes else [])
    columns = {step: growth(results, *step) for step in steps}
    heads = [f"{low:,} → {high:,}" for low, high in steps]
    told += [f"| | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for name in dict.fromkeys(name for found in columns.values() for name in found):
        cells = [f"{found[name]:.2f}" if name in found else "" for found in columns.values()]
        told.append(f"| {name} | {' | '.join(cells)} |")
    whole = columns.get((FROM, TO))
    if whole:
        worst = max(whole, key=lambda name: whole[name])
        state = "met" if whole[worst] < MOST_GROWTH else "**not met**"
        most = f"{whole[worst]:.2f} ({worst})"
        told += ["", f"From {FROM:,} to {TO:,}: asked under {MOST_GROWTH:g}, at most {most}: {state}."]
    return [*told, "", "![Growth](benchmarks/growth.svg)", ""]
