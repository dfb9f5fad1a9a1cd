"""Problems for people: ``FILE:LINE:COLUMN: error: PATH: message``, the text with its caret, and the hint."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TextIO

from joinery.cli.blocks import Line, Style
from joinery.cli.paper import show
from joinery.cli.text import cut, plain
from joinery.problems import Problem

Severity = Literal["error", "warning"]
MOST = 100  # of one kind on a terminal; the other formats have all of them


def problem_lines(problem: Problem, severity: Severity = "error") -> Iterator[Line]:
    """The lines of one problem; the caret stands under its place, whatever the text holds."""
    where = place(problem)
    path = f"{plain(problem.path)}: " if problem.path else ""
    first, *more = problem.message.split("\n")
    style: Style = "bad" if severity == "error" else "warning"
    yield Line(f"{where}{severity}: {path}{plain(cut(first, 2000))}", style)
    yield from (Line(f"  {plain(cut(line, 2000))}") for line in more[:50])
    yield from (Line(f"  | {line}") for line in problem.caret().splitlines())
    if problem.hint:
        yield from (Line(f"  {plain(line)}", "dim") for line in problem.hint.split("\n"))


def place(problem: Problem) -> str:
    """``FILE:LINE:COLUMN: ``, as far as it is known; editors and terminals make it a link."""
    known = [plain(problem.file)] if problem.file else []
    if problem.line is not None:
        known.append(str(problem.line) if problem.file else f"line {problem.line}")
        known += [str(problem.column)] if problem.column is not None else []
    return ":".join(known) + ": " if known else ""


def show_problems(
    problems: Iterable[Problem], severity: Severity = "error", *, stream: TextIO | None = None, most: int = MOST
) -> None:
    """Print to standard error, or to ``stream``: the first ``most``, and how many more there are."""
    listed = list(problems)
    lines = [line for problem in listed[:most] for line in problem_lines(problem, severity)]
    if len(listed) > most:
        lines.append(Line(f"and {len(listed) - most} more (`-o json` has them all)", "dim"))
    show(lines, stream=stream or sys.stderr)


def as_dict(problem: Problem) -> dict[str, Any]:
    """The problem for `-o json` and `-o yaml`: only what is known of it."""
    found: dict[str, Any] = {"message": problem.message, "rule": problem.rule}
    for name in ("path", "hint", "file", "line", "column"):
        if value := getattr(problem, name):
            found[name] = value
    if problem.text is not None and problem.position is not None:
        found |= {"text": problem.text, "position": problem.position, "length": problem.length}
    return found
