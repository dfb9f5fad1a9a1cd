"""A few runs made by hand, and short ways to resolve operations over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from joinery.api.v1alpha1 import V1Component, V1Operation, V1Search
from joinery.joins import Limits, Resolution, ResolveRequest, resolve
from joinery.runs import RunRecord, read_run
from joinery.runs.search import RunStore
from joinery.store import SqlStore

NOW = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
ECHO = {"container": {"image": "busybox", "command": ["echo"]}}


def uuid(number: int) -> str:
    """The uuid of run ``number``: its digits, 32 of them."""
    return f"{number:032x}"


def run(
    number: int,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    artifacts: Sequence[Mapping[str, Any]] = (),
    phase: str = "Succeeded",
    namespace: str = "default",
    labels: Mapping[str, str] | None = None,
    name: str | None = None,
    **spec: Any,
) -> RunRecord:
    """Run ``number``: ``run-N``, created N minutes after 2025-01-01, its uuid N in hex."""
    return read_run(
        {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "Run",
            "metadata": {
                "name": name or f"run-{number}",
                "namespace": namespace,
                "uid": f"uid-{namespace}-{number}",
                "resourceVersion": str(100 + number),
                "labels": dict(labels or {}),
            },
            "spec": {
                "uuid": uuid(number),
                "createdAt": f"2025-01-01T{number // 60:02d}:{number % 60:02d}:00Z",
                "inputs": dict(inputs or {}),
                **spec,
            },
            "status": {
                "phase": phase,
                "outputs": dict(outputs or {}),
                "metrics": dict(metrics or {}),
                "artifacts": list(artifacts),
            },
        }
    )


def store_of(*records: RunRecord) -> RunStore:
    """A store with these runs in it."""
    store = SqlStore.in_memory()
    store.upsert(records)
    return store


def operation(
    joins: Sequence[Mapping[str, Any]] = (),
    *,
    inputs: Sequence[Mapping[str, Any]] | None = None,
    params: Mapping[str, Any] | None = None,
    **spec: Any,
) -> V1Operation:
    """An operation over ``joins``. Without ``inputs``, every param they give is declared as a list of anything."""
    given = dict.fromkeys(name for join in joins for name in join["params"])
    declared = [{"name": name, "isList": True} for name in given] if inputs is None else list(inputs)
    for entry in declared:
        join = next((j for j in joins if entry["name"] in j["params"]), None)
        if inputs is None and join and isinstance(join["params"][entry["name"]]["value"], Mapping):
            entry.pop("isList")
            entry["type"] = "artifacts"
    if "componentRef" not in spec:
        spec.setdefault("component", {"inputs": declared, "run": ECHO})
    return V1Operation.from_dict(
        {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "Operation",
            "metadata": {"name": "op", "namespace": "default"},
            "spec": {"joins": list(joins), "params": dict(params or {}), **spec},
        }
    )


def request(
    of: V1Operation,
    *,
    component: V1Component | None = None,
    searches: Mapping[str, V1Search] | None = None,
    limits: Limits | None = None,
    **more: Any,
) -> ResolveRequest:
    """A request for ``default/op`` at NOW."""
    return ResolveRequest(
        operation=of,
        namespace="default",
        name="op",
        now=more.pop("now", NOW),
        component=component,
        searches=searches or {},
        limits=limits or Limits(),
        **more,
    )


def resolved(store: RunStore, joins: Sequence[Mapping[str, Any]] = (), **more: Any) -> Resolution:
    """Resolves an operation over ``joins``."""
    of_request = {key: more.pop(key) for key in list(more) if key in ResolveRequest.__dataclass_fields__}
    return resolve(request(operation(joins, **more), **of_request), store)
