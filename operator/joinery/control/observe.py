"""Reading what a decision rests on: the operation's own problems, what it refers to, and its own Run."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.api.v1alpha1 import V1Component
from joinery.control import names, own_run
from joinery.control.decide import Missing, Observed
from joinery.control.ports import Api, Manifest
from joinery.control.typed import parsed
from joinery.kube.paths import COMPONENTS, RUNS, SEARCHES
from joinery.problems import InvalidManifest, Problem
from joinery.runs.search import RunStore
from joinery.validation import check_manifest

CHECKED_KEPT = 4_096  # operations whose check is remembered; a spec that did not change is not checked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads everything anew, but the check of a spec that has not changed since."""

    api: Api
    store: RunStore
    _checked: OrderedDict[tuple[str, int], tuple[Problem, ...]] = field(default_factory=OrderedDict)

    async def observe(self, operation: Manifest) -> Observed:
        """Everything that :func:`joinery.control.decide.decide` asks for. Raises the API server's errors."""
        metadata, spec = operation["metadata"], operation.get("spec") or {}
        if metadata.get("deletionTimestamp") or (operation.get("status") or {}).get("resolvedAt"):
            return Observed(operation=operation, run=await self._run(operation))
        errors = await self._check(operation)
        if errors:
            return Observed(operation=operation, errors=errors)
        (component, searches, missing), run = await asyncio.gather(
            self._references(metadata["namespace"], spec), self._run_if_any(operation)
        )
        if component is not None and (errors := await self._check_with(operation, component)):
            return Observed(operation=operation, errors=errors)
        seen = run is not None and own_run.is_ours(run, operation) and await self.stored(run)
        return Observed(
            operation=operation, missing=missing, run=run, echoed=seen, component=component, searches=searches
        )

    async def stored(self, run: Mapping[str, Any]) -> bool:
        """Whether the store has the Run. Asked in a thread: the answer may wait for searches that are under way."""
        metadata = run["metadata"]
        return await asyncio.to_thread(self.store.get, metadata["namespace"], uid=metadata["uid"]) is not None

    async def _check(self, operation: Manifest) -> tuple[Problem, ...]:
        metadata = operation["metadata"]
        key = (metadata["uid"], metadata.get("generation", 0))
        if key not in self._checked:
            # In a thread: a spec may be a megabyte, and other operations do not wait for it.
            findings = await asyncio.to_thread(check_manifest, operation)
            self._checked[key] = findings.errors
            while len(self._checked) > CHECKED_KEPT:
                self._checked.popitem(last=False)
        return self._checked[key]

    async def _check_with(self, operation: Manifest, component: Manifest) -> tuple[Problem, ...]:
        """What is wrong with the operation and the Component together, or with the Component itself."""
        try:
            referred = parsed(component, V1Component)
        except InvalidManifest as error:
            named = f"Component {component['metadata']['name']}"
            return tuple(problem.at(named) for problem in error.problems)
        return (await asyncio.to_thread(check_manifest, operation, component=referred)).errors

    async def _run_if_any(self, operation: Manifest) -> Manifest | None:
        """The own Run. On the first visit there is none, as a rule: the attempt to make it tells."""
        first = not (operation.get("status") or {}).get("conditions")
        return None if first and not (operation.get("spec") or {}).get("stop") else await self._run(operation)

    async def _run(self, operation: Manifest) -> Manifest | None:
        metadata = operation["metadata"]
        return await self.api.get(RUNS, metadata["namespace"], names.run_name(metadata["name"], metadata["uid"]))

    async def _references(
        self, namespace: str, spec: dict[str, Any]
    ) -> tuple[Manifest | None, dict[str, Manifest], list[Missing]]:
        missing: list[Missing] = []
        component = None
        if reference := spec.get("componentRef"):
            component = await self.api.get(COMPONENTS, namespace, reference["name"])
            if component is None:
                missing.append(Missing(kind="Component", name=reference["name"]))
        wanted = sorted({join["ref"] for join in spec.get("joins") or () if join.get("ref")})
        found = await asyncio.gather(*(self.api.get(SEARCHES, namespace, name) for name in wanted))
        searches = {name: search for name, search in zip(wanted, found, strict=True) if search is not None}
        missing += [Missing(kind="Search", name=name) for name in wanted if name not in searches]
        return component, searches, missing
