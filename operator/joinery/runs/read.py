"""A Run's manifest as a RunRecord: checked once, normalised, never changed.

Source: spec 5 (*Run*), spec 1 (*What is recorded*: as the API server stores
values) and spec 3 (*Reading YAML and JSON*: a Run file without uid). This is on
the load path of every run, hence the short ways for what most runs are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

from joinery.problems import JoineryError, Problem, did_you_mean
from joinery.runs import fields, parts
from joinery.runs.fields import Problems, note, shape, shown
from joinery.runs.limits import searched, unsearched
from joinery.runs.phases import PHASES, POLYAXON_NAMES, read_phase
from joinery.runs.record import RunRecord, make_record

# The name space of uuids made for Run files that have neither uuid nor uid.
RUN_NAMESPACE = UUID("6e1f3b5c-0d0a-5f43-9a0e-7c1de5a8b2f4")

_TEXTS = {
    "name": "display_name", "description": "description", "kind": "kind", "runtime": "runtime", "user": "user",
    "project": "project", "managedBy": "managed_by", "cloningKind": "cloning_kind", "queue": "queue",
    "commit": "commit", "connection": "connection",
}  # fmt: skip
_RUNS = frozenset(("pipeline", "original", "controller"))
_LISTS: dict[str, Callable[[Mapping[str, Any], Problems], Any]] = {
    "artifacts": parts.read_artifacts,
    "resources": parts.read_resources,
    "upstream": parts.read_upstream,
}


class DamagedRun(JoineryError, ValueError):
    """A Run that cannot be read. ``problems`` holds everything that is wrong with it; ``name`` says which it is."""

    def __init__(self, problems: list[Problem], *, name: str = "", namespace: str = "", uid: str = "") -> None:
        super().__init__(problems)
        self.name, self.namespace, self.uid = name, namespace, uid


def read_run(manifest: Mapping[str, Any], *, namespace: str = "default") -> RunRecord:
    """The record of a Run's manifest; ``namespace`` is for a manifest that names none.

    Raises DamagedRun with all that is wrong. What is tolerated stands in the record's ``warnings``.
    """
    problems: Problems = []
    if not isinstance(manifest, Mapping):
        raise DamagedRun([Problem(message=f"a Run is a mapping, and this is {shape(manifest)}", rule="damaged-run")])
    meta = fields.mapping(manifest, "metadata", "", problems)
    spec = fields.mapping(manifest, "spec", "", problems)
    status = fields.mapping(manifest, "status", "", problems)
    warnings: list[str] = []

    name = fields.text(meta, "name", "metadata.", problems)
    if name is None:
        note(problems, "metadata.name", "is missing: every Run has a name")
        name = ""
    namespace = fields.text(meta, "namespace", "metadata.", problems) or namespace
    uid = fields.text(meta, "uid", "metadata.", problems)
    uuid = _uuid(spec, uid, f"{namespace}/{name}", problems, warnings)
    created = fields.time(spec, "createdAt", "spec.", problems)
    if created is None:
        created = fields.time(meta, "creationTimestamp", "metadata.", problems)
    started = fields.time(status, "startedAt", "status.", problems)
    finished = fields.time(status, "finishedAt", "status.", problems)
    changed, condition = parts.read_conditions(status, problems) if status.get("conditions") else (None, None)
    times = [moment for moment in (changed, finished, started, created or 0) if moment is not None]

    values: dict[str, Any] = {
        "uid": uid or f"{namespace}/{name}",
        "uuid": uuid or "",
        "namespace": namespace,
        "name": name,
        "display_name": name,
        "resource_version": _version(meta, problems),
        "labels": fields.texts(meta, "labels", "metadata.", problems),
        "annotations": fields.texts(meta, "annotations", "metadata.", problems),
        "phase": _phase(status, problems),
        "project": namespace,
        "created_at": created or 0,
        "updated_at": max(times),
        "started_at": started,
        "finished_at": finished,
        "inputs": fields.values(spec, "inputs", "spec.", problems),
        "outputs": fields.values(status, "outputs", "status.", problems),
        "metrics": parts.read_metrics(status, problems) if "metrics" in status else {},
        "meta": fields.values(spec, "meta", "spec.", problems),
        "condition": condition,
    }
    # What few runs have is looked at where it is there; elsewhere the record has its defaults.
    for key in spec:
        if key in _TEXTS:
            if (text := fields.text(spec, key, "spec.", problems)) is not None:
                values[_TEXTS[key]] = text
        elif key in _RUNS:
            values[key] = _lineage(spec, key, problems)
    if "tags" in spec:
        values["tags"] = parts.read_texts(spec, "tags", "spec.", problems)
    if "scheduleAt" in spec:
        values["schedule_at"] = fields.time(spec, "scheduleAt", "spec.", problems)
    for key, read in _LISTS.items():
        if status.get(key):
            values[key] = read(status, problems)
    record = make_record(values)
    if problems:
        raise DamagedRun(problems, name=name, namespace=namespace, uid=record.uid)
    if created is None:
        warnings.append("it has neither spec.createdAt nor metadata.creationTimestamp: it counts as created in 1970")
    _warn_of_unsearched(record, warnings)
    if warnings:
        values["warnings"] = tuple(warnings)
    return record


def _uuid(spec: Mapping[str, Any], uid: str | None, key: str, problems: Problems, warnings: list[str]) -> str | None:
    written = spec.get("uuid")
    if written is not None:
        return fields.uuid(written, "spec.uuid", problems)
    if uid is not None and (found := fields.uuid(uid, "metadata.uid", [])):
        return found
    made = uuid5(RUN_NAMESPACE, key).hex
    warnings.append(f"it has neither spec.uuid nor a uuid as metadata.uid: its uuid is made from {key}")
    return made


def _version(meta: Mapping[str, Any], problems: Problems) -> str:
    value = meta.get("resourceVersion")
    return str(value) if type(value) is int else fields.text(meta, "resourceVersion", "metadata.", problems) or ""


def _phase(status: Mapping[str, Any], problems: Problems) -> str | None:
    value = status.get("phase")
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if phase := POLYAXON_NAMES.get(value) or read_phase(value):
            return phase
        note(problems, "status.phase", f"{shown(value)} is no phase", did_you_mean(value, PHASES))
    else:
        note(problems, "status.phase", f"must be a text, and is {shape(value)}")
    return None


def _lineage(spec: Mapping[str, Any], key: str, problems: Problems) -> str | None:
    """The uuid of another run; what is no uuid is taken for a run's name."""
    value = fields.text(spec, key, "spec.", problems)
    if value is None:
        return None
    return fields.uuid(value, "", []) or value


def _warn_of_unsearched(record: RunRecord, warnings: list[str]) -> None:
    if searched(record) is not record:
        warnings.append(unsearched(record))
