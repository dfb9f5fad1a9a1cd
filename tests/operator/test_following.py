"""From a resolved operation to its Job and its end: real controllers, and a kubelet that the test plays.

There is no node here: what a kubelet would write into a pod's status, the test writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cluster_fixtures import Kubectl
from operator_fixtures import Objects, Operator, conditions, operation, run
from played_kubelet import NOW, ended, own_run, play, pod_of, wait_phase

Start = Callable[..., Operator]


def test_a_job_is_followed_to_its_end_and_its_outputs_are_recorded(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("train"))
    launched = lab.wait("train", "Launched", "True")
    assert launched["status"]["jobRef"] == {"name": "train"}
    pod = pod_of(lab, "train")
    play(lab, pod, "Running", {"running": {"startedAt": NOW}})
    lab.wait("train", "Ready", "Unknown", reason="Running")
    wait_phase(lab, launched["status"]["runRef"]["name"], "Running")
    said = {"outputs": {"best": 3}, "metrics": {"loss": 0.02, "bad": "NaN"}, "artifacts": [{"name": "model"}]}
    play(lab, pod, "Succeeded", ended(0, json.dumps(said)))
    done = lab.wait("train", "Succeeded", "True")
    assert conditions(done)["Ready"]["status"] == "True"
    assert "Reconciling" not in conditions(done)
    record = wait_phase(lab, done["status"]["runRef"]["name"], "Succeeded")
    assert record["status"]["outputs"] == {"best": 3}
    assert record["status"]["metrics"] == {"loss": 0.02, "bad": "NaN"}
    assert record["spec"]["inputs"] == {"losses": [0.1]}
    assert record["status"]["upstream"][0]["name"] == "good"
    # A later operation joins what this one left.
    lab.create("operations", operation("select", {
        "query": "metrics.loss: <0.05", "params": {"losses": {"value": "outputs.best"}},
    }))  # fmt: skip
    assert lab.wait("select", "Resolved", "True")["status"]["params"]["losses"]["value"] == [3]


def test_a_failure_carries_exit_code_and_last_lines(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("broken"))
    lab.wait("broken", "Launched", "True")
    play(lab, pod_of(lab, "broken"), "Failed", ended(2, "Traceback:\nValueError: no data"))
    failed = lab.wait("broken", "Succeeded", "False", reason="JobFailed")
    message = conditions(failed)["Succeeded"]["message"]
    assert "exit code 2" in message
    assert "ValueError: no data" in message
    assert wait_phase(lab, failed["status"]["runRef"]["name"], "Failed")["status"]["finishedAt"]


def test_half_a_document_is_a_warning_and_no_value(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("cut"))
    lab.wait("cut", "Launched", "True")
    play(lab, pod_of(lab, "cut"), "Succeeded", ended(0, '{"outputs": {"best": 3'))
    done = lab.wait("cut", "Succeeded", "True")
    assert [item["rule"] for item in done["status"]["warnings"]] == ["OutputsTruncated"]
    assert "outputs" not in own_run(lab, done)["status"]


def test_stop_ends_the_job_and_the_run(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("long"))
    lab.wait("long", "Launched", "True")
    play(lab, pod_of(lab, "long"), "Running", {"running": {"startedAt": NOW}})
    lab.patch("operations", "long", {"spec": {"stop": True}})
    done = lab.wait("long", "Succeeded", "False", reason="Stopped")
    assert conditions(done)["Launched"]["status"] == "True"
    wait_phase(lab, done["status"]["runRef"]["name"], "Stopped")


def test_a_suspended_operation_launches_what_was_recorded(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("later", suspend=True))
    held = lab.wait("later", "Launched", "False", reason="Suspended")
    assert conditions(held)["Ready"]["status"] == "False"
    assert lab.list("jobs") == []
    lab.delete("runs", "good")
    lab.create("runs", run("better", loss=0.01))
    lab.patch("operations", "later", {"spec": {"suspend": False}})
    done = lab.wait("later", "Launched", "True")
    assert done["status"]["digest"] == held["status"]["digest"]
    pod = pod_of(lab, "later")
    main = pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"]
    container = next(item for item in pod["spec"]["containers"] if item["name"] == main)
    assert container["args"] == ["0.1"]


def test_a_connection_that_comes_later_is_waited_for(start_operator: Start, lab: Objects) -> None:
    start_operator()
    files = {"query": "metrics.loss: <0.5", "params": {"files": {"value": {"files": ["a.txt"]}, "toInit": True}}}
    component = {
        "inputs": [{"name": "files", "type": "artifacts"}],
        "run": {"kind": "job", "container": {"image": "python:3.11"}},
    }
    lab.create("operations", operation("early", files, component=component))
    lab.wait("early", "Launched", "False", reason="ConnectionNotFound")
    connection = {
        "apiVersion": "joinery.dev/v1alpha1", "kind": "Connection", "metadata": {"name": "data"},
        "spec": {"kind": "volumeClaim", "schema": {"claim": "data"}, "default": True},
    }  # fmt: skip
    lab.create("connections", connection)
    lab.wait("early", "Launched", "True")


def test_a_job_that_somebody_deletes_is_not_made_again(start_operator: Start, lab: Objects) -> None:
    start_operator()
    lab.create("operations", operation("lost"))
    lab.wait("lost", "Launched", "True")
    path = f"/apis/batch/v1/namespaces/{lab.namespace}/jobs/lost?propagationPolicy=Background"
    lab.admin.request("DELETE", path)
    lab.wait("lost", "Succeeded", "False", reason="JobDeleted")
    assert lab.list("jobs") == []


@pytest.mark.parametrize("cascade", ["foreground", "background"])
def test_deleting_an_operation_stops_its_job_and_keeps_its_run(
    start_operator: Start, lab: Objects, kubectl: Kubectl, cascade: str
) -> None:
    running = start_operator()
    for name in ("seen", "unseen"):
        lab.create("operations", operation(name))
    runs = [lab.wait(name, "Launched", "True")["status"]["runRef"]["name"] for name in ("seen", "unseen")]
    kubectl("delete", "op", "seen", f"--cascade={cascade}", "--timeout=180s")
    assert reason(wait_phase(lab, runs[0], "Stopped")) == "OperationDeleted"
    running.stop()
    kubectl("delete", "op", "unseen", f"--cascade={cascade}", "--timeout=180s")
    start_operator()
    assert reason(wait_phase(lab, runs[1], "Stopped")) == "OperationDeleted"


def test_an_orphaned_job_is_followed_by_label(start_operator: Start, lab: Objects, kubectl: Kubectl) -> None:
    start_operator()
    lab.create("operations", operation("left"))
    name = lab.wait("left", "Launched", "True")["status"]["runRef"]["name"]
    pod = pod_of(lab, "left")
    kubectl("delete", "op", "left", "--cascade=orphan", "--timeout=180s")
    play(lab, pod, "Succeeded", ended(0, '{"outputs": {"best": 1}}'))
    assert wait_phase(lab, name, "Succeeded")["status"]["outputs"] == {"best": 1}


def reason(record: dict[str, Any]) -> str:
    return str(record["status"]["conditions"][-1]["reason"])
