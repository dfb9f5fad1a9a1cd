"""Paths of runs' artifacts: the lineage of one run, and the artifacts form bound to many.

Every path lies under its run's directory, ``UUID/…``, in the artifact store. What a run recorded is data:
a path that would leave that directory is refused, and the run is named. Source: spec 1, *The artifacts form*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from joinery.joins.entries import ArtifactsForm, Entry, Pair, is_absolute, path_fault
from joinery.problems import Problem
from joinery.runs.record import RunRecord


def lineage_path(record: RunRecord, name: str) -> str | None:
    """``artifacts.NAME`` of a run: ``UUID``, ``UUID/outputs``, or the path logged under ``name``; None if none was."""
    match name:
        case "base":
            return record.uuid
        case "outputs":
            return f"{record.uuid}/outputs"
    found = None
    for artifact in record.artifacts:
        if artifact.name == name and artifact.path:
            found = artifact.path  # logged again under the same name: the last stands
    return None if found is None else under_run(found, record.uuid)


def lineage_paths(record: RunRecord) -> dict[str, str | None]:
    """``artifacts`` of a run: every name to its path, with ``base`` and ``outputs``."""
    paths: dict[str, str | None] = {}
    for artifact in record.artifacts:
        if artifact.path or artifact.name not in paths:
            paths[artifact.name] = under_run(artifact.path, record.uuid) if artifact.path else None
    return {**paths, "base": record.uuid, "outputs": f"{record.uuid}/outputs"}


def under_run(path: str, uuid: str) -> str:
    """A relative path with the run's path before it, unless it is there already; an absolute one as it is."""
    if is_absolute(path) or path == uuid or path.startswith(f"{uuid}/"):
        return path
    return f"{uuid}/{path}"


@dataclass(slots=True)
class BoundForm:
    """One run's share of an artifacts form. ``left_out`` counts entries that were null of this run."""

    files: list[Any]
    dirs: list[Any]
    left_out: int = 0
    problems: tuple[Problem, ...] = ()


def bind_form(form: ArtifactsForm, record: RunRecord, evaluate: Callable[[Entry, RunRecord], Any]) -> BoundForm:
    """The form for one run. ``evaluate`` gives the value of an entry written in braces."""
    bound = BoundForm([], [])
    problems: list[Problem] = []
    for entries, out in ((form.files, bound.files), (form.dirs, bound.dirs)):
        for entry in entries:
            if isinstance(entry, str):
                out.append(f"{record.uuid}/{entry}")
                continue
            both = (entry.source, entry.target) if isinstance(entry, Pair) else (entry,)
            values = [one if isinstance(one, str) else evaluate(one, record) for one in both]
            if any(value is None for value in values):
                bound.left_out += 1
                continue
            paths = [_checked(value, record, problems) for value in values]
            if isinstance(entry, Pair):
                out.append([path for found in paths for path in found])
            else:
                out.extend(paths[0])
    bound.problems = tuple(problems)
    return bound


def literal_form(form: ArtifactsForm, records: Sequence[RunRecord]) -> dict[str, list[Any]]:
    """A form without braces, for all runs at once: each entry with each run's path before it."""

    def prefixed(entries: Sequence[Entry]) -> list[Any]:
        return [_prefix(entry, record.uuid) for record in records for entry in entries]

    return {"files": prefixed(form.files), "dirs": prefixed(form.dirs)}


def _prefix(entry: Entry, uuid: str) -> Any:
    return [f"{uuid}/{entry.source}", f"{uuid}/{entry.target}"] if isinstance(entry, Pair) else f"{uuid}/{entry}"


def _checked(value: Any, record: RunRecord, problems: list[Problem]) -> list[str]:
    found: list[str] = []
    for one in value if isinstance(value, list) else [value]:
        fault = path_fault(one) if isinstance(one, str) else "is no text"
        if fault:
            problems.append(
                Problem(
                    message=f"the path {one!r:.80} that run `{record.name}` ({record.uuid}) recorded {fault}",
                    rule="artifact-path",
                    hint="it is refused: a run's record may not reach outside the run's own directory",
                )
            )
        else:
            found.append(under_run(one, record.uuid))
    return found
