"""How far a Job is: read from the Job, its pods and the Events about it, into a State and a phase of the Run. Pure.

Source: spec 5, the table of states from *Kueue holds it* on; spec 4, *The Run of an operation*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joinery.api.v1alpha1 import reasons
from joinery.control import outputs, states

MAIN = "main"
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"  # the pod annotation that names the main container
COLLECT = "collect"
FETCH_PREFIX = "init-artifacts-"
MISSING_EXIT = 3  # `joinery fetch`: something that must be there is not


NOTHING = outputs.Outputs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where the Job stands. ``phase`` is the Run's; ``outputs`` what the main container left, once it has ended."""

    state: states.State
    phase: str
    started_at: str | None = None
    finished_at: str | None = None
    outputs: outputs.Outputs = NOTHING
    warnings: tuple[tuple[str, str], ...] = ()  # reason, message

    @property
    def ended(self) -> bool:
        return self.state.final


def read(job: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], *, failed_creates: Sequence[str] = ()) -> Progress:
    """What the Job and its pods say. ``failed_creates``: messages of FailedCreate Events while there is no pod."""
    status = job.get("status") or {}
    ended = {item["type"]: item for item in status.get("conditions") or () if item.get("status") == "True"}
    pod = _newest(pods)
    started = status.get("startTime")
    if "Complete" in ended or "SuccessCriteriaMet" in ended:
        return _complete(pod, started=started, finished=status.get("completionTime") or _when(ended))
    if "Failed" in ended or "FailureTarget" in ended:
        return _failed(ended.get("Failed") or ended["FailureTarget"], pod, started=started)
    if (job.get("spec") or {}).get("suspend"):
        return Progress(state=states.held("the Job is suspended: a queue admits it when there is room"), phase="Queued")
    if pod is None:
        return _no_pod(failed_creates)
    return _going_on(pod, retries=int(status.get("failed") or 0), started=started)


def failed_by_deletion(job: Mapping[str, Any]) -> bool:
    """Whether it failed only on its way out: the Job controller counts the pods that go with it as failed."""
    going = job["metadata"].get("deletionTimestamp")
    conditions = (job.get("status") or {}).get("conditions") or ()
    failed = [
        str(item.get("lastTransitionTime") or "")
        for item in conditions
        if item.get("type") in ("Failed", "FailureTarget") and item.get("status") == "True"
    ]
    return bool(going and failed) and min(failed) >= str(going)


def _when(ended: Mapping[str, Mapping[str, Any]]) -> str | None:
    times = [item.get("lastTransitionTime") for item in ended.values()]
    return max((time for time in times if time), default=None)


def _no_pod(failed_creates: Sequence[str]) -> Progress:
    if failed_creates:
        state = states.going_on(reasons.PODS_REFUSED, f"no pod could be made: {failed_creates[-1]}")
        return Progress(state=state, phase="Warning")
    return Progress(state=states.going_on(reasons.PENDING, "the Job has no pod yet"), phase="Queued")


def _going_on(pod: Mapping[str, Any], *, retries: int, started: str | None) -> Progress:
    status = pod.get("status") or {}
    main = main_container(pod)
    state = (main or {}).get("state") or {}
    scheduled: Mapping[str, Any] = next(
        (item for item in status.get("conditions") or () if item.get("type") == "PodScheduled"), {}
    )
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        message = str(scheduled.get("message") or "no node fits")
        return Progress(
            state=states.going_on(reasons.UNSCHEDULABLE, message), phase="Unschedulable", started_at=started
        )
    if "terminated" in state and container(pod, COLLECT) is not None:
        said = "the container has ended; its outputs are being collected"
        return Progress(state=states.going_on(reasons.COLLECTING, said), phase="Processing", started_at=started)
    if "running" in state:
        return Progress(
            state=states.going_on(reasons.RUNNING, "the container is running"), phase="Running", started_at=started
        )
    if retries:
        said = f"the container failed {retries} {'time' if retries == 1 else 'times'} and is tried again"
        return Progress(state=states.going_on(reasons.RETRYING, said), phase="Retrying", started_at=started)
    return Progress(
        state=states.going_on(reasons.PENDING, _waiting(pod)),
        phase="Starting" if status.get("initContainerStatuses") else "Scheduled",
        started_at=started,
    )


def _waiting(pod: Mapping[str, Any]) -> str:
    """What a pod that has not started its container waits for."""
    status = pod.get("status") or {}
    for item in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        waiting = (item.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            return f"container {item['name']}: {waiting['reason']}: {waiting.get('message') or 'no message'}"
        if "running" in (item.get("state") or {}) and item["name"] not in (main_name(pod), COLLECT):
            return f"init container {item['name']} is running"
    return "the pod is being started"


def _complete(pod: Mapping[str, Any] | None, *, started: str | None, finished: str | None) -> Progress:
    if pod is None:
        lost = (reasons.OUTPUTS_LOST, "the pod was gone before its outputs could be read")
        return Progress(
            state=states.done("the Job is complete"), phase="Succeeded", started_at=started, finished_at=finished,
            warnings=(lost,),
        )  # fmt: skip
    if problem := _not_collected(pod):
        return Progress(
            state=states.failed(reasons.OUTPUTS_NOT_COLLECTED, problem), phase="Failed", started_at=started,
            finished_at=finished,
        )  # fmt: skip
    found = _outputs(pod)
    warned = ((found.reason, found.warning),) if found.warning else ()
    return Progress(
        state=states.done("the Job is complete"), phase="Succeeded", started_at=started, finished_at=finished,
        outputs=found, warnings=warned,
    )  # fmt: skip


def _failed(condition: Mapping[str, Any], pod: Mapping[str, Any] | None, *, started: str | None) -> Progress:
    is_late = condition.get("reason") == "DeadlineExceeded"
    reason, message = reasons.JOB_FAILED, str(condition.get("message") or "the Job failed")
    if is_late:
        reason, message = reasons.DEADLINE_EXCEEDED, "the Job ran longer than `termination.timeout`"
    elif pod is not None:
        reason, message = _why(pod, message)
    found, lost = NOTHING, ""
    if pod is not None and (_ended(pod) or not is_late):
        found = _outputs(pod)
    elif is_late:
        # Kubernetes deletes the pods of a Job past its deadline, and what they said with them.
        lost = "the pod was deleted at the deadline, with what it had said"
    else:
        lost = "the pod was gone before its outputs could be read"
    return Progress(
        state=states.failed(reason, message), phase="Failed", started_at=started,
        finished_at=condition.get("lastTransitionTime"), outputs=found,
        warnings=((reasons.OUTPUTS_LOST, lost),) if lost else (),
    )  # fmt: skip


def _why(pod: Mapping[str, Any], otherwise: str) -> tuple[str, str]:
    """Reason and message of a failed pod: the container whose bad end came first, its exit code and last lines."""
    status = pod.get("status") or {}
    # What the kubelet or the scheduler did to the whole pod: Evicted, OutOfcpu, NodeLost …
    whole = ": ".join(str(status[key]) for key in ("reason", "message") if status.get(key))
    for item in _by_end(pod):
        ended = (item.get("state") or {}).get("terminated") or (item.get("lastState") or {}).get("terminated") or {}
        if not ended or ended.get("exitCode") == 0:
            continue
        said = outputs.last_lines(str(ended.get("message") or ""))
        text = f"container {item['name']} ended with exit code {ended.get('exitCode')} ({ended.get('reason')})"
        text = f"{whole}; {text}" if whole else text
        message = f"{text}:\n{said}" if said else text
        if item["name"].startswith(FETCH_PREFIX) and ended.get("exitCode") == MISSING_EXIT:
            return reasons.ARTIFACTS_MISSING, message
        if item["name"] == COLLECT:
            return reasons.OUTPUTS_NOT_COLLECTED, message
        return reasons.JOB_FAILED, message
    return reasons.JOB_FAILED, f"{otherwise}: {whole}" if whole else otherwise


def _by_end(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statuses of containers in the order of what their end means: those that run before the main container, that
    one, and the sidecars, which are ended once it has ended."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    sidecars = {one["name"] for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"}
    init = list(status.get("initContainerStatuses") or ())
    before = [item for item in init if item["name"] not in sidecars]
    beside = [item for item in init if item["name"] in sidecars]
    return [*before, *(status.get("containerStatuses") or ()), *beside]


def _not_collected(pod: Mapping[str, Any]) -> str:
    """What is wrong with the collecting sidecar of a pod that Kubernetes calls succeeded; empty when nothing is."""
    if not any(item.get("name") == COLLECT for item in (pod.get("spec") or {}).get("initContainers") or ()):
        return ""
    ended = ((container(pod, COLLECT) or {}).get("state") or {}).get("terminated") or {}
    said = str(ended.get("message") or "")
    if ended.get("exitCode") == 0 and said.strip():
        return ""
    how = f"ended with exit code {ended['exitCode']}" if "exitCode" in ended else "did not end by itself"
    return f"the outputs were not collected: the sidecar {how}" + (f":\n{outputs.last_lines(said)}" if said else "")


def _outputs(pod: Mapping[str, Any]) -> outputs.Outputs:
    ended = ((main_container(pod) or {}).get("state") or {}).get("terminated") or {}
    spec = pod.get("spec") or {}
    count = len(spec.get("containers") or ()) + len(spec.get("initContainers") or ())
    return outputs.read(str(ended.get("message") or ""), containers=count)


def last_said(pods: Sequence[Mapping[str, Any]]) -> tuple[outputs.Outputs, tuple[tuple[str, str], ...]]:
    """What the newest pod of a Job that is stopped has said by now, and warnings of what is lost (reason, message)."""
    pod = _newest(pods)
    state = (main_container(pod) or {}).get("state") or {} if pod is not None else {}
    if pod is None or "waiting" in state or not state:
        return NOTHING, ()  # it had not begun: there was nothing to lose
    if "terminated" not in state:
        return NOTHING, ((reasons.OUTPUTS_LOST, "stopped before its outputs were written"),)
    found = _outputs(pod)
    warned = ((found.reason, found.warning),) if found.warning else ()
    if container(pod, COLLECT) is not None:
        warned = (*warned, (reasons.OUTPUTS_LOST, "stopped before its files were collected"))
    return found, warned


def _newest(pods: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return max(pods, key=lambda found: found["metadata"].get("creationTimestamp") or "", default=None)


def _ended(pod: Mapping[str, Any]) -> bool:
    return "terminated" in ((main_container(pod) or {}).get("state") or {})


def main_name(pod: Mapping[str, Any]) -> str:
    """The name of the container whose end is the run's."""
    return str((pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER) or MAIN)


def main_container(pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The status of the main container."""
    return container(pod, main_name(pod))


def container(pod: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The status of a container, init containers and sidecars included."""
    status = pod.get("status") or {}
    both = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return next((item for item in both if item.get("name") == name), None)


def fetched(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The summaries that the fetching init containers left."""
    return [
        {"container": item["name"], "message": ended.get("message") or ""}
        for item in (pod.get("status") or {}).get("initContainerStatuses") or ()
        if item["name"].startswith(FETCH_PREFIX) and (ended := (item.get("state") or {}).get("terminated"))
    ]
