"""What a resolved operation has recorded: every value put together again, and held against its checksums.

Small values stand in status, the rest in result ConfigMaps (spec 4, *Large results*).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joinery.api.v1alpha1 import conditions as condition_names
from joinery.cli.live.session import Manifest, Session
from joinery.control import conditions, snapshot
from joinery.joins.canonical import canonical
from joinery.kube.paths import CONFIG_MAPS
from joinery.problems import InvalidValue, JoineryError, Problem, did_you_mean


class NotResolved(JoineryError):
    """The operation has recorded nothing: not yet, or never will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recorded resolution. ``params`` by name, each with ``value``, ``type`` and flags; ``joins`` each with
    ``params`` and ``runs`` (uuid, name, resourceVersion), in order; ``resolved_at`` and ``now`` ISO 8601."""

    name: str
    namespace: str
    digest: str
    resolved_at: str
    now: str
    params: Mapping[str, Mapping[str, Any]]
    joins: Sequence[Mapping[str, Any]]

    def runs(self) -> list[Mapping[str, Any]]:
        """Every run of every join."""
        return [run for join in self.joins for run in join.get("runs") or ()]


async def read_params(
    session: Session, operation: Manifest, *, only: Collection[str] = (), with_runs: bool = False
) -> Recorded:
    """The recorded values, all or ``only`` those named; the ConfigMaps are read only where status lacks a value,
    or with ``with_runs`` the names of all runs.

    Raises NotResolved, InvalidValue for a name that is no param, SnapshotLost, MissingRight.
    """
    status = need_resolved(operation)
    params: Mapping[str, Mapping[str, Any]] = status.get("params") or {}
    if unknown := [name for name in only if name not in params]:
        raise InvalidValue([_unknown(name, params) for name in unknown])
    chosen = {name: params[name] for name in only} if only else params
    if all("value" in param for param in chosen.values()) and not (with_runs and _joins_cut(status)):
        return _recorded(operation, params=chosen, joins=status.get("joins") or ())
    whole = await read_snapshot(session, operation)
    full = {name: {**param, **whole.params.get(name, {})} for name, param in chosen.items()}
    problems = [problem for name, param in full.items() if (problem := _damaged(name, param)) is not None]
    if problems:
        raise snapshot.SnapshotLost(problems)
    return _recorded(operation, params=full, joins=whole.joins)


async def read_joins(session: Session, operation: Manifest) -> Recorded:
    """The recorded joins with all of their runs. Raises as :func:`read_params`."""
    status = need_resolved(operation)
    joins = (await read_snapshot(session, operation)).joins if _joins_cut(status) else status.get("joins") or ()
    return _recorded(operation, params={}, joins=joins)


async def read_snapshot(session: Session, operation: Manifest) -> snapshot.Committed:
    """The whole snapshot from the result ConfigMaps. Raises SnapshotLost."""
    status = operation["status"]
    parts = []
    for name in status.get("configMaps") or ():
        part = await session.get(CONFIG_MAPS, name)
        if part is None:
            raise snapshot.SnapshotLost(
                snapshot.lost(f"ConfigMap `{name}` is gone: results are kept for a week after the operation's end")
            )
        parts.append(part)
    return snapshot.Committed.of(snapshot.read_back(parts, status=status))


def need_resolved(operation: Manifest) -> Mapping[str, Any]:
    """The status of a resolved operation. Raises NotResolved saying which condition stands in the way, and why."""
    found = operation.get("status")
    status: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    if isinstance(status.get("digest"), str):
        return status
    name = operation["metadata"]["name"]
    for kind in (condition_names.ACCEPTED, condition_names.RESOLVED):
        condition = conditions.find(status.get("conditions") or (), kind)
        if condition and condition.get("status") != "True":
            said = f"{kind} is {condition.get('status')}, {condition.get('reason')}"
            message = str(condition.get("message") or "").strip()
            raise NotResolved(
                Problem(
                    message=f"operation `{name}` is not resolved: {said}" + (f": {message}" if message else ""),
                    rule="not-resolved",
                    hint=_what_to_do(condition),
                )
            )
    raise NotResolved(
        Problem(
            message=f"operation `{name}` is not resolved: no operator has looked at it yet",
            rule="not-resolved",
            hint="`kubectl get pods -A -l app.kubernetes.io/name=joinery` shows whether one is running",
        )
    )


def _what_to_do(condition: Mapping[str, Any]) -> str:
    if condition.get("status") == "False":
        return "this is final: mend the file, and apply it under a new name (`kubectl joinery rerun` for the same one)"
    return "`kubectl wait --for=condition=Resolved operation/NAME` waits for it"


def _joins_cut(status: Mapping[str, Any]) -> bool:
    """Whether status names fewer runs than were taken."""
    return any(len(join.get("runs") or ()) < join.get("taken", 0) for join in status.get("joins") or ())


def _recorded(
    operation: Manifest, *, params: Mapping[str, Mapping[str, Any]], joins: Sequence[Mapping[str, Any]]
) -> Recorded:
    metadata, status = operation["metadata"], operation["status"]
    return Recorded(
        name=metadata["name"],
        namespace=metadata["namespace"],
        digest=status["digest"],
        resolved_at=str(status.get("resolvedAt") or ""),
        now=str(status.get("now") or ""),
        params=params,
        joins=joins,
    )


def _damaged(name: str, param: Mapping[str, Any]) -> Problem | None:
    """Whether a value is not the one whose checksum status holds."""
    if "value" not in param:
        return snapshot.lost(f"the snapshot has no value of param `{name}`")
    if "sha256" in param and hashlib.sha256(canonical(param["value"])).hexdigest() != param["sha256"]:
        return snapshot.lost(f"the value of param `{name}` is not what was recorded: its checksum differs")
    return None


def _unknown(name: str, params: Mapping[str, Any]) -> Problem:
    known = ", ".join(f"`{one}`" for one in list(params)[:20])
    hint = did_you_mean(name, params) or (f"it has {known}" if params else "it has none")
    return Problem(message=f"the operation has no param `{name}`", rule="unknown-param", hint=hint)
