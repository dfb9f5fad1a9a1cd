"""What is done next with an operation: a table of what was observed."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.api.v1alpha1 import reasons
from joinery.control import conditions, own_run, states
from joinery.control.decide import AwaitEcho, Finish, Ignore, MakeRun, Missing, Observed, Report, Resolve, decide
from joinery.problems import Problem

UID = "0b5f7c5e-0000-4000-8000-000000000001"


def operation(**changes: Any) -> dict[str, Any]:
    metadata = {"name": "best", "namespace": "team", "uid": UID, "generation": 1} | changes.pop("metadata", {})
    return {"metadata": metadata, "spec": changes.pop("spec", {}), **changes}


OWN = {**own_run.make(operation()), "metadata": {**own_run.make(operation())["metadata"], "uid": "r"}}
STRANGE = {**OWN, "spec": {"uuid": "0" * 32}}


@pytest.mark.parametrize(
    ("observed", "step"),
    [
        (Observed(operation=operation(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})), Ignore()),
        (Observed(operation=operation(status={"resolvedAt": "2026-01-01T00:00:00Z"})), Finish()),
        (Observed(operation=operation()), MakeRun()),
        (Observed(operation=operation(), run=OWN), AwaitEcho()),
        (Observed(operation=operation(), run=OWN, echoed=True), Resolve()),
    ],
    ids=["going away", "recorded", "no run yet", "run written", "run has come back"],
)
def test_the_next_step(observed: Observed, step: object) -> None:
    assert decide(observed) == step


@pytest.mark.parametrize(
    ("observed", "reason", "accepted", "extra"),
    [
        (Observed(operation=operation(), errors=[Problem(message="no")]), reasons.INVALID, "False", "stalled"),
        (
            Observed(operation=operation(), missing=[Missing(kind="Component", name="c")]),
            reasons.COMPONENT_NOT_FOUND, "Unknown", "reconciling",
        ),
        (
            Observed(operation=operation(), missing=[Missing(kind="Search", name="s")]),
            reasons.SEARCH_NOT_FOUND, "Unknown", "reconciling",
        ),
        (Observed(operation=operation(), run=STRANGE), reasons.NAME_TAKEN, "True", "stalled"),
        (Observed(operation=operation(spec={"stop": True})), reasons.STOPPED, "True", "stalled"),
    ],
    ids=["invalid", "no component", "no search", "name taken", "stopped"],
)  # fmt: skip
def test_what_is_reported(observed: Observed, reason: str, accepted: str, extra: str) -> None:
    step = decide(observed)
    assert isinstance(step, Report)
    assert step.state.ready.reason == reason
    assert step.state.accepted.status == accepted
    assert getattr(step.state, extra)
    assert step.state.message


ALL_STATES = {
    "missing": states.reference_missing(reasons.SEARCH_NOT_FOUND, "m"),
    "invalid": states.invalid("m"),
    "resolving": states.resolving("m"),
    "waiting": states.waiting(reasons.WAITING_FOR_RUNS, "m"),
    "failed resolution": states.resolution_failed(reasons.TOO_FEW_RUNS, "m"),
    "resolved": states.resolved_now("m"),
    "suspended": states.suspended("m"),
    "connection": states.connection_unclear(reasons.CONNECTION_AMBIGUOUS, "m"),
    "refused": states.launch_refused(reasons.JOB_REFUSED, "m"),
    "cannot": states.cannot_launch(reasons.SNAPSHOT_LOST, "m"),
    "held": states.held("m"),
    "going on": states.going_on(reasons.RUNNING, "m"),
    "done": states.done("m"),
    "failed": states.failed(reasons.JOB_FAILED, "m"),
}


@pytest.mark.parametrize("state", ALL_STATES.values(), ids=ALL_STATES.keys())
def test_every_state_reads_for_kstatus(state: states.State) -> None:
    """kstatus: Stalled is a failure, Reconciling or Ready False alone is in progress, Ready True is current."""
    written = conditions.build(state, previous=[], generation=3, now="2026-01-01T00:00:00Z")
    found = {item["type"]: item for item in written}
    assert [item["type"] for item in written][:5] == ["Accepted", "Resolved", "Launched", "Succeeded", "Ready"]
    assert (found["Ready"]["status"] == "True") == (found["Succeeded"]["status"] == "True")
    assert not (state.reconciling and state.stalled)
    assert all(item["observedGeneration"] == 3 and item["reason"].isidentifier() for item in written)
    if state.final and found["Succeeded"]["status"] == "False":
        assert "Stalled" in found
    assert conditions.build(state, previous=written, generation=3, now="2026-01-02T00:00:00Z") == written


def test_a_transition_time_moves_only_with_the_status() -> None:
    first = conditions.build(states.going_on(reasons.RUNNING, "a"), previous=[], generation=1, now="t1")
    later = conditions.build(states.going_on(reasons.RETRYING, "b"), previous=first, generation=1, now="t2")
    ready = conditions.find(later, "Ready")
    assert (ready["reason"], ready["lastTransitionTime"]) == ("Retrying", "t1")
    ended = conditions.build(states.done("c"), previous=later, generation=1, now="t3")
    assert conditions.find(ended, "Ready")["lastTransitionTime"] == "t3"
    assert {item["type"] for item in conditions.transitions(later, ended)} == {"Succeeded", "Ready"}
    assert "Reconciling" not in {item["type"] for item in ended}
