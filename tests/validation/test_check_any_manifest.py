"""The other kinds, and any manifest at all: findings, and never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests_to_check import CONTAINER, OPERATION, changed, other

from joinery.validation import check_manifest


@pytest.mark.parametrize(
    ("manifest", "where"),
    [
        (other("Search", query="metrc.loss: 1"), "spec.query"),
        (other("Search", query="", sort="nope"), "spec.sort"),
        (other("Search", query="", limit=5001), "spec.limit"),
        (other("Search", query="a: {{ x + }}"), "spec.query"),
        (other("Component", inputs=[{"name": "x", "type": "flot"}]), "spec.inputs[0].type"),
        (other("Component", inputs=[{"name": "x", "type": "int", "value": "y"}]), "spec.inputs[0].value"),
        (other("Component", run={"container": {"args": ["{{ 1 + }}"]}}), "spec.run.container.args[0]"),
        (other("Run", uuid="xyz"), "spec.uuid"),
        (other("Connection", kind="ftp"), "spec.kind"),
    ],
)
def test_the_other_kinds_are_checked_too(manifest: dict[str, Any], where: str) -> None:
    paths = [problem.path for problem in check_manifest(manifest).errors]
    assert where in paths


def test_the_other_kinds_pass_when_they_are_right() -> None:
    for manifest in (
        other("Search", query="metrics.loss: <{{ most }}", sort="-metrics.loss", limit=10),
        other("Component", inputs=[{"name": "x", "type": "int", "value": 1}], run={"container": {"image": "x"}}),
        other("Run", createdAt="2025-01-01T00:00:00Z", inputs={"lr": 0.1}),
        other("Connection", kind="volumeClaim", schema={"claim": "data"}),
    ):
        assert check_manifest(manifest).errors == ()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["{{ x }}", "a: 1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["spec", "joins", "params", "query", "value", "component", "inputs", "name", "run", "kind"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from(["Operation", "Component", "Search", "Run", "Connection", "Other"]), JSON)
def test_any_manifest_at_all_gives_findings_and_never_a_traceback(kind: str, spec: Any) -> None:
    manifest = {"apiVersion": "joinery.dev/v1alpha1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    findings = check_manifest(manifest)
    assert all(problem.message for problem in (*findings.errors, *findings.warnings))


def test_the_room_that_builds_the_pod_hands_its_check_in() -> None:
    from joinery.api.v1alpha1 import V1ComponentSpec
    from joinery.problems import Problem

    def pod(component: V1ComponentSpec) -> list[Problem]:
        assert component.run is not None
        return [Problem(message="no such option", path="run.environment.nodeSelectr", rule="unknown-option")]

    (problem,) = check_manifest(OPERATION, pod_checks=pod).errors
    assert problem.path == "spec.component.run.environment.nodeSelectr"
    component = other("Component", run={"container": {"image": "x"}})
    (problem,) = check_manifest(component, pod_checks=pod).errors
    assert problem.path == "spec.run.environment.nodeSelectr"


@pytest.mark.parametrize("depth", [100, 190, 300, 900, 5_000])
@pytest.mark.parametrize("path", [("spec", "params", "most"), ("spec", "component", "inputs", 1, "value"), CONTAINER])
def test_nesting_is_capped_without_a_traceback(depth: int, path: tuple[Any, ...]) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = {"value": deep}
    manifest = changed(*path, to=None)
    inside: Any = manifest
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = deep
    findings = check_manifest(manifest)
    assert ("nested more than 200 deep" in str(findings.errors)) is (depth > 200)
