"""The console examples of a page of the docs: found, run and compared; or written anew (then read the difference).

python tests/cli/pages.py docs/command-line.md
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples(page: Path) -> list[tuple[str, str]]:
    """Each ``$ joinery …`` of the page, with what should be printed."""
    found = []
    for block in _BLOCK.findall(page.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def answer(command: str) -> str:
    """What the command prints in the root of the repository, errors included, 120 columns wide."""
    from typer.testing import CliRunner

    from joinery.cli.app import build

    program, *args = shlex.split(command)
    if program != "joinery":
        raise ValueError(f"not a command of ours: {command}")
    return CliRunner(env={"COLUMNS": "120"}).invoke(build(), args, prog_name="joinery").output


def written_anew(page: Path) -> str:
    """The page with the answers of today."""

    def block(match: re.Match[str]) -> str:
        commands = re.findall(r"^\$ (.*)$", match[1], flags=re.MULTILINE)
        return "```console\n" + "".join(f"$ {command}\n{answer(command)}" for command in commands) + "```"

    return _BLOCK.sub(block, page.read_text())


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(written_anew(Path(name)))
