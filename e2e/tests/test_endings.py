"""How an operation can end other than well: failures, retries, timeouts, a hand that stops or deletes it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from kubectl import Kubectl, condition
from objects import container, job, operation, run, volume


def _own_run(kubectl: Kubectl, found: dict[str, Any]) -> dict[str, Any]:
    return kubectl.get("run", found["status"]["runRef"]["name"])


@pytest.mark.e2e(6)
def test_a_failure_carries_its_code_and_last_lines_after_every_retry(kubectl: Kubectl, image: str) -> None:
    main = container(image, "import sys; print('no such data: digits.csv'); sys.exit(3)")
    kubectl.apply(operation("fails", run=job(main), termination={"maxRetries": 1}))
    (failed,) = kubectl.ended("fails")
    status, reason, message = condition(failed, "Succeeded")
    assert (status, reason) == ("False", "JobFailed")
    assert "3" in message
    assert "no such data: digits.csv" in message
    assert condition(failed, "Stalled")[0] == "True"
    assert _own_run(kubectl, failed)["status"]["phase"] == "Failed"
    attempts = kubectl.get("job", "fails")["status"]["failed"]
    assert attempts == 2


@pytest.mark.e2e(6)
def test_a_timeout_ends_it_and_a_ttl_removes_the_job_but_not_the_record(kubectl: Kubectl, image: str) -> None:
    slow = container(image, "import time; time.sleep(600)")
    quick = container(image, "print('done')")
    kubectl.apply(
        operation("slow", run=job(slow), termination={"timeout": 5}),
        operation("quick", run=job(quick), termination={"ttl": 1}),
    )
    slow_one, quick_one = kubectl.ended("slow", "quick")
    assert condition(slow_one, "Succeeded")[:2] == ("False", "DeadlineExceeded")
    assert condition(quick_one, "Succeeded")[0] == "True"
    deadline = time.monotonic() + 60
    while any(one["metadata"]["name"] == "quick" for one in kubectl.items("jobs")):
        assert time.monotonic() < deadline, "the Job is still there"
        time.sleep(0.5)
    after = kubectl.get("operation", "quick")
    assert condition(after, "Succeeded")[0] == "True", "what is over stays over"
    assert _own_run(kubectl, after)["status"]["phase"] == "Succeeded"


@pytest.mark.e2e(6)
def test_stopped_and_deleted_the_work_ends_and_the_records_stay(kubectl: Kubectl, image: str) -> None:
    slow = container(image, "import time; time.sleep(600)")
    kubectl.apply(operation("stopped", run=job(slow)), operation("deleted", run=job(slow)))
    for name in ("stopped", "deleted"):
        kubectl.until("operation", name, lambda found: condition(found, "Reconciling")[1] == "Running")
    deleted = kubectl.get("operation", "deleted")
    kubectl("patch", "operation", "stopped", "--type=merge", '--patch={"spec": {"stop": true}}')
    kubectl("delete", "operation", "deleted", "--timeout=60s")
    (stopped,) = kubectl.ended("stopped")
    assert condition(stopped, "Succeeded")[:2] == ("False", "Stopped")
    for found in (stopped, deleted):
        record = found["status"]["runRef"]["name"]
        kubectl.until("run", record, lambda one: one["status"]["phase"] == "Stopped")
    deadline = time.monotonic() + 60
    while kubectl.items("pods"):
        assert time.monotonic() < deadline, "pods are still there"
        time.sleep(0.5)


@pytest.mark.e2e(14)
def test_of_two_attempts_the_later_ones_files_are_kept_alone(kubectl: Kubectl, image: str) -> None:
    kubectl.apply(*volume("data", "data"))
    script = """
        import os, pathlib, sys
        folder = pathlib.Path(os.environ["JOINERY_OUTPUTS_PATH"])
        mark = pathlib.Path("/joinery/connections/data/been-here")
        first = not mark.exists()
        # A folder of this user's, which the user of Joinery's own containers may not empty.
        (folder / "deep").mkdir(mode=0o755)
        (folder / "deep" / ("first.txt" if first else "second.txt")).write_text("x")
        mark.write_text("x")
        sys.exit(1 if first else 0)
    """
    twice = operation("twice", run=job(container(image, script), connections=["data"]), termination={"maxRetries": 2})
    kubectl.apply(twice)
    (ended,) = kubectl.succeeded("twice")
    uuid = _own_run(kubectl, ended)["spec"]["uuid"]
    # All of the run's own folder: a join may take it whole.
    root = f"/joinery/connections/data/{uuid}"
    look = f"import os; print([os.path.relpath(r, '{root}') + '/' + n for r, d, f in os.walk('{root}') for n in f])"
    kubectl.apply(operation("look", run=job(container(image, look), connections=["data"])))
    kubectl.succeeded("look")
    assert kubectl.logs("look", "--container=main").strip() == "['outputs/deep/second.txt']"


@pytest.mark.e2e(17)
@pytest.mark.parametrize(
    "document",
    [
        '{"outputs": {"a": 1',
        "[1, 2]",
        json.dumps({"outputs": {"a": "x" * 4097}}),
        '{"outputs": {"a": "' + "é" * 2100 + '"}}',
    ],
    ids=["half-written", "an-array", "too-long", "cut-in-a-character"],
)
def test_outputs_that_are_no_whole_document_are_a_warning_and_no_value(
    kubectl: Kubectl, image: str, document: str
) -> None:
    script = f"import os, pathlib; pathlib.Path(os.environ['JOINERY_OUTPUTS']).write_text({document!r})"
    kubectl.apply(operation("odd", run=job(container(image, script))))
    (odd,) = kubectl.ended("odd")
    assert "OutputsTruncated" in json.dumps(odd["status"])
    assert not _own_run(kubectl, odd)["status"].get("outputs")


@pytest.mark.e2e(18)
def test_a_component_that_breaks_pod_security_says_so(kubectl: Kubectl, image: str) -> None:
    main = container(image, "print('never')") | {"securityContext": {"privileged": True}}
    kubectl.apply(operation("privileged", run=job(main)))
    found = kubectl.until("operation", "privileged", lambda one: condition(one, "Reconciling")[1] == "PodsRefused")
    assert "privileged" in condition(found, "Reconciling")[2]


@pytest.mark.e2e(15)
def test_a_snapshot_whose_maps_are_gone_is_never_searched_again(kubectl: Kubectl, image: str) -> None:
    """Large results lie in ConfigMaps; without them the operation says so and runs nothing."""
    kubectl.apply(*(run(f"past-{n}", tags=["past"], inputs={"text": f"{n}" * 30_000}) for n in range(4)))
    join = {"query": "tags: past", "params": {"texts": {"value": "inputs.text"}}}
    inputs = [{"name": "texts", "type": "str", "isList": True}]
    main = container(image, "print('never')")
    kubectl.apply(operation("lost", run=job(main), inputs=inputs, joins=[join], suspend=True))
    kubectl.until("operation", "lost", lambda one: condition(one, "Resolved")[0] == "True")
    names = [one["metadata"]["name"] for one in kubectl.items("configmaps")]
    maps = [name for name in names if name.startswith("lost-")]
    assert maps
    kubectl("delete", "configmap", *maps)
    kubectl("patch", "operation", "lost", "--type=merge", '--patch={"spec": {"suspend": false}}')
    (lost,) = kubectl.ended("lost")
    assert condition(lost, "Launched")[:2] == ("False", "SnapshotLost")
    assert not kubectl.items("jobs")
