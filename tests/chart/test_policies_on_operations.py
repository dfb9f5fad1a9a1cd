"""Who may write an Operation or a Component: nobody gets by one what they may not have themselves (spec 5)."""

from __future__ import annotations

import copy
import urllib.error
from collections.abc import Callable
from typing import Any

import pytest
from chart_people import ANY_CONNECTION, JOBS, RUNS, WRITE, Refused, attempt, bind, component, operation, uses

from cluster_fixtures import Admin

Person = Callable[..., Admin]


def test_with_all_rights_an_operation_is_taken(person: Person, namespace: str) -> None:
    alice = person("alice", [WRITE, JOBS, RUNS, ANY_CONNECTION])
    attempt(alice, namespace, operation("fine", connection="store"))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([WRITE, RUNS, ANY_CONNECTION], "create jobs"),
        ([WRITE, JOBS, ANY_CONNECTION], "list runs"),
        ([WRITE, JOBS, RUNS], "the verb use on the Connection store"),
    ],
    ids=["no create jobs", "no list runs", "no use"],
)
@pytest.mark.parametrize("make", [operation, component], ids=["Operation", "Component"])
def test_a_right_that_lacks_refuses_it(
    person: Person, namespace: str, rules: list[Any], said: str, make: Callable[..., Any]
) -> None:
    alice = person("alice", rules)
    with pytest.raises(Refused) as refused:
        attempt(alice, namespace, make("lacking", connection="store"))
    assert refused.value.code == 403
    assert said in refused.value.message


def test_without_a_connection_named_the_default_one_needs_no_right(person: Person, namespace: str) -> None:
    alice = person("alice", [WRITE, JOBS, RUNS])
    attempt(alice, namespace, operation("plain"))
    attempt(alice, namespace, component("plain"))


def place_in_joins(spec: dict[str, Any], name: str) -> None:
    spec["joins"][31]["params"]["p31x127"]["connection"] = name


def place_in_params(spec: dict[str, Any], name: str) -> None:
    spec["params"]["given"]["connection"] = name


def place_in_inputs(spec: dict[str, Any], name: str) -> None:
    spec["component"]["inputs"][0]["connection"] = name


def place_in_outputs(spec: dict[str, Any], name: str) -> None:
    spec["component"]["outputs"] = [{"name": "made", "type": "artifacts", "connection": name}]


def place_in_run(spec: dict[str, Any], name: str) -> None:
    spec["component"]["run"]["connections"].append(name)


def place_in_collect(spec: dict[str, Any], name: str) -> None:
    spec["component"]["run"]["collect"] = {"connection": name}


NAMED = tuple(f"store-{index}" for index in range(16))


def large(*, others: int) -> dict[str, Any]:
    """32 joins of 128 params that name ``others`` different Connections over and over; every place can be filled."""
    joins = [
        {
            "query": "",
            "params": {
                f"p{join}x{param}": {"value": "inputs.lr", "connection": NAMED[(join * 128 + param) % others]}
                for param in range(128)
            },
        }
        for join in range(32)
    ]
    manifest = operation("large")
    manifest["spec"]["joins"] = joins
    # Params of any JSON are no names of Connections.
    manifest["spec"]["params"] = {
        "given": {"value": 1},
        "bare": 3,
        "listed": ["store-99"],
        "text": "store-99",
        "deep": {"value": {"connection": "store-99"}},
    }
    manifest["spec"]["component"]["inputs"] = [{"name": "given", "type": "int"}]
    manifest["spec"]["component"]["run"]["connections"] = []
    return manifest


PLACES = [place_in_joins, place_in_params, place_in_inputs, place_in_outputs, place_in_run, place_in_collect]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__.removeprefix("place_in_"))
def test_sixteen_connections_in_4096_params_are_taken_and_one_that_may_not_be_used_is_not(
    person: Person, namespace: str, place: Callable[[dict[str, Any], str], None]
) -> None:
    alice = person("alice", [WRITE, JOBS, RUNS, uses(*NAMED)])
    manifest = large(others=15)
    place(manifest["spec"], NAMED[15])
    if place is place_in_joins:  # once is enough: it takes a second
        attempt(alice, namespace, manifest, dry_run=True)
    place(manifest["spec"], "forbidden")
    if place is place_in_run:
        manifest["spec"]["component"]["run"]["connections"] = ["forbidden"]
    with pytest.raises(Refused) as refused:
        attempt(alice, namespace, manifest, dry_run=True)
    assert refused.value.code == 403
    assert "the verb use on the Connection forbidden" in refused.value.message


def test_each_of_the_sixteen_is_asked_for(person: Person, namespace: str) -> None:
    alice = person("alice", [WRITE, JOBS, RUNS, uses(*NAMED[:15])])
    manifest = large(others=16)
    with pytest.raises(Refused, match=f"the verb use on the Connection {NAMED[15]}"):
        attempt(alice, namespace, manifest, dry_run=True)


def test_a_seventeenth_is_refused_whoever_asks(installed: Admin, namespace: str) -> None:
    manifest = large(others=16)
    place_in_collect(manifest["spec"], "one-more")
    with pytest.raises(Refused, match="at most 16 different Connections") as refused:
        attempt(installed, namespace, manifest, dry_run=True)
    assert refused.value.code == 422


@pytest.mark.parametrize("place", PLACES[2:], ids=lambda place: place.__name__.removeprefix("place_in_"))
def test_a_component_lends_no_connection_that_its_author_may_not_use(
    person: Person, namespace: str, place: Callable[[dict[str, Any], str], None]
) -> None:
    alice = person("alice", [WRITE, JOBS, RUNS, uses("mine")])
    manifest = component("lent", connection="mine")
    attempt(alice, namespace, manifest, dry_run=True)
    place({"component": manifest["spec"]}, "forbidden")
    with pytest.raises(Refused, match="the verb use on the Connection forbidden"):
        attempt(alice, namespace, manifest, dry_run=True)


def test_a_changed_spec_is_asked_as_a_new_one(person: Person, installed: Admin, namespace: str) -> None:
    alice, mallory = person("alice", [WRITE, JOBS, RUNS]), person("bob", [WRITE])
    attempt(alice, namespace, operation("theirs"))
    path = f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/operations/theirs"
    content = "application/merge-patch+json"
    for patch in ({"spec": {"suspend": True}}, {"spec": {"component": {"run": {"connections": ["x"]}}}}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            mallory.request("PATCH", path, patch, content=content)
        assert refused.value.code == 403
    with pytest.raises(urllib.error.HTTPError, match="the verb use on the Connection x"):
        alice.request("PATCH", path, {"spec": {"component": {"run": {"connections": ["x"]}}}}, content=content)
    alice.request("PATCH", path, {"spec": {"suspend": True}}, content=content)


def test_metadata_edits_status_and_deletion_ask_for_nothing(person: Person, namespace: str) -> None:
    alice = person("alice", [WRITE, JOBS, RUNS, ANY_CONNECTION])
    status = {"apiGroups": ["joinery.dev"], "resources": ["*/status"], "verbs": ["update", "patch"]}
    bob = person("bob", [WRITE, status])
    merge = {"content": "application/merge-patch+json"}
    for plural, make in (("operations", operation), ("components", component)):
        attempt(alice, namespace, make("edited", connection="store"))
        path = f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/{plural}/edited"
        edit = {"metadata": {"labels": {"team": "b"}, "annotations": {"note": "x"}, "finalizers": ["joinery.dev/x"]}}
        assert bob.request("PATCH", path, edit, **merge)["metadata"]["labels"] == {"team": "b"}
        bob.request("PATCH", f"{path}/status", {"status": {"observedGeneration": 1}}, **merge)
        bob.request("DELETE", path, {"propagationPolicy": "Foreground"})
        # Deletion is under way: taking the finalizers away must not be stood in the way of either.
        bob.request("PATCH", path, {"metadata": {"finalizers": None}}, **merge)


def test_rights_of_one_namespace_count_there_alone(
    person: Person, installed: Admin, namespace: str, make_namespace: Callable[[], str]
) -> None:
    other = make_namespace()
    alice = person("alice", [JOBS, RUNS, ANY_CONNECTION, WRITE])
    bind(installed, other, "alice", [WRITE], name="alice")
    manifest = copy.deepcopy(operation("elsewhere", connection="store"))
    with pytest.raises(Refused, match="create jobs"):
        attempt(alice, other, manifest)
