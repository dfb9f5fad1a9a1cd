"""The CRDs on a real API server: accepted, CEL cost included, and saying no where they should."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.cluster

Kubectl = Callable[..., subprocess.CompletedProcess[str]]

OPERATION: dict[str, Any] = {
    "apiVersion": "joinery.dev/v1alpha1",
    "kind": "Operation",
    "metadata": {"name": "report"},
    "spec": {
        "joins": [
            {
                "query": "metrics.loss: <0.01",
                "limit": 5,
                "min_runs": 2,
                "params": {
                    "a": {"value": "inputs.a", "context_only": True},
                    "f": {"value": {"files": ["x", ["y", "z"]]}, "toInit": True},
                },
            }
        ],
        "params": {"bare": 1, "list": [1, {"x": None}], "full": {"value": {"deep": [1.5]}, "to_env": "X"}},
        "component": {
            "inputs": [{"name": "a", "type": "any", "is_list": True}],
            "run": {"kind": "job", "container": {"image": "x", "resources": {"limits": {"cpu": 1}}}},
        },
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The operation with one thing set (or, with ``...``, taken away)."""
    operation = copy.deepcopy(OPERATION)
    node: Any = operation
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        node = node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return operation


def apply(kubectl: Kubectl, manifest: Any, *, check: bool = False) -> subprocess.CompletedProcess[str]:
    return kubectl("apply", "-f", "-", stdin=json.dumps(manifest), check=check)


def test_an_operation_is_kept_as_it_was_written(kubectl: Kubectl) -> None:
    # `kubectl apply` leaves nulls out before it sends them; `create` and `replace` do not.
    kubectl("create", "-f", "-", stdin=json.dumps(OPERATION))
    stored = json.loads(kubectl("get", "op", "report", "-o", "json").stdout)
    assert {**OPERATION["spec"], "suspend": False, "stop": False} == stored["spec"]
    assert stored["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("metadata.name", "x" * 53, "at most 52 characters"),
        ("spec.componentRef", {"name": "c"}, "exactly one of component and componentRef"),
        ("spec.component", ..., "exactly one of component and componentRef"),
        ("spec.joins.0.query", ..., "a join needs a query, or a ref to a Search"),
        ("spec.joins.0.params", ..., "Required value"),
        ("spec.joins.0.params", {}, "at least 1"),
        ("spec.joins.0.limit", 0, "greater than or equal to 1"),
        ("spec.joins.0.limit", 5001, "less than or equal to 5000"),
        ("spec.joins.0.limit", 10.5, "spec.joins[0].limit"),
        ("spec.joins.0.limit", True, "spec.joins[0].limit"),
        ("spec.joins.0.limit", "ten", "spec.joins[0].limit"),
        ("spec.joins.0.minRuns", 6, "minRuns asks for more runs"),
        ("spec.joins.0.params.f.contextOnly", True, "toInit and contextOnly exclude each other"),
        ("spec.joins.0.params.f.toEnv", "LD_PRELOAD", "kept for the system"),
        ("spec.joins.0.params.f.toEnv", "a-b", "should match"),
        ("spec.joins.0.params.f.onMissing", "Sip", "Unsupported value"),
        ("spec.joins.0.params.io", {"value": "inputs"}, "reserved names"),
        ("spec.joins.0.params.9a", {"value": "inputs"}, "the name of a param"),
        ("spec.joins.0.query", "x" * 16385, "16384"),
        ("spec.suspnd", True, "unknown field"),
        ("spec.component.run.kind", "service", "Unsupported value"),
    ],
)
def test_what_the_schema_refuses(kubectl: Kubectl, path: str, value: Any, says: str) -> None:
    refused = apply(kubectl, changed(path, value))
    assert refused.returncode != 0
    assert says in refused.stderr


@pytest.mark.parametrize("limit", [5000, "10", "{{ n }}", "{{ params.n.value }}"])
def test_limits_that_are_accepted(kubectl: Kubectl, limit: Any) -> None:
    apply(kubectl, changed("spec.joins.0.limit", limit), check=True)


CHANGES = [
    ("spec.joins.0.query", "status: failed"),
    ("spec.joins.0.min_runs", 3),
    ("spec.joins.0.params.a.context_only", False),
    ("spec.joins.0.params.f.value.files", ["x", ["y", "w"]]),
    ("spec.joins", ...),
    ("spec.params.bare", 2),
    ("spec.params.list.1.x", 5),
    ("spec.params.full.value.deep", [2.5]),
    ("spec.params.new", 1),
    ("spec.params", ...),
    ("spec.component.inputs.0.is_list", False),
    ("spec.component.run.container.resources.limits.cpu", 2),
]


def test_nothing_that_was_resolved_can_be_changed(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=json.dumps(OPERATION))
    kubectl("replace", "-f", "-", stdin=json.dumps(changed(*CHANGES[0])))
    kubectl("replace", "-f", "-", stdin=json.dumps(OPERATION))
    status = {"status": {"resolvedAt": "2024-05-01T12:30:00Z", "observedGeneration": 1}}
    kubectl("patch", "op", "report", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    for path, value in CHANGES:
        refused = kubectl("replace", "-f", "-", stdin=json.dumps(changed(path, value)), check=False)
        assert "cannot be changed" in refused.stderr, (path, refused)
    switched = changed("spec.suspend", True)
    kubectl("replace", "-f", "-", stdin=json.dumps(switched))
    kubectl("annotate", "op", "report", "a=b")
    kubectl("delete", "op", "report")


def test_operations_as_kubectl_prints_them(kubectl: Kubectl) -> None:
    apply(kubectl, OPERATION, check=True)
    status = {
        "joined": 7,
        "runRef": {"name": "report-12345678"},
        "jobRef": {"name": "report"},
        "conditions": [
            {"type": "Resolved", "status": "True", "reason": "Resolved"},
            {"type": "Succeeded", "status": "Unknown", "reason": "Running"},
            {"type": "Ready", "status": "Unknown", "reason": "Running"},
        ],
    }
    kubectl("patch", "op", "report", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
    header, row = kubectl("get", "ops", "-o", "wide").stdout.splitlines()
    assert header.split() == ["NAME", "RESOLVED", "RUNS", "SUCCEEDED", "REASON", "AGE", "RUN", "JOB"]
    assert row.split()[:5] == ["report", "True", "7", "Unknown", "Running"]
    assert row.split()[6:] == ["report-12345678", "report"]
    assert kubectl("get", "joinery").stdout.count("operation.joinery.dev/report") == 1
    told = kubectl("explain", "op.spec.joins.params.toInit").stdout
    assert "An init container delivers the files" in told


def test_a_run_is_written_whole_and_keeps_its_uuid(kubectl: Kubectl) -> None:
    run = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {"name": "r1"},
        "spec": {"uuid": "a" * 32, "inputs": {"lr": 0.1, "nested": {"x": [1, None, "y"]}}},
        "status": {
            "phase": "Succeeded",
            "metrics": {"loss": 0.25, "acc": {"last": 1, "min": 0.5}, "bad": "NaN"},
            "outputs": {"best": True, "none": None},
            "artifacts": [{"name": "m", "kind": "model", "path": "m.pt", "summary": {"a": [1]}}],
            "resources": {"cpu": 0.5, "memory": "1Gi"},
            "conditions": [{"type": "Running"}, {"type": "Running"}],
        },
    }
    kubectl("create", "-f", "-", stdin=json.dumps(run))
    stored = json.loads(kubectl("get", "run", "r1", "-o", "json").stdout)
    assert stored["status"] == run["status"]
    assert stored["spec"] == run["spec"]
    for spec in ({"uuid": "b" * 32}, {"uuid": None}):
        refused = kubectl("patch", "run", "r1", "--type=merge", "-p", json.dumps({"spec": spec}), check=False)
        assert "the uuid of a Run cannot be changed" in refused.stderr
    refused = kubectl("patch", "run", "r1", "--type=merge", "-p", '{"status": {"phase": "Done"}}', check=False)
    assert "Unsupported value" in refused.stderr


def test_connections_searches_and_components(kubectl: Kubectl) -> None:
    head = {"apiVersion": "joinery.dev/v1alpha1", "metadata": {"name": "x"}}
    refused = apply(kubectl, {**head, "kind": "Connection", "spec": {"kind": "s3", "schema": {"path": "p"}}})
    assert "a connection of kind s3 needs schema.bucket" in refused.stderr
    apply(kubectl, {**head, "kind": "Connection", "spec": {"kind": "s3", "schema": {"bucket": "b"}}}, check=True)
    apply(kubectl, {**head, "kind": "Search", "spec": {"query": "", "limit": "{{ n }}"}}, check=True)
    apply(kubectl, {**head, "kind": "Component", "spec": OPERATION["spec"]["component"]}, check=True)
    assert kubectl("get", "conn,searches,components").stdout.count("/x ") == 3
