"""What is killed in the middle ends right: operator, fetcher, kubelet; and upgrades disturb nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cluster.build import ensure
from kubectl import Kubectl, condition, final
from nodes import kill_in
from objects import container, job, operation, run, volume

CHART = Path(__file__).resolve().parents[2] / "charts" / "joinery"


def _slow(name: str, image: str, *, seconds: int = 20, **spec: Any) -> dict[str, Any]:
    script = f"""
        import json, os, pathlib, time
        time.sleep({seconds})
        pathlib.Path(os.environ["JOINERY_OUTPUTS"]).write_text(json.dumps({{"outputs": {{"slept": {seconds}}}}}))
    """
    return operation(name, run=job(container(image, script)), **spec)


def _running(found: dict[str, Any]) -> bool:
    return condition(found, "Reconciling")[1] == "Running"


@pytest.mark.xdist_group("operator")
@pytest.mark.e2e(5)
def test_the_operator_is_killed_while_operations_run(
    kubectl: Kubectl, image: str, operator_at: tuple[str, str, str]
) -> None:
    namespace, deployment, _ = operator_at
    operators = Kubectl(program=kubectl.program, namespace=namespace)
    kubectl.apply(_slow("before", image))
    kubectl.until("operation", "before", _running)
    operators("delete", "pods", "--selector=app.kubernetes.io/name=joinery-operator", "--grace-period=0", "--force")
    kubectl.apply(_slow("while-away", image, seconds=1))
    kubectl.succeeded("before", "while-away")
    operators("rollout", "status", f"deployment/{deployment}", "--timeout=120s")
    for name in ("before", "while-away"):
        pods = kubectl.items("pods", f"--selector=job-name={name}")
        assert len(pods) == 1, "each ran once"


@pytest.mark.xdist_group("operator")
@pytest.mark.e2e(10)
def test_an_upgrade_and_a_rollback_disturb_no_operation(
    kubectl: Kubectl, image: str, operator_at: tuple[str, str, str]
) -> None:
    namespace, deployment, _ = operator_at
    release = deployment.removesuffix("-operator")
    operators = Kubectl(program=kubectl.program, namespace=namespace)
    history = json.loads(_helm("history", release, "--namespace", namespace, "--output=json"))
    kubectl.apply(_slow("running", image, seconds=30))
    kubectl.until("operation", "running", _running)
    wait = ("--namespace", namespace, "--wait", "--timeout=180s")
    _helm("upgrade", release, str(CHART), "--reset-then-reuse-values", "--set=operator.workers=3", *wait)
    kubectl.apply(_slow("after-upgrade", image, seconds=1))
    _helm("rollback", release, str(history[-1]["revision"]), *wait)
    kubectl.apply(_slow("after-rollback", image, seconds=1))
    kubectl.succeeded("running", "after-upgrade", "after-rollback")
    operators.until("deployment", deployment, lambda found: found["status"].get("readyReplicas") == 1)
    assert len(kubectl.items("pods", "--selector=job-name=running")) == 1


@pytest.mark.xdist_group("operator")
@pytest.mark.e2e(16)
def test_a_job_that_times_out_while_the_operator_is_away_is_told_of(
    kubectl: Kubectl, image: str, operator_at: tuple[str, str, str]
) -> None:
    """Its pod is gone with what it had said: `OutputsLost`, not silence."""
    namespace, deployment, _ = operator_at
    operators = Kubectl(program=kubectl.program, namespace=namespace)
    kubectl.apply(_slow("late", image, seconds=600, termination={"timeout": 600}))
    kubectl.until("operation", "late", _running)
    operators("scale", f"deployment/{deployment}", "--replicas=0")
    try:
        operators("wait", "pods", "--selector=app.kubernetes.io/name=joinery-operator", "--for=delete", "--timeout=60s")
        # Its time is over only now, when nobody watches, however long it took the operator to go.
        kubectl("patch", "job", "late", "--type=merge", '--patch={"spec": {"activeDeadlineSeconds": 1}}')
        kubectl("wait", "job/late", "--for=condition=Failed", "--timeout=120s")
        assert not final(kubectl.get("operation", "late"))
    finally:
        operators("scale", f"deployment/{deployment}", "--replicas=1")
    (late,) = kubectl.ended("late")
    assert condition(late, "Succeeded")[:2] == ("False", "DeadlineExceeded")
    assert "OutputsLost" in [one["rule"] for one in late["status"]["warnings"]]
    record = kubectl.get("run", late["status"]["runRef"]["name"])
    assert record["status"]["phase"] == "Failed"
    assert not record["status"].get("outputs")
    operators("rollout", "status", f"deployment/{deployment}", "--timeout=120s")


@pytest.mark.e2e(5)
def test_the_fetcher_is_killed_in_the_middle(kubectl: Kubectl, image: str, node: str) -> None:
    """Its container is started again in the same pod, and every file is there once."""
    kubectl.apply(*volume("data", "data", default=False))
    write = """
        import os, pathlib
        folder = pathlib.Path(os.environ["JOINERY_OUTPUTS_PATH"])
        for number in range(400):
            (folder / f"{number:03}.bin").write_bytes(os.urandom(200_000))
    """
    kubectl.apply(
        operation("write", run=job(container(image, write), collect={"connection": "data"}), tags=["written"])
    )
    kubectl.succeeded("write")
    check = """
        import os, pathlib
        places = [place for place in pathlib.Path(os.environ["JOINERY_ARTIFACTS"]).rglob("outputs/*")]
        print(len(places), sum(place.stat().st_size for place in places))
    """
    join = {"query": "tags: written", "params": {"files": {"value": {"dirs": ["outputs"]}, "toInit": True}}}
    again = {"restartPolicy": "OnFailure"}
    fetch = operation(
        "fetch",
        run=job(container(image, check), environment={"securityContext": {"fsGroup": 1000}, **again}),
        inputs=[{"name": "files", "type": "artifacts", "connection": "data"}],
        joins=[join],
        termination={"maxRetries": 3},
    )
    kubectl.apply(fetch)
    deadline = time.monotonic() + 60
    while not (pods := kubectl.items("pods", "--selector=job-name=fetch")):
        assert time.monotonic() < deadline, "there is no pod"
        time.sleep(0.05)
    kill_in(node, pods[0]["metadata"]["uid"], "fetch")
    kubectl.succeeded("fetch")
    assert kubectl.logs("fetch", "--container=main").split() == ["400", str(400 * 200_000)]
    (pod,) = kubectl.items("pods", "--selector=job-name=fetch")
    (fetcher,) = [one for one in pod["status"]["initContainerStatuses"] if one["name"].startswith("init-artifacts")]
    assert fetcher["restartCount"] >= 1


@pytest.mark.alone  # a container that is being started when it dies never starts
@pytest.mark.e2e(5)
def test_the_kubelet_is_killed_while_an_operation_runs(kubectl: Kubectl, image: str, node: str) -> None:
    kubectl.apply(_slow("running", image))
    kubectl.until("operation", "running", _running)
    subprocess.run(["docker", "exec", node, "systemctl", "kill", "--signal=KILL", "kubelet"], check=True)
    (ended,) = kubectl.succeeded("running")
    record = kubectl.get("run", ended["status"]["runRef"]["name"])
    assert record["status"]["outputs"] == {"slept": 20}


@pytest.mark.first
@pytest.mark.e2e(4)
def test_five_thousand_runs_whole_arrive_as_they_were(kubectl: Kubectl, image: str) -> None:
    """20 MiB of inputs and outputs; the container's digest of what it got is that of what was written."""
    text = hashlib.sha256(kubectl.namespace.encode()).hexdigest() * 31
    runs = [
        run(
            f"r-{n:04}",
            tags=["many"],
            inputs={"n": n, "text": f"{n}{text}"},
            status={"outputs": {"text": f"{text}{n}"}},
        )
        for n in range(5000)
    ]
    lists = [json.dumps({"apiVersion": "v1", "kind": "List", "items": runs[n : n + 500]}) for n in range(0, 5000, 500)]
    with ThreadPoolExecutor(4) as pool:  # kubectl makes one after the other
        list(
            pool.map(lambda listed: kubectl("apply", "--server-side", "--filename=-", stdin=listed, timeout=600), lists)
        )
    join = {
        "query": "tags: many",
        "sort": "inputs.n",
        "params": {"ins": {"value": "inputs"}, "outs": {"value": "outputs"}},
    }
    inputs = [{"name": name, "type": "dict", "isList": True} for name in ("ins", "outs")]
    script = """
        import hashlib, json, os, pathlib
        params = json.loads(pathlib.Path(os.environ["JOINERY_PARAMS"]).read_text())
        whole = json.dumps([params["ins"], params["outs"]], sort_keys=True)
        print(len(params["ins"]), hashlib.sha256(whole.encode()).hexdigest())
    """
    kubectl.apply(operation("all", run=job(container(image, script)), inputs=inputs, joins=[join]))
    kubectl.succeeded("all", patience=300)
    sent = [[one["spec"]["inputs"] for one in runs], [one["status"]["outputs"] for one in runs]]
    digest = hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()
    assert kubectl.logs("all", "--container=main").split() == ["5000", digest]


def _helm(*arguments: str) -> str:
    helm = ensure(["helm"])["helm"]
    ran = subprocess.run([helm, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
