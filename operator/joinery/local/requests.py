"""An operation and what it refers to, as one request to ``joins.resolve``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from joinery.joins.request import ResolveRequest
from joinery.local.loading import Loaded, leave, load
from joinery.local.shelf import LocalObject, Shelf, parse_operation
from joinery.manifests import normalise
from joinery.pql.ast import EVERY_RUN, NEWEST_FIRST
from joinery.problems import InvalidManifest, Problem
from joinery.runs import parse_time
from joinery.runs.record import RunRecord
from joinery.runs.search import LabelRequirement, RunStore, SearchRequest

if TYPE_CHECKING:
    from joinery.api.v1alpha1 import V1Operation

OperationLike: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | V1Operation | LocalObject"
_OPERATION_LABEL = "joinery.dev/operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, and the object it was read from (which knows the lines of its file)."""

    request: ResolveRequest
    item: LocalObject | None

    def located(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """The problems with their places, in the order of the file; what is about no part of it has no place."""
        item = self.item
        if item is None:
            return problems
        placed = [item.locate(problem) if problem.path else problem for problem in problems]
        return tuple(sorted(placed, key=lambda problem: (problem.line or 0, problem.column or 0)))


def ask(operation: OperationLike, loaded: Loaded, store: RunStore, *, now: int) -> Asked:
    """Everything that resolving ``operation`` over the loaded Runs needs.

    A path is read; Components and Searches in the same file count too. Raises InvalidOperation, InvalidManifest
    and UnreadableFile with places.
    """
    match operation:
        case str() | os.PathLike():
            item, shelf = _read(operation, loaded)
            return _request(parse_operation(item), item, shelf=shelf, store=store, now=now)
        case LocalObject():
            return _request(parse_operation(operation), operation, shelf=loaded.shelf, store=store, now=now)
        case Mapping():
            manifest = normalise({"apiVersion": "joinery.dev/v1alpha1", "kind": "Operation", **operation})
            item = _object_of(manifest)
            return _request(parse_operation(item), item, shelf=loaded.shelf, store=store, now=now)
    if not hasattr(operation, "to_manifest"):
        raise TypeError(f"an operation is a path, a mapping or a V1Operation, not {type(operation).__name__}")
    return _request(operation, None, shelf=loaded.shelf, store=store, now=now)


def only_operation(items: list[LocalObject], where: str) -> LocalObject:
    """The one Operation among ``items``. Raises InvalidManifest that names them all where there are several."""
    match items:
        case [one]:
            return one
        case []:
            message = f"{where} holds no Operation of `joinery.dev/v1alpha1`"
            raise InvalidManifest(Problem(message=message, rule="no-operation"))
    names = ", ".join(f"`{item.name}`" for item in items[:20])
    message = f"{where} holds {len(items)} Operations: {names}"
    raise InvalidManifest(Problem(message=message, rule="several-operations", hint="give one of them"))


def recorded_runs(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The runs in an operation's ``status.joins``: uuid, name, resourceVersion. Empty where there is no such status."""
    status = manifest.get("status")
    joins = status.get("joins") if isinstance(status, Mapping) else None
    found: list[Mapping[str, Any]] = []
    for join in joins if isinstance(joins, list) else ():
        runs = join.get("runs") if isinstance(join, Mapping) else None
        found += [run for run in runs if isinstance(run, Mapping)] if isinstance(runs, list) else []
    return found


def _read(path: str | os.PathLike[str], loaded: Loaded) -> tuple[LocalObject, Shelf]:
    read = load((path,), namespace=loaded.namespace, take=leave)
    item = only_operation(list(read.shelf.of_kind("Operation")), os.fspath(path))
    shelf = Shelf(loaded.namespace)
    for known in (*loaded.shelf.objects, *read.shelf.objects):
        shelf.put(known)
    return item, shelf


def _object_of(manifest: Mapping[str, Any]) -> LocalObject:
    metadata = manifest.get("metadata")
    found = metadata if isinstance(metadata, Mapping) else {}
    return LocalObject(
        kind=str(manifest["kind"]),
        api_version=str(manifest["apiVersion"]),
        name=str(found.get("name") or ""),
        namespace=found.get("namespace") or None,
        value=manifest,
    )


def _request(operation: V1Operation, item: LocalObject | None, *, shelf: Shelf, store: RunStore, now: int) -> Asked:
    metadata = _metadata(operation, item)
    namespace = str(metadata.get("namespace") or shelf.namespace)
    uid = metadata.get("uid")
    request = ResolveRequest(
        operation=operation,
        namespace=namespace,
        name=str(metadata.get("name") or ""),
        now=now,
        uid=uid,
        created_at=_created(metadata),
        user=(metadata.get("annotations") or {}).get("joinery.dev/user"),
    )
    spec = operation.spec
    component = spec.component_ref.name if spec.component_ref else None
    searches = {join.ref for join in spec.joins if join.ref}
    refs = [param.ref for param in spec.params.values() if param.ref]
    operations = {ref.removeprefix("ops.") for ref in refs if ref.startswith("ops.")}
    own = store.get(namespace, uuid=request.uuid) if uid else None
    request = replace(
        request,
        component=shelf.component(component, namespace) if component else None,
        searches={name: found for name in searches if (found := shelf.search(name, namespace)) is not None},
        exclude_uids=frozenset((own.uid,)) if own else frozenset(),
        operation_runs={name: record for name in operations if (record := _run_of(name, namespace, store)) is not None},
    )
    return Asked(request=request, item=item)


def _metadata(operation: V1Operation, item: LocalObject | None) -> Mapping[str, Any]:
    if item is not None:
        found = item.value.get("metadata")
        return found if isinstance(found, Mapping) else {}
    found = operation.to_manifest().get("metadata")
    return found if isinstance(found, Mapping) else {}


def _created(metadata: Mapping[str, Any]) -> int | None:
    written = metadata.get("creationTimestamp")
    try:
        return parse_time(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _run_of(name: str, namespace: str, store: RunStore) -> RunRecord | None:
    """The newest Run that the operation of this name made, by the label that the operator writes."""
    mark = LabelRequirement(key=_OPERATION_LABEL, operator="In", values=(name,))
    request = SearchRequest(namespace=namespace, query=EVERY_RUN, sort=NEWEST_FIRST, limit=1, selector=(mark,))
    runs = store.search(request).runs
    return store.get(namespace, uid=runs[0].uid) if runs else None
