"""``start_run``: the one way to begin recording."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from joinery.client import facts, places, values
from joinery.client.notes import Notes
from joinery.client.run import LONGEST_WORD, Run

PATIENCE = 30.0
_LONGEST_TEXT = 32 * 1024


def start_run(
    *,
    project: str | None = None,
    name: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    tags: Iterable[str] = (),
    description: str | None = None,
    meta: Mapping[str, Any] | None = None,
    commit: str | None = None,
    namespace: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    patience: float = PATIENCE,
) -> Run:
    """Begin a run: ``with joinery.start_run(project="mnist", inputs={"lr": 0.1}) as run: run.log_metrics(loss=0.5)``.

    Under an operation it is the operation's own Run, whose project, name, description, meta and commit are the
    operation's to say; elsewhere a new one (``joinery.client.places`` says where it goes). ``meta``: other facts by
    name. ``commit``: of the code; that of the git repository around the working directory by default, ``""`` for none.
    ``patience``: for how many seconds the end waits for an API server that is away, before all is left in a file.

    Raises TypeError for arguments of another type; nothing else, whatever is away or refused.
    """
    texts = {"project": project, "name": name, "description": description, "commit": commit, "namespace": namespace}
    for argument, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"start_run: {argument} is a text, not {type(value).__name__}")
    if isinstance(tags, str):
        raise TypeError("start_run: tags are a list of texts: tags=['baseline']")
    for argument, given in (("inputs", inputs), ("meta", meta)):
        if given is not None and not isinstance(given, Mapping):
            raise TypeError(f"start_run: {argument} is a mapping, not {type(given).__name__}")
    notes = Notes()
    spec = {
        "createdAt": facts.now(),
        "project": _cut(project, LONGEST_WORD),
        "kind": "job",
        "name": _cut(name, LONGEST_WORD),
        "description": _cut(description, _LONGEST_TEXT),
        "commit": _cut(_commit() if commit is None else commit, LONGEST_WORD),
        "meta": _meta(meta, notes),
    }
    place = places.find(
        name=name, spec={key: value for key, value in spec.items() if value}, namespace=namespace, folder=folder,
        notes=notes,
    )  # fmt: skip
    run = Run(place, notes=notes, patience=patience)
    if inputs:
        run.log_inputs(inputs)
    run.set_tags(*tags)
    return run


def _cut(text: str | None, longest: int) -> str | None:
    return None if text is None else values.text(text[:longest])


def _commit() -> str | None:
    try:
        return facts.commit(Path.cwd())
    except OSError:  # the working directory is gone
        return None


def _meta(meta: Mapping[str, Any] | None, notes: Notes) -> Any:
    try:
        return values.plain(meta) if meta else None
    except (ValueError, RecursionError) as error:
        notes.warn("meta", "meta is not recorded: %s", error)
        return None
