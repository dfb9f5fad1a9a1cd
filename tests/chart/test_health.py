"""Argo CD's view of our objects: deploy/argocd/health.lua over every state of spec 5's table."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import generate
import pytest
import yaml
from chart_tools import ROOT

from joinery.api.v1alpha1 import conditions as names
from joinery.api.v1alpha1 import reasons
from joinery.control import conditions, states

lua51 = pytest.importorskip("lupa.lua51", reason="the health script is NOT TESTED: pip install lupa")

SCRIPT = (ROOT / "deploy" / "argocd" / "health.lua").read_text()
NOW = "2026-01-01T00:00:00Z"


def health(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """As Argo CD runs it: the object is the global ``obj``, the answer a table with status and message."""
    lua = lua51.LuaRuntime(unpack_returned_tuples=True, register_eval=False, register_builtins=False)
    lua.globals().obj = lua.table_from(manifest, recursive=True)
    answer = lua.execute(SCRIPT)
    return answer.status, answer.message


def operation(state: states.State, *, generation: int = 1, seen: int = 1) -> dict[str, Any]:
    found = conditions.build(state, previous=[], generation=seen, now=NOW)
    status = {"observedGeneration": seen, "conditions": found}
    return {"kind": "Operation", "metadata": {"name": "a", "generation": generation}, "status": status}


STATES = {
    "reference missing": (states.reference_missing(reasons.COMPONENT_NOT_FOUND, "no c"), "Progressing", "no c"),
    "invalid": (states.invalid("spec.joins: wrong"), "Degraded", "spec.joins: wrong"),
    "resolving": (states.resolving("echo"), "Progressing", "echo"),
    "waiting": (states.waiting(reasons.WAITING_FOR_RUNS, "3 of 8"), "Progressing", "3 of 8"),
    "resolution failed": (states.resolution_failed(reasons.TOO_FEW_RUNS, "none"), "Degraded", "none"),
    "resolved now": (states.resolved_now("5 runs"), "Progressing", None),
    "launching off": (states.resolved_only("5 runs"), "Progressing", None),
    "suspended": (states.suspended("5 runs"), "Suspended", None),
    "connection unclear": (states.connection_unclear(reasons.CONNECTION_NOT_FOUND, "no s"), "Progressing", "no s"),
    "launch refused": (states.launch_refused(reasons.JOB_REFUSED, "quota"), "Degraded", "quota"),
    "cannot launch": (states.cannot_launch(reasons.SNAPSHOT_LOST, "gone"), "Degraded", "gone"),
    "name taken": (states.run_name_taken("taken"), "Degraded", "taken"),
    "held": (states.held("by Kueue"), "Progressing", "by Kueue"),
    "going on": (states.going_on(reasons.RUNNING, "running"), "Progressing", "running"),
    "done": (states.done("all well"), "Healthy", "all well"),
    "failed": (states.failed(reasons.JOB_FAILED, "exit 1"), "Degraded", "exit 1"),
    "stopped": (
        states.stopped(resolved=states.Verdict(status="True", reason="Resolved"), launched=None, message="by hand"),
        "Degraded",
        "by hand",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_of_an_operation_has_its_health(name: str) -> None:
    state, status, message = STATES[name]
    found = health(operation(state))
    assert found[0] == status
    assert found[1] == message if message else found[1]


def test_no_state_is_left_out() -> None:
    makers = [name for name, made in inspect.getmembers(states, inspect.isfunction) if not name.startswith("_")]
    made = [name for name in makers if inspect.signature(getattr(states, name)).return_annotation == "State"]
    assert len(STATES) == len(made), made


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        ({"kind": "Operation", "metadata": {"generation": 1}, "status": {"observedGeneration": -1}}, "Progressing"),
        ({"kind": "Operation", "metadata": {"generation": 1}}, "Progressing"),
        (operation(states.done("old"), generation=2, seen=1), "Progressing"),
        ({"kind": "Search", "metadata": {"generation": 1}, "status": {"matched": 3}}, "Healthy"),
        ({"kind": "Search", "metadata": {"generation": 1}, "status": {"message": "no field"}}, "Degraded"),
        ({"kind": "Connection", "metadata": {"generation": 1}}, "Healthy"),
        ({"kind": "Component", "metadata": {"generation": 1}}, "Healthy"),
        ({"kind": "Run", "metadata": {"generation": 1}, "status": {"phase": "Failed"}}, "Healthy"),
    ],
)
def test_what_has_no_conditions(manifest: Mapping[str, Any], status: str) -> None:
    assert health(manifest)[0] == status


def test_a_condition_of_another_kind_counts_too() -> None:
    ready = {"type": names.READY, "status": "True", "reason": "Valid", "message": ""}
    manifest = {
        "kind": "Component",
        "metadata": {"generation": 1},
        "status": {"observedGeneration": 1, "conditions": [ready]},
    }
    assert health(manifest) == ("Healthy", "Valid")


def test_the_patch_for_argo_cd_holds_the_script_for_all_our_kinds() -> None:
    patch = yaml.safe_load((ROOT / "deploy" / "argocd" / "argocd-cm.yaml").read_text())["data"]
    for kind in generate.HEALTHY_KINDS:
        assert patch[f"resource.customizations.health.joinery.dev_{kind}"] == SCRIPT
    assert "caBundle" in patch[generate.WEBHOOK_DRIFT]
