"""A namespace's operations see the Runs of that namespace, whatever they say; and Searches keep count of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from api_proxy import ApiProxy
from cluster_fixtures import Admin
from operator_fixtures import Objects, Operator, operation, run, until

Start = Callable[..., Operator]


def whole(query: str, **more: Any) -> dict[str, Any]:
    return {"query": query, "params": {"losses": {"value": "metrics.loss"}}, **more}


def reaches(theirs: str, uuid: str, ours: str) -> dict[str, dict[str, Any]]:
    """Ways to ask for Runs of another namespace, by what is tried."""
    label = {"matchLabels": {"team": "theirs"}}
    return {
        "empty-query": whole(""),
        "namespace-clause": whole(f"namespace: {theirs}"),
        "not-our-namespace": whole(f"namespace: ~{ours}"),
        "either": whole(f"namespace: {ours}|{theirs}"),
        "or-group": whole(f"(namespace: {theirs}) or (kind: job)"),
        "negated-group": whole(f"~(namespace: {ours})"),
        "uuid": whole(f"uuid: {uuid}"),
        "uuid-prefix": whole(f"uuid: {uuid[:6]}%"),
        "uuid-negated": whole("uuid: ~" + "0" * 32),
        "name": whole("name: secret"),
        "qualified-name": whole(f'name: "{theirs}/secret"'),
        "project": whole(f"project: {theirs}"),
        "metric": whole("metrics.loss: <0.5"),
        "metric-or-nil": whole("metrics.loss: ~nil"),
        "input": whole("inputs.name: secret"),
        "tag": whole("tags: theirs"),
        "label-clause": whole("labels.team: theirs"),
        "selector": whole("", selector=label),
        "namespace-label": whole(f'labels."kubernetes.io/metadata.name": {theirs}'),
        "injection": whole(f"name: \"x' OR namespace='{theirs}\""),
        "template": whole("namespace: {{ where }}"),
        "pattern": whole("name: %secret%"),
        "sorted": whole("", sort="-metrics.loss", limit=5000),
    }


def test_no_operation_sees_runs_of_another_namespace(
    start_operator: Start, objects: Objects, other: Objects, api_proxy: ApiProxy
) -> None:
    secret = run("secret", loss=0.1, uuid="ab" * 16, tags=["theirs"])
    secret["metadata"]["labels"] = {"team": "theirs"}
    other.create("runs", secret)
    other.create("searches", {
        "apiVersion": "joinery.dev/v1alpha1", "kind": "Search", "metadata": {"name": "all"}, "spec": {"query": ""},
    })  # fmt: skip
    # One operator serves both namespaces from one mirror: only the resolver keeps them apart.
    start_operator("--no-launch", kubeconfig=api_proxy.path)
    tried = reaches(other.namespace, "ab" * 16, objects.namespace)
    assert len(tried) >= 20
    for name, join in tried.items():
        spec = operation(name, join, params={"where": {"value": other.namespace, "contextOnly": True}})
        spec["spec"]["component"]["inputs"][0]["isOptional"] = True
        objects.create("operations", spec)
    objects.create("operations", operation("by-ref", {"ref": "all", "params": {"losses": {"value": "metrics.loss"}}}))
    one = {"params": {"losses": {"ref": "runs.secret", "value": "metrics.loss"}}, "joins": []}
    objects.create("operations", {**operation("by-run"), "spec": {**operation("by-run")["spec"], **one}})
    for name in tried:
        done = objects.wait(name, "Resolved", "True")
        assert "secret" not in [found["name"] for join in done["status"]["joins"] for found in join["runs"]], name
        assert 0.1 not in done["status"]["params"]["losses"]["value"], name
    objects.wait("by-ref", "Accepted", "Unknown", reason="SearchNotFound")
    failed = objects.wait("by-run", "Resolved", "False")
    assert "0.1" not in str(failed["status"].get("params"))


def test_a_list_of_namespaces_is_served_and_no_other(
    start_operator: Start, objects: Objects, other: Objects, admin: Admin
) -> None:
    """Each by streams of its own: nothing of the cluster is listed or watched."""
    for number, where in enumerate((objects, other)):
        where.create("runs", run("own", loss=number / 10))
    elsewhere = Objects(admin, "default")
    elsewhere.create("operations", operation("elsewhere"))
    try:
        running = start_operator("--namespace", objects.namespace, "--namespace", other.namespace, "--no-launch")
        for number, where in enumerate((objects, other)):
            where.create("operations", operation("mine"))
            done = where.wait("mine", "Resolved", "True")
            assert done["status"]["params"]["losses"]["value"] == [number / 10]
        # A Run that comes later, by the second stream as by the first.
        other.create("runs", run("late", loss=0.3))
        other.create("operations", operation("again"))
        assert other.wait("again", "Resolved", "True")["status"]["params"]["losses"]["value"] == [0.1, 0.3]
        assert "conditions" not in elsewhere.get("operations", "elsewhere")["status"]
        assert "Traceback" not in running.text()
    finally:
        elsewhere.delete("operations", "elsewhere")


def test_a_search_keeps_count_with_few_writes(
    start_operator: Start, objects: Objects, namespace: str, api_proxy: ApiProxy
) -> None:
    objects.create("runs", run("good", loss=0.1))
    running = start_operator("--namespace", namespace, kubeconfig=api_proxy.path)
    search = {"query": "metrics.loss: <0.5", "sort": "metrics.loss"}
    kind = {"apiVersion": "joinery.dev/v1alpha1", "kind": "Search"}
    objects.create("searches", {**kind, "metadata": {"name": "good"}, "spec": search})
    objects.create("searches", {**kind, "metadata": {"name": "wrong"}, "spec": {"query": "metrix.loss: <1"}})
    until(lambda: objects.get("searches", "good").get("status", {}).get("matched") == 1)
    until(lambda: "metrics" in (objects.get("searches", "wrong").get("status", {}).get("message") or ""))
    written, began = len(api_proxy.writes), time.monotonic()
    for number in range(50):
        objects.create("runs", run(f"more-{number}", loss=0.2))
    until(lambda: objects.get("searches", "good")["status"]["matched"] == 51)
    assert objects.get("searches", "good")["status"]["runs"][0]["name"] == "good"
    seconds = time.monotonic() - began
    assert len([line for line in api_proxy.writes[written:] if "/searches/good" in line]) <= 1 + seconds / 10
    objects.create("runs", run("bad", loss=0.9))
    until(lambda: objects.get("searches", "good")["status"]["candidates"] == 52)
    settled, looks = len(api_proxy.writes), searched(running)
    # It is looked at again, and what is found is as it was.
    objects.patch("runs", "bad", {"metadata": {"labels": {"seen": "yes"}}})
    until(lambda: searched(running) >= looks + 2)
    assert api_proxy.writes[settled:] == []


def searched(running: Operator) -> int:
    """How many passes over Searches there were."""
    text = running.get("/metrics")[1]
    found = re.findall(r'^controller_runtime_reconcile_total\{controller="search",.*\} ([0-9.]+)$', text, re.MULTILINE)
    return int(sum(float(count) for count in found))
