"""The console examples of docs/first-join.md and docs/kubectl-plugin.md, run in a shell, one after another.

Where a page shows no answer below a command, it is written in with ``JOINERY_GOLDEN=write`` (then read the difference).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
Shell = Callable[[str], str]

VOLATILE = (
    (re.compile(r"[0-9a-f]{32}"), "UUID"),
    (re.compile(r"(?<=[a-z0-9])-[0-9a-f]{8}(?![0-9a-f])"), "-UID8"),
    (re.compile(r'(?<=^Context )"[^"]+"'), "CONTEXT"),
    # How far an operation's Job has come is the cluster's business.
    (re.compile(r"(-UID8(?:  |<br/>))[a-z]+"), r"\1PHASE"),
    (re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:.]+(\+00:00|Z)"), "TIME"),
)


def steady(text: str) -> str:
    """Without what differs from one cluster to the next."""
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text


def examples(block: str) -> list[tuple[str, str]]:
    """Each command of a block, with the answer below it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, answer) for command, _, answer in (part.partition("\n") for part in parts)]


def blocks(page: Path) -> list[str]:
    return _BLOCK.findall(page.read_text())


def answered(block: str, shell: Shell) -> str:
    """The block with the answers of today; those that differ only in what is volatile stay as they are."""
    text = ""
    for command, shown in examples(block):
        answer = shell(command)
        text += f"$ {command}\n{shown if steady(shown) == steady(answer) else answer}"
    return text
