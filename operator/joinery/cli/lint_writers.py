"""What ``joinery lint`` found, as text, JSON, SARIF 2.1.0 and GitHub's workflow commands. Pure: blocks or text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from joinery.cli.blocks import Block, Line
from joinery.cli.problems import Severity, as_dict, problem_lines
from joinery.cli.text import plain
from joinery.problems import Problem


class LintFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintReport:
    """``files`` and ``objects`` count what was read; ``others`` the objects of kinds that are not ours."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    files: int
    objects: int
    others: int = 0

    def findings(self) -> list[tuple[Severity, Problem]]:
        """All of them in the order of the files: errors and warnings of one place stand together."""
        found: list[tuple[Severity, Problem]] = [("error", problem) for problem in self.errors]
        found += [("warning", problem) for problem in self.warnings]
        order = {name: number for number, name in enumerate(dict.fromkeys(p.file or "" for _, p in found))}
        return sorted(found, key=lambda f: (order[f[1].file or ""], f[1].line or 0, f[1].column or 0))


def text_blocks(report: LintReport) -> list[Block]:
    blocks: list[Block] = [line for severity, problem in report.findings() for line in problem_lines(problem, severity)]
    read = f"{_count(report.objects, 'object')} in {_count(report.files, 'file')}"
    others = f" ({_count(report.others, 'object')} of other kinds left alone)" if report.others else ""
    if report.errors or report.warnings:
        found = f"{_count(len(report.errors), 'error')}, {_count(len(report.warnings), 'warning')}"
        blocks.append(Line(f"{read}: {found}{others}", "bad" if report.errors else "warning"))
    else:
        blocks.append(Line(f"{read}: no problems{others}", "good"))
    return blocks


def json_report(report: LintReport) -> dict[str, Any]:
    return {
        "files": report.files,
        "objects": report.objects,
        "otherObjects": report.others,
        "errors": [as_dict(problem) for problem in report.errors],
        "warnings": [as_dict(problem) for problem in report.warnings],
    }


def sarif(report: LintReport, *, version: str) -> dict[str, Any]:
    """SARIF 2.1.0: one run, a rule for each kind of problem, one result a problem."""
    findings = report.findings()
    rules = sorted({problem.rule for _, problem in findings})
    driver = {
        "name": "joinery",
        "version": version,
        "rules": [{"id": rule, "name": rule, "shortDescription": {"text": rule.replace("-", " ")}} for rule in rules],
    }
    results = [_sarif_result(severity, problem, rules) for severity, problem in findings]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _sarif_result(severity: Severity, problem: Problem, rules: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": rules.index(problem.rule),
        "level": severity,
        "message": {"text": _message(problem)},
    }
    location: dict[str, Any] = {}
    if problem.file and problem.file != "-":
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(PurePath(problem.file).as_posix())}}
        if problem.line:
            physical["region"] = {"startLine": problem.line, "startColumn": problem.column or 1}
        location["physicalLocation"] = physical
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path}]
    return result | ({"locations": [location]} if location else {})


def github(report: LintReport) -> str:
    """Workflow commands: GitHub shows them beside the lines of a pull request."""
    lines = []
    for severity, problem in report.findings():
        marks = {"file": problem.file, "line": problem.line, "col": problem.column, "title": f"joinery {problem.rule}"}
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in marks.items() if value)
        lines.append(f"::{severity} {properties}::{_data(plain(_message(problem), keep_lines=True))}\n")
    return "".join(lines)


def _message(problem: Problem) -> str:
    path = f"{problem.path}: " if problem.path else ""
    parts = [path + problem.message, *problem.caret().splitlines(), problem.hint or ""]
    return "\n".join(part for part in parts if part)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
