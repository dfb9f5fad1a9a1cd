"""The plugin can do what its caller may, and says which right is missing for the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plugin_world import Plugin, World


def allow(*verbs: str, resource: str, group: str = "joinery.dev") -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


RUNS = allow("list", resource="runs")
OPERATIONS = allow("get", resource="operations")
CONFIG_MAPS = allow("get", resource="configmaps", group="")

# What is just enough, and the right without which it is refused, as it is named.
NEEDS: dict[str, tuple[tuple[str, ...], list[dict[str, Any]], dict[str, str]]] = {
    "search": (("search", ""), [RUNS], {"runs": "may not list runs.joinery.dev"}),
    "resolve": (
        ("resolve", "best"),
        [RUNS, OPERATIONS],
        {"runs": "may not list runs.joinery.dev", "operations": "may not get operations.joinery.dev"},
    ),
    "explain": (
        ("explain", "best", "--run", "train-1"),
        [RUNS, OPERATIONS],
        {"runs": "may not list runs.joinery.dev", "operations": "may not get operations.joinery.dev"},
    ),
    "params": (("params", "best"), [OPERATIONS], {"operations": "may not get operations.joinery.dev"}),
    "params of status": (
        ("params", "large", "names"),
        [OPERATIONS],
        {"operations": "may not get operations.joinery.dev"},
    ),
    "params of ConfigMaps": (
        ("params", "large"),
        [OPERATIONS, CONFIG_MAPS],
        {"configmaps": "may not get configmaps in", "operations": "may not get operations.joinery.dev"},
    ),
    "lineage": (
        ("lineage", "best"),
        [RUNS, OPERATIONS],
        {"runs": "may not list runs.joinery.dev", "operations": "may not get operations.joinery.dev"},
    ),
    "lineage of a run": (("lineage", "train-1"), [RUNS], {"runs": "may not list runs.joinery.dev"}),
    "rerun": (
        ("rerun", "best", "--name", "may-i"),
        [OPERATIONS, allow("create", resource="operations")],
        {},
    ),
}


@pytest.mark.parametrize("what", NEEDS)
def test_just_these_rights_are_enough_and_each_is_needed(plugin: Plugin, what: str) -> None:
    command, rules, refusals = NEEDS[what]
    result = plugin(*command, rules=rules)
    assert result.exit_code == 0, result.output
    for resource, said in refusals.items():
        rest = [rule for rule in rules if resource not in rule["resources"]]
        refused = plugin(*command, rules=rest)
        assert refused.exit_code == 1
        assert refused.stdout == ""
        assert said in refused.stderr
        assert "system:serviceaccount:" in refused.stderr
        assert f'resources: ["{resource}"]' in refused.stderr


def test_rerun_without_the_right_to_create(plugin: Plugin, world: World) -> None:
    before = {item["metadata"]["name"] for item in world.list("operations")}
    refused = plugin("rerun", "best", rules=[OPERATIONS])
    assert refused.exit_code == 1
    assert "may not create operations.joinery.dev" in refused.stderr
    assert plugin("rerun", "best", "--dry-run", rules=[OPERATIONS]).exit_code == 0
    assert {item["metadata"]["name"] for item in world.list("operations")} == before


def test_a_preview_reads_components_and_searches_as_the_caller(plugin: Plugin, world: World) -> None:
    manifest = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "preview"},
        "spec": {"joins": [{"ref": "low", "params": {"x": {"value": "inputs"}}}], "componentRef": {"name": "nobody"}},
    }
    text = json.dumps(manifest)
    refused = plugin("resolve", "-f", "-", rules=[RUNS], stdin=text)
    assert "may not get components.joinery.dev" in refused.stderr
    rules = [RUNS, allow("get", resource="components"), allow("get", resource="searches")]
    missing = plugin("resolve", "-f", "-", rules=rules, stdin=text)
    assert missing.exit_code == 1
    assert "nobody" in missing.stderr
    assert "may not" not in missing.stderr


def test_another_namespace_is_another_right(plugin: Plugin) -> None:
    refused = plugin("search", "", "-n", "kube-system", rules=[RUNS])
    assert "may not list runs.joinery.dev in namespace `kube-system`" in refused.stderr
    assert plugin("search", "", "-n", "no-such-place").stdout.startswith("0 taken of 0 matched of 0 candidates")
