"""How far a Job is, from what Kubernetes says of it; and what a termination message is worth."""

from __future__ import annotations

import json
from typing import Any

import pytest

from joinery.control import outputs, progress

DOCUMENT = json.dumps({"outputs": {"best": 3}, "metrics": {"loss": {"last": 0.1, "min": 0.1}}})


def job(*conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {"spec": {}, "status": {"conditions": [{"status": "True", **item} for item in conditions], **status}}


def pod(
    *, main: dict[str, Any] | None = None, inits: dict[str, dict[str, Any]] | None = None, **status: Any
) -> dict[str, Any]:
    named = inits or {}
    return {
        "metadata": {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"containers": [{"name": "main"}], "initContainers": [{"name": name} for name in named]},
        "status": {
            "containerStatuses": [{"name": "main", "state": main}] if main else [],
            "initContainerStatuses": [{"name": name, "state": state} for name, state in named.items()],
            **status,
        },
    }


def ended(code: int, message: str = "", reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


COMPLETE = {"type": "Complete"}
FAILED = {"type": "Failed", "reason": "BackoffLimitExceeded"}
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no cpu"}


@pytest.mark.parametrize(
    ("found", "pods", "phase", "reason"),
    [
        (job(), [], "Queued", "Pending"),
        (job(), [pod(conditions=[UNSCHEDULABLE])], "Unschedulable", "Unschedulable"),
        (job(), [pod()], "Scheduled", "Pending"),
        (job(), [pod(main={"running": {}})], "Running", "Running"),
        (job(failed=1), [pod()], "Retrying", "Retrying"),
        (job(), [pod(main=ended(0), inits={"collect": {"running": {}}})], "Processing", "Collecting"),
        (job(COMPLETE), [pod(main=ended(0))], "Succeeded", "JobComplete"),
        (job(COMPLETE), [pod(main=ended(0), inits={"collect": ended(0, "{}")})], "Succeeded", "JobComplete"),
        (job(COMPLETE), [pod(main=ended(0), inits={"collect": ended(1, "s3")})], "Failed", "OutputsNotCollected"),
        (job(COMPLETE), [pod(main=ended(0), inits={"collect": ended(137)})], "Failed", "OutputsNotCollected"),
        (job(COMPLETE), [pod(main=ended(0), inits={"collect": ended(0)})], "Failed", "OutputsNotCollected"),
        (job(FAILED), [pod(main=ended(2, "no data"))], "Failed", "JobFailed"),
        (job(FAILED), [pod(inits={"init-artifacts-s3": ended(3, "a/b")})], "Failed", "ArtifactsMissing"),
        (job({"type": "Failed", "reason": "DeadlineExceeded"}), [], "Failed", "DeadlineExceeded"),
    ],
)
def test_the_phase_and_reason(found: dict[str, Any], pods: list[dict[str, Any]], phase: str, reason: str) -> None:
    read = progress.read(found, pods)
    assert (read.phase, read.state.ready.reason) == (phase, reason)
    assert read.ended == (phase in {"Succeeded", "Failed"})


def test_a_job_that_a_queue_holds() -> None:
    held = progress.read({"spec": {"suspend": True}, "status": {}}, [])
    assert (held.phase, held.state.launched.reason) == ("Queued", "JobSuspended")


def test_pods_that_are_refused_are_told_with_the_reason() -> None:
    refused = progress.read(job(), [], failed_creates=["violates PodSecurity"])
    assert refused.state.ready.reason == "PodsRefused"
    assert "violates PodSecurity" in refused.state.message


def test_a_failure_carries_exit_code_and_last_lines() -> None:
    read = progress.read(job(FAILED), [pod(main=ended(2, "one\ntwo\x1b[31m\n"))])
    assert "exit code 2" in read.state.message
    assert read.state.message.endswith("one\ntwo [31m")


def test_what_was_lost_is_said() -> None:
    assert progress.read(job(COMPLETE), []).warnings[0][0] == "OutputsLost"
    assert progress.read(job({"type": "Failed", "reason": "DeadlineExceeded"}), []).warnings[0][0] == "OutputsLost"
    assert progress.read(job(FAILED), []).warnings[0][0] == "OutputsLost"
    assert not progress.read(job(FAILED), [pod(main=ended(2, "no data"))]).warnings


def test_what_a_container_said_before_its_deadline_is_kept() -> None:
    late = job({"type": "Failed", "reason": "DeadlineExceeded"})
    found = progress.read(late, [pod(main=ended(143, DOCUMENT))])
    assert found.outputs.outputs == {"best": 3}
    assert not found.warnings
    assert progress.read(late, [pod(main={"running": {}})]).warnings[0][0] == "OutputsLost"


def test_what_a_stopped_job_has_said_by_then_is_kept() -> None:
    ended_one = pod(main=ended(0, DOCUMENT))
    assert progress.last_said([ended_one]) == (outputs.read(DOCUMENT, containers=1), ())
    collecting = pod(main=ended(0, DOCUMENT), inits={"collect": {"running": {}}})
    said, ((reason, message),) = progress.last_said([collecting])
    assert (said.outputs, reason, message) == ({"best": 3}, "OutputsLost", "stopped before its files were collected")
    assert progress.last_said([pod(main=ended(0, "{"))])[1][0][0] == "OutputsTruncated"
    assert progress.last_said([pod(main={"running": {}})])[1][0][0] == "OutputsLost"
    for not_begun in ([], [pod()], [pod(main={"waiting": {"reason": "PodInitializing"}})]):
        assert progress.last_said(not_begun) == (progress.NOTHING, ())


def test_a_failure_is_told_by_what_ended_first() -> None:
    """Sidecars are ended because the main container has: their exit codes explain nothing."""
    found = pod(main=ended(2, "no data"), inits={"proxy": ended(143), "collect": ended(1, "the store refuses it")})
    for one in found["spec"]["initContainers"]:
        one["restartPolicy"] = "Always"
    read = progress.read(job(FAILED), [found])
    assert "container main ended with exit code 2" in read.state.message
    assert "no data" in read.state.message
    found["status"]["containerStatuses"][0]["state"] = ended(0)
    assert "container proxy ended with exit code 143" in progress.read(job(FAILED), [found]).state.message


def test_what_was_done_to_the_whole_pod_is_told() -> None:
    evicted = pod(main=ended(137), reason="Evicted", message="The node was low on resource: memory.")
    said = progress.read(job(FAILED), [evicted]).state.message
    assert said.startswith("Evicted: The node was low on resource: memory.; container main ended with exit code 137")
    refused = pod(reason="OutOfcpu", message="Node didn't have enough resource: cpu")
    assert "OutOfcpu: Node didn't have" in progress.read(job(FAILED), [refused]).state.message


def test_outputs_and_metrics_are_read_whole() -> None:
    found = outputs.read(DOCUMENT, containers=1)
    assert (found.outputs, found.metrics) == ({"best": 3}, {"loss": {"last": 0.1, "min": 0.1}})
    assert not found.warning
    assert not outputs.read("", containers=1)


@pytest.mark.parametrize(
    "message",
    [
        DOCUMENT[:-1],
        "[1]",
        "3",
        '{"outputs": []}',
        '{"other": {}}',
        '{"metrics": {"loss": "low"}}',
        '{"metrics": {"loss": true}}',
        '{"metrics": {"loss": {"min": 1}}}',
        '{"artifacts": [{"path": "x"}]}',
        '{"artifacts": [{"name": ""}]}',
        '{"artifacts": ["model"]}',
        '{"artifacts": [{"name": "m", "kind": 5}]}',
        '{"artifacts": [{"name": "m", "size": 5}]}',
        '{"artifacts": [{"name": "m", "summary": []}]}',
        json.dumps({"artifacts": [{"name": "m" * 300}]}),
        json.dumps({"outputs": {"text": "x" * 4_080}}),
        json.dumps({"outputs": {"text": "é" * 2_040}}, ensure_ascii=False)[:-2],
    ],
)
def test_half_a_document_is_a_warning_and_no_value(message: str) -> None:
    found = outputs.read(message, containers=1)
    assert not found
    assert found.reason == "OutputsTruncated"
    assert found.warning


def test_what_is_wrong_in_a_document_is_named() -> None:
    document = {"metrics": {"loss": "low"}, "artifacts": [{"name": "a"}, {"name": "m", "kind": 5, "size": 1}]}
    said = outputs.read(json.dumps(document), containers=1).warning
    for place in ("metrics.loss: ", "artifacts[1].kind: must be text", "artifacts[1].size: unknown field"):
        assert place in said


def test_many_containers_leave_less_room() -> None:
    document = json.dumps({"outputs": {"text": "x" * 2_500}})
    assert outputs.read(document, containers=1)
    assert outputs.read(document, containers=6).warning


@pytest.mark.parametrize(
    ("deleted", "failed", "expected"),
    [
        ("2026-01-01T00:00:05Z", "2026-01-01T00:00:05Z", True),
        ("2026-01-01T00:00:05Z", "2026-01-01T00:00:04Z", False),
        ("2026-01-01T00:00:05Z", None, False),
        (None, "2026-01-01T00:00:05Z", False),
    ],
)
def test_what_fails_on_its_way_out_was_deleted(deleted: str | None, failed: str | None, expected: bool) -> None:
    conditions = [{**FAILED, "lastTransitionTime": failed}] if failed else []
    found = {"metadata": {"deletionTimestamp": deleted} if deleted else {}, **job(*conditions)}
    assert progress.failed_by_deletion(found) is expected
