"""Every line of the contract's pages on joins, queries and types has a test that names it.

A test names lines with ``@pytest.mark.spec("PAGE:LINE", …)``; PAGE is the number that a file of
``docs/spec`` begins with. Headings, rules of tables and fences of code are no lines of the contract.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COVERED = ("1", "2", "3")  # pages of which every line must be named; tests may name lines of the others too
PAGES = {path.name[0]: path for path in sorted((ROOT / "docs" / "spec").glob("[0-9]-*.md"))}
NO_CONTENT = re.compile(r"\s*(#.*|\|[-| ]+\||```.*|)")


def content_lines() -> dict[str, str]:
    """``PAGE:LINE`` of every line of the contract, with its text; the header row of a table is none."""
    found: dict[str, str] = {}
    for page, path in PAGES.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, text in enumerate(lines, start=1):
            header = number < len(lines) and re.fullmatch(r"\|[-| ]+\|", lines[number])
            if not NO_CONTENT.fullmatch(text) and not header:
                found[f"{page}:{number}"] = text
    return found


def named_lines() -> dict[str, list[str]]:
    """``PAGE:LINE`` to the tests that name it, read from the decorators without running anything."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.spec":
                for argument in node.args:
                    assert isinstance(argument, ast.Constant), (
                        f"{path}: spec lines are written out: {ast.unparse(node)}"
                    )
                    found[str(argument.value)].append(str(path.relative_to(ROOT)))
    return found


def test_every_line_of_the_contract_is_named_by_a_test() -> None:
    named = named_lines()
    missing = {line: text for line, text in content_lines().items() if line not in named and line.startswith(COVERED)}
    assert not missing, "no test names these lines:\n" + "\n".join(f"{k}  {v}" for k, v in missing.items())


def test_no_test_names_a_line_that_is_not_there() -> None:
    unknown = {line: tests for line, tests in named_lines().items() if line not in content_lines()}
    assert not unknown
