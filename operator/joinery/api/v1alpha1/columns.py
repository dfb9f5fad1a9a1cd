"""What ``kubectl get`` prints of each kind. Source: spec 5; a column with priority 1 is shown with ``-o wide``."""

from __future__ import annotations

from typing import Any

Column = dict[str, Any]


def _column(name: str, path: str, kind: str = "string", *, wide: bool = False, description: str = "") -> Column:
    made: Column = {"name": name, "type": kind, "jsonPath": path}
    if description:
        made["description"] = description
    return made | {"priority": 1} if wide else made


def _condition(name: str, condition: str, part: str, description: str) -> Column:
    return _column(name, f'.status.conditions[?(@.type=="{condition}")].{part}', description=description)


_AGE = _column("Age", ".metadata.creationTimestamp", "date")

COLUMNS: dict[str, list[Column]] = {
    "Operation": [
        _condition("Resolved", "Resolved", "status", "Whether the joins have been resolved and recorded."),
        _column("Runs", ".status.joined", "integer", description="How many runs were joined."),
        _condition("Succeeded", "Succeeded", "status", "Unknown while going on, then True or False for good."),
        _condition("Reason", "Ready", "reason", "Where it stands, in one word."),
        _AGE,
        _column("Run", ".status.runRef.name", wide=True),
        _column("Job", ".status.jobRef.name", wide=True),
    ],
    "Run": [
        _column("Phase", ".status.phase", description="Where it stands."),
        _column("Project", ".spec.project", wide=True),
        _column("User", ".spec.user", wide=True),
        _column("Started", ".status.startedAt", "date", description="When it started."),
        _column("Finished", ".status.finishedAt", "date", description="When it ended."),
        _column("UUID", ".spec.uuid", wide=True),
        _AGE,
    ],
    "Search": [
        _column("Matched", ".status.matched", "integer", description="How many runs match now."),
        _column("Query", ".spec.query"),
        _column("Sort", ".spec.sort", wide=True),
        _column("Candidates", ".status.candidates", "integer", wide=True),
        _AGE,
    ],
    "Component": [_column("Description", ".spec.description"), _AGE],
    "Connection": [
        _column("Kind", ".spec.kind"),
        _column("Default", ".spec.default", "boolean", description="Whether it is meant where none is named."),
        _column("Secret", ".spec.secret.name", wide=True),
        _AGE,
    ],
}
