"""Bare ``{{ }}`` in what a shell runs: a value with a quote or a `$(…)` in it would be read as shell (spec 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from joinery.problems import InvalidTemplate, Problem
from joinery.templates.scan import split

_SHELL = re.compile(r"(?:.*/)?(?:sh|bash|dash|ash|ksh|zsh)")
_RUNS = re.compile(r"-[a-z]*c")
_SAFE = re.compile(r"\|\s*(?:quote|length|count|int|float|round)\b|\.as_arg\b|\bas_args\b|^\s*globals\.")


def shell_warnings(run: Mapping[str, Any], *, at: str) -> Iterator[Problem]:
    """A warning for each expression that a shell would read as part of its program, in any container of the pod."""
    containers: list[tuple[str, Any]] = [(f"{at}.container", run.get("container"))]
    for kind in ("init", "sidecars"):
        for index, one in enumerate(run.get(kind) or ()):
            inner = one.get("container", one) if isinstance(one, Mapping) else one
            containers.append((f"{at}.{kind}[{index}]", inner))
    for path, container in containers:
        if isinstance(container, Mapping):
            yield from _container(container, path)


def _container(container: Mapping[str, Any], path: str) -> Iterator[Problem]:
    words: list[tuple[str, str]] = []
    for key in ("command", "args"):
        value = container.get(key)
        if isinstance(value, str):
            words.append((f"{path}.{key}", value))
        elif isinstance(value, Sequence):
            words += [(f"{path}.{key}[{index}]", word) for index, word in enumerate(value) if isinstance(word, str)]
    for place in range(len(words) - 2):
        if _SHELL.fullmatch(words[place][1]) and _RUNS.fullmatch(words[place + 1][1]):
            where, script = words[place + 2]
            yield from _script(script, where)
            return


def _script(script: str, path: str) -> Iterator[Problem]:
    try:
        pieces = split(script)
    except InvalidTemplate:
        return  # said as an error elsewhere
    for piece in pieces:
        if piece.is_expression and not _SAFE.search(piece.text):
            yield Problem(
                message=f"a shell reads what `{{{{ {piece.text.strip()[:80]} }}}}` comes to as part of its program",
                path=path,
                rule="bare-template-in-shell",
                hint=f"write `{{{{ {piece.text.strip()[:80]} | quote }}}}`",
                text=script,
                position=max(0, piece.start - 2),
                length=piece.stop - piece.start + 2,
            )
