"""The Runs of the cluster's namespace, read as the caller into a store in memory, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from joinery.cli.live.session import Session
from joinery.cli.progress import reading
from joinery.kube.errors import Gone
from joinery.local.facade import Runs
from joinery.local.loading import Loaded, Progress
from joinery.local.shelf import LocalObject, Shelf
from joinery.problems import JoineryError, Problem
from joinery.runs import DamagedRun, read_run
from joinery.runs.record import RunRecord
from joinery.store import SqlStore

TRIES = 3  # of a list that expires while it is read
MOST_NOTED = 3  # Runs with something odd about them are named, the rest is counted


class Unsteady(JoineryError):
    """The list of Runs expired again and again while it was read."""


async def load_runs(session: Session, *, beside: Iterable[LocalObject] = ()) -> Runs:
    """Every Run of the session's namespace, of one instant. ``beside`` are objects that an operation may refer to.

    A damaged Run is left out, and named in a warning when it is searched. Raises MissingRight, ApiError.
    """
    for _ in range(TRIES):
        try:
            with reading() as progress:
                loaded, store = await _load(session, progress)
        except Gone:
            continue
        for item in beside:
            loaded.shelf.put(item)
        return Runs(loaded, store)
    raise Unsteady(
        Problem(
            message=f"the list of Runs expired {TRIES} times while it was read",
            rule="expired",
            hint="the connection is slow for this many Runs: export them, and give the file with `--runs`",
        )
    )


async def _load(session: Session, progress: Progress | None) -> tuple[Loaded, SqlStore]:
    loaded = Loaded(shelf=Shelf(session.namespace), namespace=session.namespace)
    store = SqlStore.in_memory()
    with store.loading():
        async for items, version in session.run_pages():
            store.upsert(_records(items, loaded))
            store.set_version(version)
            if progress is not None:
                progress(0, 0, loaded.runs)
    for note in loaded.notes:
        store.note_damaged(*note)
    if loaded.runs:
        loaded.by_namespace[session.namespace] = loaded.runs
    if loaded.noted > MOST_NOTED:
        message = f"{loaded.noted - MOST_NOTED:,} more Runs have such oddities"
        loaded.warnings.append(Problem(message=message, rule="run"))
    return loaded, store


def _records(items: Iterable[Mapping[str, Any]], loaded: Loaded) -> list[RunRecord]:
    records = []
    for item in items:
        try:
            record = read_run(item, namespace=loaded.namespace)
        except DamagedRun as error:
            message = "; ".join(" ".join(str(problem).split()) for problem in error.problems[:3])
            loaded.notes.append((loaded.namespace, error.name, error.uid, message))
            loaded.damaged += 1
            continue
        loaded.runs += 1
        records.append(record)
        if record.warnings:
            loaded.noted += 1
            if loaded.noted <= MOST_NOTED:
                message = f"Run `{record.name}`: {'; '.join(record.warnings)}"
                loaded.warnings.append(Problem(message=message, rule="run"))
    return records
