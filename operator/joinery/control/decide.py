"""What to do next with an Operation: a pure function of what was observed, one step at a time.

The reconciler reads, asks :func:`decide`, does that one step, and asks again until the answer is to report.
Source: spec 4, *The order of things*; spec 5, the table of states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from joinery.api.v1alpha1 import conditions as names
from joinery.api.v1alpha1 import reasons
from joinery.control import conditions, own_run, states
from joinery.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An object that the spec names and that is not there. ``kind``: Component, Search or Connection."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything a decision rests on, read anew for each pass.

    ``run`` is the Run that has the name of the operation's own Run, None if there is none; ``echoed`` says that it
    has come back through the Run watch.
    """

    operation: Mapping[str, Any]
    errors: Sequence[Problem] = ()
    missing: Sequence[Missing] = ()
    run: Mapping[str, Any] | None = None
    echoed: bool = False
    component: Mapping[str, Any] | None = None
    searches: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MakeRun:
    """Create the operation's own Run."""


@dataclass(frozen=True, slots=True)
class AwaitEcho:
    """Wait a moment for the own Run to come back; report :func:`states.resolving` if it does not."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Search, evaluate, record."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Resolved already: see that what follows from the recorded snapshot is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Write this state, if it is not there already. ``final`` makes the spec immutable (`resolvedAt` is set).
    ``retry`` seconds from now is another look; None waits for a change. ``status`` are other fields of the status."""

    state: states.State
    final: bool = False
    retry: float | None = None
    status: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing to do: the object is going away."""


Step: TypeAlias = MakeRun | AwaitEcho | Resolve | Finish | Report | Ignore

RETRY_NAME_TAKEN = 30.0  # seconds; the stranger's object gives no event that we watch for


def decide(observed: Observed) -> Step:
    """The next step for the operation; spec 4 gives the order."""
    operation = observed.operation
    if operation["metadata"].get("deletionTimestamp"):
        return Ignore()
    spec, status = operation.get("spec") or {}, operation.get("status") or {}
    if status.get("resolvedAt"):
        return Finish()
    if observed.errors:
        return Report(state=states.invalid(_listed(observed.errors)))
    if spec.get("stop"):
        return Report(state=_stopped(status), final=True)
    if observed.missing:
        return Report(state=_missing(observed.missing))
    if observed.run is None:
        return MakeRun()
    if not own_run.is_ours(observed.run, operation):
        name = observed.run["metadata"]["name"]
        message = f"the Run {name} exists and is not this operation's; delete or rename it"
        return Report(state=states.run_name_taken(message), retry=RETRY_NAME_TAKEN)
    if not observed.echoed:
        return AwaitEcho()
    return Resolve()


def _listed(problems: Sequence[Problem]) -> str:
    return "\n".join(str(problem) for problem in problems)


def _stopped(status: Mapping[str, Any]) -> states.State:
    found = conditions.verdict_of(status.get("conditions") or (), names.RESOLVED)
    resolved = found or states.Verdict(status="Unknown", reason=reasons.PENDING)
    return states.stopped(resolved=resolved, launched=None, message="stopped before it was resolved")


def _missing(missing: Sequence[Missing]) -> states.State:
    reason = {
        "Component": reasons.COMPONENT_NOT_FOUND,
        "Search": reasons.SEARCH_NOT_FOUND,
    }[missing[0].kind]
    named = ", ".join(f"{item.kind} `{item.name}`" for item in missing)
    return states.reference_missing(reason, f"waiting for {named}: not in this namespace yet")
