"""Reads PATHs and mappings into a store and a shelf: Runs by the hundred thousand as a stream, the rest kept as read.

What is wrong with a file that the person named is an error; a damaged Run, and a file
of a folder that cannot be read, is left out and named in a warning: never silence.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from joinery.local.objects import API_VERSION, OUR_KINDS, Broken, LocalItem, objects_of, take_apart
from joinery.local.shelf import LocalObject, Shelf
from joinery.local.sources import Source, expand
from joinery.manifests import normalise
from joinery.problems import InvalidManifest, JoineryError, Problem
from joinery.runs import DamagedRun, read_run
from joinery.runs.record import RunRecord

if TYPE_CHECKING:
    from joinery.api.v1alpha1.meta import Resource

Given: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | Resource | Iterable[Given]"
Progress: TypeAlias = Callable[[int, int, int], None]  # bytes read, bytes in all (0: unknown), runs so far
Take: TypeAlias = Callable[[Iterable[RunRecord]], object]
_PROGRESS_EVERY = 512  # runs
_MOST_NOTES = 20  # of one kind; the rest is counted
_MOST_NOTED = 3  # Runs with something odd about them, as hand-written files have in every Run


@dataclass(slots=True)
class Loaded:
    """What was read beside the Runs themselves. ``runs`` counts those that are good.

    ``notes`` are the damaged ones: namespace, name, uid and what is wrong, as ``RunStore.note_damaged`` takes them.
    """

    shelf: Shelf
    namespace: str
    runs: int = 0
    damaged: int = 0
    twice: int = 0
    noted: int = 0
    warnings: list[Problem] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    by_namespace: dict[str, int] = field(default_factory=dict)
    notes: list[tuple[str, str, str, str]] = field(default_factory=list)
    _uids: set[str] = field(default_factory=set)


def load(given: Iterable[Given], *, namespace: str, take: Take, progress: Progress | None = None) -> Loaded:
    """Read all of it; ``take`` is given every good Run, one by one, as it asks for them.

    Raises UnreadableFile and InvalidManifest with every problem of the files that were named.
    """
    loaded = Loaded(shelf=Shelf(namespace), namespace=namespace)
    paths, mappings = _sorted_out(given)
    problems: list[Problem] = []
    take(_records(loaded, expand(paths), mappings, problems, progress))
    if problems:
        raise InvalidManifest(problems)
    _summarise(loaded)
    return loaded


def leave(records: Iterable[RunRecord]) -> None:
    """A ``take`` for those who want the other objects alone."""
    deque(records, maxlen=0)


def _sorted_out(given: Iterable[Given]) -> tuple[list[str | os.PathLike[str]], list[Mapping[str, Any]]]:
    from joinery.api.v1alpha1.meta import Resource

    paths: list[str | os.PathLike[str]] = []
    mappings: list[Mapping[str, Any]] = []
    for item in given:
        match item:
            case str() | os.PathLike():
                paths.append(item)
            case Mapping():
                mappings.append(item)
            case Resource():
                mappings.append(item.to_manifest())
            case Iterable():
                more_paths, more_mappings = _sorted_out(item)
                paths += more_paths
                mappings += more_mappings
            case _:
                raise TypeError(f"runs are paths or mappings, not {type(item).__name__}")
    return paths, mappings


def _records(
    loaded: Loaded,
    sources: list[Source],
    mappings: list[Mapping[str, Any]],
    problems: list[Problem],
    progress: Progress | None,
) -> Iterator[RunRecord]:
    """Every good Run, one by one, as the store asks for them; all else is put away on the way."""
    for number, mapping in enumerate(mappings):
        # A mapping in Python is a Run unless it says something else.
        where = f"mapping {number + 1}"
        try:
            manifest = normalise({"apiVersion": API_VERSION, "kind": "Run", **mapping})
        except InvalidManifest as error:
            _note(loaded, error, name=_named(mapping, "name") or where, namespace=_named(mapping, "namespace"))
            continue
        for item in take_apart(manifest, file="", line=None, document=None, where=where):
            yield from _sort(loaded, item, named=True, problems=problems)
    total = sum(source.size for source in sources)
    before = 0
    for source in sources:
        for item, opened in objects_of(source):
            yield from _sort(loaded, item, named=source.named, problems=problems)
            if progress is not None and loaded.runs % _PROGRESS_EVERY == 0:
                progress(before + (opened.position() if opened else source.size), total, loaded.runs)
        before += source.size
    if progress is not None:
        progress(before, total, loaded.runs)


def _sort(loaded: Loaded, item: LocalItem, *, named: bool, problems: list[Problem]) -> Iterator[RunRecord]:
    match item:
        case Broken(problem, is_part):
            if named and not is_part:
                problems.append(problem)
            else:
                loaded.damaged += 1
                _warn(loaded, problem, f"left out: {problem.message}")
        case LocalObject(kind="Run"):
            record = _read(loaded, item)
            if record is not None:
                yield record
        case LocalObject(kind=kind) if kind in OUR_KINDS:
            if loaded.shelf.put(item) is not None:
                _warn(
                    loaded,
                    item.locate(Problem(message="", rule="twice")),
                    f"{kind} `{item.name}` stands twice: the later one holds",
                )
        case LocalObject(kind=kind):
            loaded.others[kind] = loaded.others.get(kind, 0) + 1


def _read(loaded: Loaded, item: LocalObject) -> RunRecord | None:
    try:
        if item.api_version != API_VERSION:
            message = f"must be `{API_VERSION}`, and is `{item.api_version[:60]}`"
            raise DamagedRun(
                [Problem(message=message, path="apiVersion", rule="api-version")],
                name=item.name,
                namespace=item.namespace or "",
            )
        record = read_run(item.value, namespace=loaded.namespace)
    except DamagedRun as error:
        name = error.name or f"{item.file}:{item.line or 1}"
        _note(loaded, error, name=name, namespace=error.namespace, uid=error.uid, place=item.place)
        return None
    called = f"Run `{record.namespace}/{record.name}`"
    if record.uid in loaded._uids:
        loaded.twice += 1
        if loaded.twice <= _MOST_NOTES:
            message = f"{called} stands twice: the later one is used"
            loaded.warnings.append(item.locate(Problem(message=message, rule="twice")))
    else:
        loaded._uids.add(record.uid)
        loaded.runs += 1
        loaded.by_namespace[record.namespace] = loaded.by_namespace.get(record.namespace, 0) + 1
    if record.warnings:
        loaded.noted += 1
        if loaded.noted <= _MOST_NOTED:
            message = f"{called}: {'; '.join(record.warnings)}"
            loaded.warnings.append(item.locate(Problem(message=message, rule="run")))
    return record


def _note(loaded: Loaded, error: JoineryError, *, name: str, namespace: str, uid: str = "", place: str = "") -> None:
    """Remember a Run that is left out, by name, with what is wrong with it."""
    loaded.damaged += 1
    namespace = namespace or loaded.namespace
    message = "; ".join(problem.in_one_line() for problem in error.problems[:3])
    where = f" ({place})" if place else ""
    loaded.notes.append((namespace, name, uid or f"{namespace}/{name}", message + where))


def _named(mapping: Mapping[str, Any], key: str) -> str:
    metadata = mapping.get("metadata")
    value = metadata.get(key) if isinstance(metadata, Mapping) else None
    return value if isinstance(value, str) else ""


def _warn(loaded: Loaded, problem: Problem, message: str) -> None:
    if len(loaded.warnings) < 10 * _MOST_NOTES:
        loaded.warnings.append(
            Problem(message=message, rule=problem.rule, file=problem.file, line=problem.line, column=problem.column)
        )


def _summarise(loaded: Loaded) -> None:
    """The counts of what was not named one by one."""
    loaded._uids.clear()
    if loaded.twice > _MOST_NOTES:
        message = f"{loaded.twice - _MOST_NOTES:,} more Runs stand twice"
        loaded.warnings.append(Problem(message=message, rule="twice"))
    if loaded.noted > _MOST_NOTED:
        message = f"{loaded.noted - _MOST_NOTED:,} more Runs have such oddities"
        loaded.warnings.append(Problem(message=message, rule="run"))
    if loaded.others:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(loaded.others.items())[:10])
        loaded.warnings.append(Problem(message=f"objects of other kinds left out: {kinds}", rule="other-kind"))
