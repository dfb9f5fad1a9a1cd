"""The artifacts form as written: ``{files: […], dirs: […]}``. Source: spec 1, *The artifacts form*.

Here it is read and checked; :mod:`joinery.joins.artifacts` binds it to runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from joinery.problems import InvalidValue, JoineryError, Problem, did_you_mean

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# A path as written (checked already), or what gives one for each run: a value expression of text.
Entry: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Pair:
    """``[from, to]``: what is fetched, and where it lands under the run's directory."""

    source: Entry
    target: Entry


@dataclass(frozen=True, slots=True)
class ArtifactsForm:
    """Entries in the order written: a text, a value expression, or a :class:`Pair` of them."""

    files: tuple[Entry, ...] = ()
    dirs: tuple[Entry, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every path of the form, pairs taken apart."""
        both = (*self.files, *self.dirs)
        return tuple(
            one for entry in both for one in ((entry.source, entry.target) if isinstance(entry, Pair) else (entry,))
        )

    @property
    def is_literal(self) -> bool:
        """Whether every entry is written out, so that runs differ by their prefix alone."""
        return all(isinstance(entry, str) for entry in self.entries)


def path_fault(path: str) -> str | None:
    """What is wrong with a path that must stay under its run's directory, or None: "`..` leaves …"."""
    if not path:
        return "is empty"
    if "\0" in path:
        return "holds a NUL character"
    if path.startswith("/") or _SCHEME.match(path):
        return "is absolute; it must lie under the run's own directory"
    if ".." in path.split("/"):
        return "holds `..`, which could leave the run's directory"
    return None


def is_absolute(path: str) -> bool:
    """A path from the root, or an address with a scheme (``s3://…``): neither lies under a run's directory."""
    return path.startswith("/") or _SCHEME.match(path) is not None


def parse_artifacts_form(
    value: Mapping[str, Any], parse_text: Callable[[str], Any], *, max_entries: int
) -> ArtifactsForm:
    """Reads ``{files, dirs}``; ``parse_text`` reads an entry in braces. Raises InvalidValue with every problem."""
    problems: list[Problem] = []
    for key in value:
        if key not in ("files", "dirs"):
            hint = did_you_mean(str(key), ("files", "dirs")) or "the artifacts form has `files` and `dirs` alone"
            problems.append(
                Problem(message=f"`{str(key)[:80]}` is not known here", path=str(key), rule="unknown-key", hint=hint)
            )
    if not value:
        problems.append(
            Problem(
                message="an empty mapping is no value expression",
                rule="value-expression",
                hint="write `files`, `dirs` or both",
            )
        )
    read = {key: _entries(value.get(key), key, parse_text, problems) for key in ("files", "dirs")}
    if (count := len(read["files"]) + len(read["dirs"])) > max_entries:
        problems.append(Problem(message=f"{count} files and dirs; a value may have {max_entries}", rule="too-many"))
    if problems:
        raise InvalidValue(problems)
    return ArtifactsForm(read["files"], read["dirs"])


def _entries(written: Any, key: str, parse_text: Callable[[str], Any], problems: list[Problem]) -> tuple[Entry, ...]:
    if written is None:
        return ()
    if isinstance(written, str):
        return (_path(written, key, parse_text, problems),)
    if not isinstance(written, list | tuple):
        problems.append(
            Problem(message=f"`{key}` takes a list of paths, not {written!r:.80}", path=key, rule="value-expression")
        )
        return ()
    found: list[Entry] = []
    for index, entry in enumerate(written):
        where = f"{key}[{index}]"
        match entry:
            case str():
                found.append(_path(entry, where, parse_text, problems))
            case [str() as source, str() as target]:
                found.append(
                    Pair(
                        _path(source, f"{where}[0]", parse_text, problems),
                        _path(target, f"{where}[1]", parse_text, problems),
                    )
                )
            case _:
                problems.append(
                    Problem(
                        message=f"an entry is a path or a pair [from, to], not {entry!r:.80}",
                        path=where,
                        rule="value-expression",
                    )
                )
    return tuple(found)


def _path(text: str, where: str, parse_text: Callable[[str], Any], problems: list[Problem]) -> Entry:
    if "{{" in text:
        try:
            return parse_text(text)
        except JoineryError as error:
            problems += [problem.at(where) for problem in error.problems]
    elif fault := path_fault(text):
        problems.append(
            Problem(
                message=f"the path `{text[:80]}` {fault}",
                path=where,
                rule="artifact-path",
                hint="paths are relative to each run's directory, e.g. `outputs/model.pt`",
            )
        )
    return text
