"""Who may write a Search, a Connection, and the mark of the operator on a Run (spec 5, *Who may do what*, *Run*)."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chart_people import RUNS, WRITE, Refused, attempt
from chart_tools import RELEASE_NAMESPACE, account_kubeconfig

from cluster_fixtures import Admin

Person = Callable[..., Admin]

SEARCH: dict[str, Any] = {
    "apiVersion": "joinery.dev/v1alpha1",
    "kind": "Search",
    "metadata": {"name": "best"},
    "spec": {"query": "metrics.loss: <1"},
}
MERGE = "application/merge-patch+json"
WRITE_RUNS = {
    "apiGroups": ["joinery.dev"],
    "resources": ["runs"],
    "verbs": ["get", "create", "update", "patch", "delete"],
}


def connection(secret: str | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"kind": "s3", "schema": {"bucket": "models"}}
    if secret:
        spec["secret"] = {"name": secret}
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Connection",
        "metadata": {"name": f"with-{secret or 'none'}"},
        "spec": spec,
    }


def run(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "joinery.dev/v1alpha1", "kind": "Run", "metadata": {"name": name}, "spec": spec}


def path(namespace: str, plural: str, name: str) -> str:
    return f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/{plural}/{name}"


def test_a_search_needs_the_right_to_list_runs(person: Person, namespace: str) -> None:
    alice, bob = person("alice", [WRITE, RUNS]), person("bob", [WRITE])
    with pytest.raises(Refused, match="list runs") as refused:
        attempt(bob, namespace, SEARCH)
    assert refused.value.code == 403
    attempt(alice, namespace, SEARCH)
    where = path(namespace, "searches", "best")
    bob.request("PATCH", where, {"metadata": {"labels": {"seen": "by-bob"}}}, content=MERGE)
    with pytest.raises(urllib.error.HTTPError, match="list runs"):
        bob.request("PATCH", where, {"spec": {"query": ""}}, content=MERGE)
    bob.request("DELETE", where)


def test_a_connection_needs_the_right_to_get_its_own_secret(person: Person, namespace: str) -> None:
    one_secret = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get"]}
    alice, bob = person("alice", [WRITE, one_secret]), person("bob", [WRITE])
    attempt(alice, namespace, connection("mine"))
    with pytest.raises(Refused, match="get secrets/theirs") as refused:
        attempt(alice, namespace, connection("theirs"))
    assert refused.value.code == 403
    with pytest.raises(Refused, match="get secrets/mine"):
        attempt(bob, namespace, connection("mine"))
    attempt(bob, namespace, connection(None))
    where = path(namespace, "connections", "with-none")
    with pytest.raises(urllib.error.HTTPError, match="get secrets/mine"):
        bob.request("PATCH", where, {"spec": {"secret": {"name": "mine"}}}, content=MERGE)
    bob.request("DELETE", path(namespace, "connections", "with-mine"))


def test_nobody_but_the_operator_marks_a_run_as_its_own(
    person: Person, installed: Admin, namespace: str, tmp_path: Path
) -> None:
    alice = person("alice", [WRITE_RUNS])
    for who in (alice, installed):
        with pytest.raises(Refused, match="only the operator may set or change"):
            attempt(who, namespace, run("forged", managedBy="joinery"))
        with pytest.raises(Refused, match="only the operator"):
            attempt(who, namespace, run("forged", managedBy="somebody-else"))
    attempt(alice, namespace, run("plain", inputs={"lr": 1}))
    with pytest.raises(urllib.error.HTTPError, match="only the operator"):
        alice.request("PATCH", path(namespace, "runs", "plain"), {"spec": {"managedBy": "joinery"}}, content=MERGE)

    operator = token_of(installed, "joinery-operator", tmp_path)
    attempt(operator, namespace, run("made", managedBy="joinery", inputs={}))
    made = path(namespace, "runs", "made")
    for change in ({"managedBy": None}, {"managedBy": ""}, {"managedBy": "me"}):
        with pytest.raises(urllib.error.HTTPError, match="only the operator"):
            alice.request("PATCH", made, {"spec": change}, content=MERGE)
    # What training code does stays free: metrics, outputs, labels, and deleting it.
    alice.request("PATCH", made, {"status": {"metrics": {"loss": 0.5}}, "spec": {"tags": ["a"]}}, content=MERGE)
    whole = alice.request("GET", made)
    alice.request("PUT", made, {**whole, "status": {"phase": "Running"}})
    alice.request("DELETE", made)


def token_of(admin: Admin, account: str, folder: Path) -> Admin:
    """One of the chart's service accounts, as somebody who makes plain requests."""
    import json

    config = json.loads(account_kubeconfig(admin, account, folder=folder).read_text())
    who = Admin(admin.server)
    who.token = config["users"][0]["user"]["token"]
    assert config["contexts"][0]["context"]["namespace"] == RELEASE_NAMESPACE
    return who
