"""Operations that resolve, and what is refused before it gets so far."""

from __future__ import annotations

import time
from typing import Any

import pytest
from kubectl import Kubectl, condition
from objects import container, job, operation, resource, run


def _three_runs() -> list[dict[str, Any]]:
    return [
        run(f"past-{n}", tags=["past"], inputs={"lr": n / 10}, status={"metrics": {"loss": n / 100}}) for n in (3, 1, 2)
    ]


def _join(image: str, name: str, **spec: Any) -> dict[str, Any]:
    join = {"query": "tags: past", "sort": "metrics.loss", "limit": 2, "params": {"rates": {"value": "inputs.lr"}}}
    main = container(image, "import sys; print(sys.argv[1:])", "{{ rates }}")
    return operation(
        name, run=job(main), inputs=[{"name": "rates", "type": "float", "isList": True}], joins=[join], **spec
    )


@pytest.mark.e2e(11)
def test_an_operation_is_waited_for_and_read_with_plain_kubectl(kubectl: Kubectl, image: str) -> None:
    kubectl.apply(*_three_runs(), _join(image, "best"))
    kubectl("wait", "--for=condition=Ready", "operation/best", "--timeout=180s")
    assert kubectl("logs", "job/best").out.strip() == "['0.1', '0.2']"
    table = kubectl("get", "ops").out.split()
    assert table[:5] == ["NAME", "RESOLVED", "RUNS", "SUCCEEDED", "REASON"]
    assert table[6:10] == ["best", "True", "2", "True"]


@pytest.mark.e2e(6, 15)
def test_suspended_it_resolves_and_launches_just_that_when_it_is_let_go(kubectl: Kubectl, image: str) -> None:
    """Whatever has changed since: a better run, the winner gone, another program in the Component."""
    held = _join(image, "held", suspend=True)
    component = held["spec"].pop("component")
    held["spec"]["componentRef"] = {"name": "shown"}
    kubectl.apply(*_three_runs(), resource("Component", "shown", component), held)
    found = kubectl.until("operation", "held", lambda found: condition(found, "Resolved")[0] == "True")
    assert condition(found, "Launched")[:2] == ("False", "Suspended")
    assert not kubectl.items("jobs")
    better = run("past-0", tags=["past"], inputs={"lr": 9.0}, status={"metrics": {"loss": 0.0}})
    component["run"]["container"] = container(image, "print('another program')")
    kubectl.apply(better, resource("Component", "shown", component))
    kubectl("delete", "run", "past-1")
    kubectl("patch", "operation", "held", "--type=merge", '--patch={"spec": {"suspend": false}}')
    kubectl.succeeded("held")
    assert kubectl.logs("held").strip() == "['0.1', '0.2']"


def test_admission_refuses_what_cannot_be_meant_and_says_where(kubectl: Kubectl, image: str) -> None:
    wrong = _join(image, "wrong")
    wrong["spec"]["joins"][0]["query"] = "metrics.loss: <<0.1"
    wrong["spec"]["joins"][0]["params"]["rates"]["value"] = "input.lr"
    said = kubectl.refused(wrong)
    assert "spec.joins[0].query" in said
    assert "spec.joins[0].params.rates" in said
    assert "inputs" in said, "the nearest name is named"
    assert not kubectl.items("operations")


def test_what_an_operation_waits_for_may_come_later(kubectl: Kubectl, image: str) -> None:
    waiting = _join(image, "patient")
    waiting["spec"]["joins"][0] |= {"minRuns": 2, "waitFor": "10m"}
    kubectl.apply(waiting)
    kubectl.until("operation", "patient", lambda found: condition(found, "Resolved")[1] == "WaitingForRuns")
    kubectl.apply(*_three_runs())
    kubectl.succeeded("patient")


@pytest.mark.e2e(9)
def test_nobody_gets_by_an_operation_what_they_may_not_have(kubectl: Kubectl, image: str) -> None:
    """May create Operations, but no Jobs; then those too, but not use the Connection; then that too."""
    _person(kubectl, "alice", [("joinery.dev", "operations", ["create", "get"]), ("joinery.dev", "runs", ["list"])])
    alice = Kubectl(program=kubectl.program, namespace=kubectl.namespace, user="alice")
    kubectl.apply(resource("Connection", "shared", {"kind": "volumeClaim", "schema": {"claim": "data"}}))
    wanted = _join(image, "wanted", suspend=True)
    wanted["spec"]["component"]["run"]["connections"] = ["shared"]
    assert "jobs" in _refusal(alice, wanted)
    _person(kubectl, "alice-jobs", [("batch", "jobs", ["create"])], account="alice")
    refusal = _refusal(alice, wanted, until="shared")
    assert "use" in refusal
    _person(kubectl, "alice-uses", [("joinery.dev", "connections", ["use"])], account="alice")
    _allowed(alice, wanted)


@pytest.mark.e2e(9)
def test_nobody_makes_a_connection_to_a_secret_that_they_may_not_read(kubectl: Kubectl) -> None:
    _person(kubectl, "bob", [("joinery.dev", "connections", ["create", "get"])])
    bob = Kubectl(program=kubectl.program, namespace=kubectl.namespace, user="bob")
    store = {"kind": "s3", "schema": {"bucket": "b"}, "secret": {"name": "keys"}}
    assert "secret" in _refusal(bob, resource("Connection", "stolen", store)).lower()
    _person(kubectl, "bob-reads", [("", "secrets", ["get"])], account="bob")
    _allowed(bob, resource("Connection", "own", store))


def _person(
    kubectl: Kubectl, name: str, rights: list[tuple[str, str, list[str]]], *, account: str | None = None
) -> None:
    """A service account with these rights alone: group, resource, verbs."""
    person = account or name
    rules = [{"apiGroups": [group], "resources": [one], "verbs": verbs} for group, one, verbs in rights]
    group, subject = (
        "rbac.authorization.k8s.io",
        {"kind": "ServiceAccount", "name": person, "namespace": kubectl.namespace},
    )
    kubectl.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": person}},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [subject],
        },
    )


def _refusal(person: Kubectl, manifest: dict[str, Any], *, until: str = "") -> str:
    """What is said against it, once it says ``until``: the API server's own view of rights follows a moment later."""
    deadline = time.monotonic() + 30
    while until not in (said := person.refused(manifest)):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    return said


def _allowed(person: Kubectl, manifest: dict[str, Any]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            person.apply(manifest)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return
