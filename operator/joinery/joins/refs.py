"""``ref`` of an ordinary param: which single run it names. Source: spec 3, *Ordinary params*.

``runs.UUID`` and ``runs.NAME`` are runs of the operation's own namespace; ``ops.NAME`` is the Run of an
operation of it, once that is final.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from joinery.problems import InvalidOperation, InvalidValue, Problem, did_you_mean

if TYPE_CHECKING:
    from joinery.joins.request import ResolveRequest
    from joinery.runs.record import RunRecord
    from joinery.runs.search import RunStore

_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
_FINAL = frozenset({"succeeded", "failed", "upstream_failed", "stopped", "skipped"})
RefKind: TypeAlias = Literal["runs", "ops"]


@dataclass(frozen=True, slots=True)
class Ref:
    """``runs.NAME`` or ``ops.NAME``."""

    kind: RefKind
    name: str


def parse_ref(text: str) -> Ref:
    """Reads a reference. Raises InvalidValue; ``dag`` is refused by name."""
    kind, _, name = text.strip().partition(".")
    match kind:
        case "runs" | "ops" if name:
            return Ref(kind, name)
        case "runs" | "ops":
            message, hint = f"`{text}` names no run", f"write `{kind}.NAME`"
        case "dag":
            message = "`ref: dag` has no meaning here: there is no DAG around an operation"
            hint = "refer to another operation by `ops.NAME`, or to one run by `runs.NAME`"
        case _:
            message = f"`{text[:80]}` is no reference"
            hint = did_you_mean(kind, ("runs", "ops")) or "write `runs.UUID`, `runs.NAME` or `ops.NAME`"
    raise InvalidValue(Problem(message=message, rule="ref", hint=hint))


def referred_run(ref: Ref, request: ResolveRequest, store: RunStore) -> RunRecord:
    """The run that ``ref`` names. Raises InvalidOperation (the rule of its problem says which reason)."""
    if ref.kind == "ops":
        return _run_of_operation(ref.name, request)
    found = None
    if _UUID.fullmatch(ref.name):
        found = store.get(request.namespace, uuid=ref.name.replace("-", "").lower())
    found = found or store.get(request.namespace, name=ref.name)
    if found is not None and found.uid not in request.exclude_uids:
        return found
    raise InvalidOperation(
        Problem(
            message=f"there is no run `{ref.name[:80]}` in namespace `{request.namespace}`",
            rule="run-not-found",
            hint="`runs.` takes the uuid or the object name of a Run of this namespace",
        ),
        reason="InvalidParams",
    )


def _run_of_operation(name: str, request: ResolveRequest) -> RunRecord:
    record = request.operation_runs.get(name)
    if record is None or record.phase not in _FINAL:
        state = f"its Run `{record.name}` is `{record.phase}`" if record else "it has no Run yet"
        raise InvalidOperation(
            Problem(
                message=f"operation `{name[:80]}` of namespace `{request.namespace}` has not ended: {state}",
                rule="waiting-for-operations",
                hint="its values can be used once it is final",
            ),
            reason="WaitingForOperations",
        )
    if record.phase != "succeeded":
        raise InvalidOperation(
            Problem(
                message=f"operation `{name[:80]}` did not succeed: its Run `{record.name}` is `{record.phase}`",
                rule="upstream-failed",
            ),
            reason="UpstreamFailed",
        )
    return record
