"""Short ways to make runs and to ask a store about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from joinery.pql import check_query, check_sort
from joinery.runs import read_run
from joinery.runs.search import RunStore, SearchRequest, SearchResult

NOW = int(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp() * 1_000_000)


def manifest(name: str, *, meta: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A Run's manifest. ``fields`` go to spec or status, where they belong; a field of ``spec`` may be named
    ``spec_name`` where its name is taken."""
    spec_fields = {"inputs", "tags", "project", "kind", "runtime", "description", "user", "meta", "uuid", "createdAt"}
    spec_fields |= {"pipeline", "original", "controller", "commit", "queue", "scheduleAt", "cloningKind", "managedBy"}
    spec = {key: value for key, value in fields.items() if key in spec_fields}
    status = {key: value for key, value in fields.items() if key not in spec_fields and key != "spec_name"}
    if "spec_name" in fields:
        spec["name"] = fields["spec_name"]
    spec.setdefault("createdAt", "2026-01-01T00:00:00Z")
    return {
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", **(meta or {})},
        "spec": spec,
        "status": status,
    }


class Searcher:
    """A store, filled and asked."""

    def __init__(self, store: RunStore) -> None:
        self.store = store

    def add(self, name: str, *, meta: Mapping[str, Any] | None = None, **fields: Any) -> None:
        self.store.upsert([read_run(manifest(name, meta=meta, **fields))])

    def search(self, query: str = "", sort: str = "", **more: Any) -> SearchResult:
        more.setdefault("namespace", "default")
        checked = check_query(query, now=NOW)
        return self.store.search(SearchRequest(query=checked, sort=check_sort(sort), **more))

    def names(self, query: str = "", sort: str = "", **more: Any) -> list[str]:
        """The names found, in order."""
        return [run.name for run in self.search(query, sort, **more).runs]

    def found(self, query: str) -> str:
        """The names found, in alphabetical order, in one text."""
        return " ".join(sorted(self.names(query)))

    def warned(self, query: str = "", sort: str = "", **more: Any) -> dict[str, str]:
        """The warnings, as text by rule (the last one of a rule)."""
        return {problem.rule: str(problem) for problem in self.search(query, sort, **more).warnings}
