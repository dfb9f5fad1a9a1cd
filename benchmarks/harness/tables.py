"""The tables of the report."""

from __future__ import annotations

from typing import Any

from harness.results import ratio

Result = dict[str, Any]
MIB = 1 << 20
OPERATOR_NOTE = """The naive operator keeps no Runs, so that it has none to load: it is ready as soon as Kopf is, and
pays with every operation, by reading all Runs again. Ours reads them once, before it resolves anything, and holds them
searchable."""


def times(value: float) -> str:
    """A ratio, with the digits that mean something."""
    return f"{value:,.0f} ×" if value >= 100 else f"{value:.3g} ×"


def ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratios(results: list[Result], count: int) -> list[str]:
    """Of each question and rival, how many times as long it takes as Joinery on the same kind of database."""
    found: dict[str, dict[str, str]] = {}
    titles: dict[str, str] = {}
    for result in results:
        if result.get("runs") != count or result.get("wide") or "questions" not in result:
            continue
        for question in result["questions"]:
            for rival, asked in question["asked"].items():
                if rival.startswith("joinery"):
                    continue
                titles[rival] = result["rivals"][rival]["title"]
                ours = "joinery-postgresql" if rival.endswith("-postgresql") else "joinery"
                value = ratio(result, question["name"], rival, ours)
                mark = "" if asked.get("same") else " †"
                cell = f"{times(value)}{mark}" if value is not None else "cannot" if "refused" in asked else "wrong"
                found.setdefault(question["title"], {})[rival] = cell
    told = [f"## Ratios, with {count:,} runs", ""]
    told += ["How many times as long each takes as Joinery, on the same kind of database. Below 1 it is quicker.", ""]
    told += [f"| | {' | '.join(titles.values())} |", "|---|" + "---|" * len(titles)]
    for title, cells in found.items():
        told.append(f"| {title} | {' | '.join(cells.get(rival, '') for rival in titles)} |")
    return [*told, ""]


def contest(result: Result) -> list[str]:
    """The rivals of one contest, and the times of each question."""
    rivals = result["rivals"]
    of = f"{result['runs']:,} runs" + (", 200 metrics each" if result["wide"] else "")
    told = [f"## {result['group'].capitalize()}: {of}", ""]
    told += [
        f"{result['values']:,} values, {result['data_bytes'] / MIB:,.0f} MiB of JSON lines; {result['rounds']} rounds,"
        f" load {result['load'][0]:.1f} to {result['load'][-1]:.1f}.",
        "",
        "| | version | setting | loaded by | load, s | on disk, MiB | memory, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in rivals.values():
        told.append(
            f"| {one['title']} | {one['version']} | {one['setting']} | {one['loaded_by']} | {one['load']:,.1f} "
            f"| {one['disk'] / MIB:,.0f} | {one['memory'] / MIB:,.0f} |"
        )
    told += [f"| {name} | | left out: {why} | | | | |" for name, why in result["left_out"].items()]
    told += ["", "Milliseconds: median (p99), CPU at the median, cold.", ""]
    titles = [one["title"] for one in rivals.values()]
    told += [f"| | {' | '.join(titles)} |", "|---|" + "---|" * len(titles)]
    for question in result["questions"]:
        cells = [_cell(question["asked"][name]) for name in rivals]
        told.append(f"| {question['title']} | {' | '.join(cells)} |")
    return [*told, ""]


def _cell(found: Result) -> str:
    if "refused" in found:
        return "cannot be asked"
    if found["wrong"]:
        return "**wrong answer**"
    mark = "" if found["same"] else " †"
    wall, cpu, cold = found["wall"], found["cpu"], found["cold"]
    return f"{ms(wall['p50'])} ({ms(wall['p99'])}), {ms(cpu['p50'])}, {ms(cold['wall'])}{mark}"


def differences(results: list[Result]) -> list[str]:
    """What cannot be asked, and which answers are other ones, with the causes."""
    refused: dict[tuple[str, str, str], None] = {}
    differ: dict[tuple[str, str, str], Result] = {}
    for result in results:
        for question in result.get("questions", ()):
            for rival, found in question["asked"].items():
                title = result["rivals"][rival]["title"]
                if "refused" in found:
                    refused[title, question["title"], found["refused"]] = None
                elif not found["same"]:
                    differ[title, question["title"], found["cause"] or "nobody knows why: an error"] = found
    told = ["## What cannot be asked", ""]
    told += ["| rival | question | why |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in refused), ""]
    told += ["## Answers that differ (†)", ""]
    told += ["All others are the same, run for run and value for value.", ""]
    told += ["| rival | question | cause | at the largest size |", "|---|---|---|---|"]
    told += [f"| {a} | {b} | {c} | {one['difference']} |" for (a, b, c), one in differ.items()]
    return [*told, ""]


def unmet(results: list[Result], lines: list[Any]) -> list[str]:
    """For each line that is not met: its questions, and where our time goes in the worst."""
    told: list[str] = []
    shown: set[str] = set()
    for found in lines:
        line, worst = found.line, found.ratios[0][0]
        short = [f"{name} {times(value)}" for name, value in found.ratios if value < line.asked]
        told += [f"**Not met: {line.text}.** Short of it: {', '.join(short)}.", ""]
        for result in results:
            profile = result.get("profiles", {}).get(worst)
            if profile and worst not in shown and result["group"] == "engines" and result["runs"] == 100_000:
                shown.add(worst)
                told += [f"Where our time goes in *{worst}*:", "", "```", *profile, "```", ""]
    return told


# Of the operator: the line, what it must show of ours beside the naive one, and whether that is so.
READY, MEMORY = "start to the first operation resolved, s", "memory then, MiB"
RATE, WRITES = "operations resolved a second", "writes an operation"


def operator(results: list[Result]) -> list[str]:
    """Our operator beside the naive one."""
    told: list[str] = []
    for result in results:
        if result["group"] != "operator":
            continue
        names = list(result["operators"])
        told += [f"## The operator, with {result['runs']:,} Runs in the cluster", ""]
        told += [
            "An API server and etcd for each, on the same cores; `benchmarks/naive_operator.py` is the other one.",
            "",
        ]
        told += [f"| | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
        for line in next(iter(result["operators"].values())):
            told.append(f"| {line} | {' | '.join(f'{one[line]:,.3g}' for one in result['operators'].values())} |")
        ours, naive = result["operators"].values()
        asked = (
            ("throughput ≥ 10 ×", times(ours[RATE] / naive[RATE]), ours[RATE] >= 10 * naive[RATE]),
            ("ready ≥ 4 × sooner", times(naive[READY] / ours[READY]), naive[READY] >= 4 * ours[READY]),
            ("memory ≤ 1/4", times(ours[MEMORY] / naive[MEMORY]), ours[MEMORY] <= naive[MEMORY] / 4),
            ("writes an operation ≤ 4, Events apart", f"{ours[WRITES]:.2f}", ours[WRITES] <= 4),
        )
        told += ["", "| asked | measured | |", "|---|---|---|"]
        told += [f"| {what} | {found} | {'met' if met else '**not met**'} |" for what, found, met in asked]
        told += ["", OPERATOR_NOTE, ""]
    return told
