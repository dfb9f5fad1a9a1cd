"""How a Job may be held, refused, stopped, deleted, outlived: real controllers, and a kubelet that the test plays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from cluster_fixtures import Kubectl
from operator_fixtures import Objects, Operator, conditions, operation, run
from played_kubelet import NOW, ended, own_run, play, pod_of, wait_phase

Start = Callable[..., Operator]
RUNNING = {"running": {"startedAt": NOW}}


def until_gone(lab: Objects, plural: str) -> None:
    deadline = time.monotonic() + 60
    while lab.list(plural):
        assert time.monotonic() < deadline, f"there still are {plural}"
        time.sleep(0.1)


def until_finished(lab: Objects, name: str, condition: str) -> None:
    """Kubernetes calls the Job finished."""
    deadline = time.monotonic() + 60
    while not any(one["type"] == condition for one in lab.get("jobs", name)["status"].get("conditions", ())):
        assert time.monotonic() < deadline, "the Job goes on"
        time.sleep(0.1)


def test_a_queue_holds_the_job_releases_it_and_takes_its_place_away(start_operator: Start, lab: Objects) -> None:
    start_operator()
    queued = operation("queued")
    queued["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "gpus"}
    lab.create("operations", queued)
    held = lab.wait("queued", "Launched", "True", reason="JobSuspended")
    assert {name: one["status"] for name, one in conditions(held).items() if one["reason"] == "JobSuspended"} == {
        "Launched": "True", "Succeeded": "Unknown", "Ready": "Unknown", "Reconciling": "True",
    }  # fmt: skip
    record = held["status"]["runRef"]["name"]
    wait_phase(lab, record, "Queued")
    assert lab.list("pods") == []
    lab.patch("jobs", "queued", {"spec": {"suspend": False}})
    play(lab, pod_of(lab, "queued"), "Running", RUNNING)
    wait_phase(lab, record, "Running")
    # Somebody more important comes: the queue takes the place away, and gives it back.
    lab.patch("jobs", "queued", {"spec": {"suspend": True}})
    lab.wait("queued", "Reconciling", "True", reason="JobSuspended")
    wait_phase(lab, record, "Queued")
    until_gone(lab, "pods")
    lab.patch("jobs", "queued", {"spec": {"suspend": False}})
    play(lab, pod_of(lab, "queued"), "Succeeded", ended(0, '{"outputs": {"best": 1}}'))
    lab.wait("queued", "Succeeded", "True")
    assert wait_phase(lab, record, "Succeeded")["status"]["outputs"] == {"best": 1}


def test_a_job_of_that_name_that_is_somebody_elses_is_not_touched(start_operator: Start, lab: Objects) -> None:
    container = {"name": "theirs", "image": "python:3.11"}
    theirs = lab.create(
        "jobs",
        {
            "metadata": {"name": "taken", "labels": {"joinery.dev/operation": "taken"}},
            "spec": {"suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
        },
    )
    start_operator()
    lab.create("operations", operation("taken"))
    found = lab.wait("taken", "Launched", "False", reason="NameTaken")
    assert conditions(found)["Stalled"]["reason"] == "NameTaken"
    assert conditions(found)["Succeeded"]["status"] == "Unknown"
    assert "jobRef" not in found["status"]
    lab.patch("operations", "taken", {"spec": {"stop": True}})
    stopped = lab.wait("taken", "Succeeded", "False", reason="Stopped")
    assert conditions(stopped)["Launched"]["reason"] == "Stopped"
    assert lab.get("jobs", "taken")["metadata"]["uid"] == theirs["metadata"]["uid"]


def test_a_namespace_that_refuses_the_pods_is_quoted(start_operator: Start, lab: Objects) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    path = f"/api/v1/namespaces/{lab.namespace}"
    lab.admin.request("PATCH", path, labels, content="application/merge-patch+json")
    start_operator()
    lab.create("operations", operation("breaks"))
    found = lab.wait("breaks", "Reconciling", "True", reason="PodsRefused")
    assert "violates PodSecurity" in conditions(found)["Reconciling"]["message"]
    assert conditions(found)["Succeeded"]["status"] == "Unknown"
    wait_phase(lab, found["status"]["runRef"]["name"], "Warning")


def test_what_the_api_server_warns_of_is_told(start_operator: Start, lab: Objects) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}}
    path = f"/api/v1/namespaces/{lab.namespace}"
    lab.admin.request("PATCH", path, labels, content="application/merge-patch+json")
    start_operator()
    lab.create("operations", operation("warned"))
    found = lab.wait("warned", "Launched", "True")
    (said,) = found["status"]["warnings"]
    assert said["rule"] == "api-server"
    assert 'would violate PodSecurity "restricted:latest"' in said["message"]


def test_the_ttl_is_set_when_the_outcome_is_recorded_and_what_is_over_stays_over(
    start_operator: Start, lab: Objects
) -> None:
    start_operator()
    lab.create("operations", operation("brief", termination={"ttl": 1}))
    lab.wait("brief", "Launched", "True")
    pod = pod_of(lab, "brief")
    assert "ttlSecondsAfterFinished" not in lab.get("jobs", "brief")["spec"]
    play(lab, pod, "Succeeded", ended(0))
    lab.wait("brief", "Succeeded", "True")
    until_gone(lab, "jobs")
    lab.patch("operations", "brief", {"metadata": {"labels": {"seen": "again"}}})
    after = lab.wait("brief", "Succeeded", "True", reason="JobComplete")
    assert own_run(lab, after)["status"]["phase"] == "Succeeded"


@pytest.mark.parametrize("at", ["before it is resolved", "before there is a Job"])
def test_stopped_early_nothing_is_launched(start_operator: Start, lab: Objects, at: str) -> None:
    start_operator()
    early = operation("early", suspend=True)
    if at == "before it is resolved":
        early["spec"]["joins"][0] |= {"minRuns": 5, "waitFor": "10m"}
        lab.create("operations", early)
        lab.wait("early", "Resolved", "Unknown", reason="WaitingForRuns")
    else:
        lab.create("operations", early)
        lab.wait("early", "Launched", "False", reason="Suspended")
    lab.patch("operations", "early", {"spec": {"stop": True, "suspend": False}})
    stopped = lab.wait("early", "Succeeded", "False", reason="Stopped")
    assert conditions(stopped)["Launched"]["reason"] == "Stopped"
    assert conditions(stopped)["Stalled"]["reason"] == "Stopped"
    (record,) = [one["metadata"]["name"] for one in lab.list("runs") if one["metadata"]["name"] != "good"]
    wait_phase(lab, record, "Stopped")
    assert lab.list("jobs") == []


def test_what_a_stop_cannot_wait_for_is_a_warning(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("long"))
    lab.wait("long", "Launched", "True")
    play(lab, pod_of(lab, "long"), "Running", RUNNING)
    lab.wait("long", "Ready", "Unknown", reason="Running")
    lab.patch("operations", "long", {"spec": {"stop": True}})
    stopped = lab.wait("long", "Succeeded", "False", reason="Stopped")
    assert [one["rule"] for one in stopped["status"]["warnings"]] == ["OutputsLost"]
    until_gone(lab, "jobs")


def test_a_stop_while_files_are_collected_keeps_what_was_said(start_operator: Start, lab: Objects) -> None:
    start_operator()
    store = {
        "apiVersion": "joinery.dev/v1alpha1", "kind": "Connection", "metadata": {"name": "store"},
        "spec": {"kind": "s3", "schema": {"bucket": "b"}, "default": True},
    }  # fmt: skip
    lab.create("connections", store)
    lab.create("operations", operation("collecting"))
    lab.wait("collecting", "Launched", "True")
    play(lab, pod_of(lab, "collecting"), "Running", ended(0, '{"outputs": {"best": 1}}'), collect=RUNNING)
    lab.wait("collecting", "Ready", "Unknown", reason="Collecting")
    lab.patch("operations", "collecting", {"spec": {"stop": True}})
    stopped = lab.wait("collecting", "Succeeded", "False", reason="Stopped")
    assert [one["message"] for one in stopped["status"]["warnings"]] == ["stopped before its files were collected"]
    record = wait_phase(lab, stopped["status"]["runRef"]["name"], "Stopped")
    assert record["status"]["outputs"] == {"best": 1}
    assert record["status"]["finishedAt"]


def test_a_stop_that_comes_after_the_end_changes_nothing(start_operator: Start, lab: Objects) -> None:
    running = start_operator()
    lab.create("operations", operation("over"))
    name = lab.wait("over", "Launched", "True")["status"]["runRef"]["name"]
    pod = pod_of(lab, "over")
    running.stop()
    play(lab, pod, "Succeeded", ended(0, '{"outputs": {"best": 1}}'))
    until_finished(lab, "over", "Complete")
    lab.patch("operations", "over", {"spec": {"stop": True}})
    start_operator()
    lab.wait("over", "Succeeded", "True", reason="JobComplete")
    assert wait_phase(lab, name, "Succeeded")["status"]["outputs"] == {"best": 1}


def test_a_job_that_times_out_says_what_was_lost(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("late", termination={"timeout": 2}))
    late = lab.wait("late", "Succeeded", "False", reason="DeadlineExceeded")
    assert [one["rule"] for one in late["status"]["warnings"]] == ["OutputsLost"]
    wait_phase(lab, late["status"]["runRef"]["name"], "Failed")


def test_an_orphan_that_ended_while_nobody_looked_has_its_true_end(
    start_operator: Start, lab: Objects, kubectl: Kubectl
) -> None:
    running = start_operator()
    phases = {"well": ("Succeeded", ended(0, '{"outputs": {"best": 1}}')), "badly": ("Failed", ended(3, "no data"))}
    records = {}
    for name in phases:
        lab.create("operations", operation(name))
        records[name] = lab.wait(name, "Launched", "True")["status"]["runRef"]["name"]
    pods = {name: pod_of(lab, name) for name in phases}
    running.stop()
    for name, (phase, state) in phases.items():
        kubectl("delete", "op", name, "--cascade=orphan", "--timeout=180s")
        play(lab, pods[name], phase, state)
        until_finished(lab, name, "Complete" if phase == "Succeeded" else "Failed")
    start_operator()
    assert wait_phase(lab, records["well"], "Succeeded")["status"]["outputs"] == {"best": 1}
    failed = wait_phase(lab, records["badly"], "Failed")["status"]
    assert "exit code 3" in failed["conditions"][-1]["message"]


def test_without_its_results_nothing_is_launched_and_nothing_searched_again(
    start_operator: Start, lab: Objects
) -> None:
    for number in range(4):
        lab.create("runs", run(f"past-{number}", tags=["past"], inputs={"text": str(number) * 30_000}))
    join = {"query": "tags: past", "params": {"losses": {"value": "inputs.text"}}}
    lost = operation("lost", join, suspend=True)
    lost["spec"]["component"] = {
        "inputs": [{"name": "losses", "type": "str", "isList": True}],
        "run": {"kind": "job", "container": {"image": "python:3.11"}},
    }
    start_operator()
    lab.create("operations", lost)
    held = lab.wait("lost", "Launched", "False", reason="Suspended")
    for name in held["status"]["configMaps"]:
        lab.delete("configmaps", name)
    lab.patch("operations", "lost", {"spec": {"suspend": False}})
    found = lab.wait("lost", "Launched", "False", reason="SnapshotLost")
    assert conditions(found)["Succeeded"]["reason"] == "SnapshotLost"
    wait_phase(lab, found["status"]["runRef"]["name"], "Failed")
    assert lab.list("jobs") == []


@pytest.mark.parametrize(
    ("said", "outputs", "rules"),
    [
        ({"outputs": {"best": None, "deep": {"a": None}}}, {"best": None, "deep": {"a": None}}, []),
        ({"outputs": {"a": 1}, "artifacts": [{"name": "m", "kind": 5}]}, None, ["OutputsTruncated"]),
    ],
    ids=["nulls", "what no Run can hold"],
)
def test_whatever_the_container_said_the_operation_ends(
    start_operator: Start, lab: Objects, said: Any, outputs: Any, rules: list[str]
) -> None:
    start_operator()
    lab.create("operations", operation("odd"))
    lab.wait("odd", "Launched", "True")
    play(lab, pod_of(lab, "odd"), "Succeeded", ended(0, json.dumps(said)))
    done = lab.wait("odd", "Succeeded", "True")
    assert [one["rule"] for one in done["status"].get("warnings", ())] == rules
    assert wait_phase(lab, own_run(lab, done)["metadata"]["name"], "Succeeded")["status"].get("outputs") == outputs
