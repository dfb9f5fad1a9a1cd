"""The states an Operation can be in, as a table: one function a row of spec 5, nothing computed elsewhere.

A :class:`State` says what every condition reads; :mod:`joinery.control.conditions` turns it into the list
that goes into status. Reasons are the named constants of :mod:`joinery.api.v1alpha1.reasons`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from joinery.api.v1alpha1 import reasons

Truth: TypeAlias = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One condition: its status and its one-word reason."""

    status: Truth
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all conditions of an operation say together.

    ``reconciling`` and ``stalled`` are the conditions that are there only while true (kstatus); their reason
    is that of ``succeeded`` and ``ready``. ``message`` is for people and belongs to the conditions that decide;
    ``summary`` is what `Resolved` says of a resolution.
    """

    accepted: Verdict
    resolved: Verdict
    launched: Verdict
    succeeded: Verdict
    ready: Verdict
    reconciling: bool = False
    stalled: bool = False
    message: str = ""
    summary: str = ""

    @property
    def final(self) -> bool:
        """True once the operation has succeeded or failed for good."""
        return self.succeeded.status != "Unknown"


def _t(reason: str) -> Verdict:
    return Verdict(status="True", reason=reason)


def _f(reason: str) -> Verdict:
    return Verdict(status="False", reason=reason)


def _u(reason: str) -> Verdict:
    return Verdict(status="Unknown", reason=reason)


NOT_YET = _u(reasons.PENDING)  # what comes before has not been done
_VALID = _t(reasons.VALID)
_RESOLVED = _t(reasons.RESOLVED)


def reference_missing(reason: str, message: str) -> State:
    """A Component or Search that the spec names is not there (yet): waited for, not failed."""
    return State(
        accepted=_u(reason), resolved=NOT_YET, launched=NOT_YET, succeeded=_u(reason), ready=_u(reason),
        reconciling=True, message=message,
    )  # fmt: skip


def invalid(message: str) -> State:
    """The spec is wrong: a person must edit it."""
    reason = reasons.INVALID
    return State(
        accepted=_f(reason), resolved=NOT_YET, launched=NOT_YET, succeeded=_u(reason), ready=_f(reason),
        stalled=True, message=message,
    )  # fmt: skip


def resolving(message: str) -> State:
    """Its own Run has been written; the searches wait until that Run has come back through the Run watch."""
    reason = reasons.RESOLVING
    return State(
        accepted=_VALID, resolved=_u(reason), launched=NOT_YET, succeeded=_u(reason), ready=_u(reason),
        reconciling=True, message=message,
    )  # fmt: skip


def waiting(reason: str, message: str) -> State:
    """Too few runs match as yet, or an operation that a param refers to is not final."""
    return State(
        accepted=_VALID, resolved=_u(reason), launched=NOT_YET, succeeded=_u(reason), ready=_u(reason),
        reconciling=True, message=message,
    )  # fmt: skip


def resolution_failed(reason: str, message: str) -> State:
    """The joins could not be resolved, for good: what differs is a new operation."""
    return State(
        accepted=_VALID, resolved=_f(reason), launched=_f(reasons.NOT_RESOLVED), succeeded=_f(reason),
        ready=_f(reason), stalled=True, message=message,
    )  # fmt: skip


def resolved_now(summary: str) -> State:
    """Resolved and recorded, this very moment; the Job comes next."""
    reason = reasons.PENDING
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=NOT_YET, succeeded=_u(reason), ready=_u(reason),
        reconciling=True, summary=summary,
    )  # fmt: skip


def resolved_only(summary: str) -> State:
    """Resolved and recorded by an operator that launches nothing."""
    reason = reasons.LAUNCHING_OFF
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_u(reason), succeeded=_u(reason), ready=_u(reason),
        message="resolved and recorded; this operator launches no Jobs", summary=summary,
    )  # fmt: skip


def suspended(summary: str = "") -> State:
    """Resolved and recorded; `suspend: false` will launch exactly that."""
    reason = reasons.SUSPENDED
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_f(reason), succeeded=_u(reason), ready=_f(reason),
        message="resolved and recorded; `suspend: false` launches exactly this", summary=summary,
    )  # fmt: skip


def connection_unclear(reason: str, message: str) -> State:
    """A Connection is missing, or the namespace has two defaults: waited for."""
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_f(reason), succeeded=_u(reason), ready=_f(reason),
        reconciling=True, message=message,
    )  # fmt: skip


def launch_refused(reason: str, message: str) -> State:
    """The API server refused the Job, or a stranger's object has its name: tried again."""
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_f(reason), succeeded=_u(reason), ready=_f(reason),
        stalled=True, message=message,
    )  # fmt: skip


def cannot_launch(reason: str, message: str) -> State:
    """The Job can never be made from this snapshot."""
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_f(reason), succeeded=_f(reason), ready=_f(reason),
        stalled=True, message=message,
    )  # fmt: skip


def run_name_taken(message: str) -> State:
    """A Run that is not ours has the name that the operation's own Run must have: tried again."""
    reason = reasons.NAME_TAKEN
    return State(
        accepted=_VALID, resolved=NOT_YET, launched=NOT_YET, succeeded=_u(reason), ready=_f(reason),
        stalled=True, message=message,
    )  # fmt: skip


def held(message: str) -> State:
    """Kueue holds the Job."""
    reason = reasons.JOB_SUSPENDED
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_t(reason), succeeded=_u(reason), ready=_u(reason),
        reconciling=True, message=message,
    )  # fmt: skip


def going_on(reason: str, message: str) -> State:
    """The Job exists; ``reason`` says how far its pod is (Pending, Running, Retrying …)."""
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_t(reasons.JOB_CREATED), succeeded=_u(reason),
        ready=_u(reason), reconciling=True, message=message,
    )  # fmt: skip


def done(message: str) -> State:
    """The Job is complete and its outputs are where they belong."""
    reason = reasons.JOB_COMPLETE
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_t(reasons.JOB_CREATED), succeeded=_t(reason),
        ready=_t(reason), message=message,
    )  # fmt: skip


def failed(reason: str, message: str) -> State:
    """The Job failed for good."""
    return State(
        accepted=_VALID, resolved=_RESOLVED, launched=_t(reasons.JOB_CREATED), succeeded=_f(reason),
        ready=_f(reason), stalled=True, message=message,
    )  # fmt: skip


def stopped(*, resolved: Verdict, launched: Verdict | None, message: str) -> State:
    """`stop: true`: what was resolved and launched stays said; no Job reads `Launched: False, Stopped`."""
    reason = reasons.STOPPED
    return State(
        accepted=_VALID, resolved=resolved, launched=launched or _f(reason), succeeded=_f(reason),
        ready=_f(reason), stalled=True, message=message,
    )  # fmt: skip
