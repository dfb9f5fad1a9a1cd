"""The value of a value expression for one run, by the table of spec 1, from the manifest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from . import facts

Run = Mapping[str, Any]
FOLDER = "/joinery/artifacts"


def stored(value: Any) -> Any:
    """As the API server stores it: no NaN, and an integral float is an integer where 64 bits hold it."""
    if isinstance(value, dict):
        return {key: stored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [stored(item) for item in value]
    if not isinstance(value, float):
        return facts.in_64_bits(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value.is_integer() and -(2**63) <= value < 2**63 else value


def outputs(run: Run) -> dict[str, Any]:
    merged = {name: stats.get("last") for name, stats in facts.metrics_as_written(run).items()}
    for name, value in run.get("status", {}).get("outputs", {}).items():
        merged[name] = merged.get(name) if value is None else value
    return merged


def metrics(run: Run) -> dict[str, dict[str, Any]]:
    given = run.get("status", {}).get("outputs", {})
    return {k: {"last": v} for k, v in given.items() if facts.is_number(v)} | facts.metrics_as_written(run)


def path(run: Run, name: str) -> str | None:
    """The last path logged under a lineage name."""
    uuid = run["spec"]["uuid"]
    logged = [a["path"] for a in run.get("status", {}).get("artifacts", []) if a["name"] == name and a.get("path")]
    if not logged:
        return None
    return logged[-1] if logged[-1].startswith(("/", f"{uuid}/")) else f"{uuid}/{logged[-1]}"


def artifacts(run: Run) -> dict[str, Any]:
    uuid = run["spec"]["uuid"]
    names = [artifact["name"] for artifact in run.get("status", {}).get("artifacts", [])]
    return {name: path(run, name) for name in names} | {"base": uuid, "outputs": f"{uuid}/outputs"}


def iso(us: int | None) -> str | None:
    """ISO 8601 in UTC with offset."""
    if us is None:
        return None
    return datetime.fromtimestamp(us // 1_000_000, UTC).replace(microsecond=us % 1_000_000).isoformat()


def globals_of(run: Run) -> dict[str, Any]:
    def one(field: str) -> Any:
        found = facts.values(run, field, None, None)
        return found[0] if found else None

    space, uuid, project = run["metadata"]["namespace"], run["spec"]["uuid"], one("project")
    return {
        "uuid": uuid,
        "name": one("name"),
        "namespace": space,
        "status": one("status"),
        "owner_name": space,
        "project_name": project,
        "kind": one("kind"),
        "created_at": iso(one("created_at")),
        "started_at": iso(one("started_at")),
        "finished_at": iso(one("finished_at")),
        "schedule_at": iso(one("schedule_at")),
        "duration": one("duration"),
        "tags": run["spec"].get("tags", []),
        "labels": run["metadata"]["labels"],
        "cloning_kind": one("cloning_kind"),
        "run_artifacts_path": f"{FOLDER}/{uuid}",
    }


def found(value: Any) -> Any:
    return None if value is facts.ABSENT else value


def value_of(run: Run, root: str, key: str | None = None, stat: str | None = None) -> Any:
    """The value of ``root``, ``root.key`` or ``metrics.key[stat]``."""
    given = run["spec"].get("inputs", {})
    match root, key:
        case "inputs", None:
            return stored(given)
        case "inputs", _:
            return stored(found(facts.find(given, key)))
        case "outputs", None:
            return stored(outputs(run))
        case "outputs", _:
            return stored(found(facts.find(outputs(run), key)))
        case "metrics", None:
            return stored({name: stats.get("last") for name, stats in metrics(run).items()})
        case "metrics", _:
            return stored(metrics(run).get(key, {}).get(stat or "last"))
        case "artifacts", None:
            return artifacts(run)
        case "artifacts", "base" | "outputs":
            return artifacts(run)[key]
        case "artifacts", _:
            return path(run, key)
        case "io", None:
            return {"inputs": stored(given), "outputs": stored(outputs(run)), "artifacts": artifacts(run)}
    return stored(globals_of(run)[key])
