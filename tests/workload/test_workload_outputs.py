"""What a run leaves behind: a folder of a volume, or files that a native sidecar uploads. Spec 4."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from joinery.problems import InvalidOperation
from workload.making import (
    BUCKET,
    CLAIM,
    OUTPUTS,
    UUID,
    component,
    connections,
    document,
    init,
    made,
    main,
    mounts,
    pod,
    volume,
)

KEY = "manifest.json.gz"


def test_outputs_on_a_volume_claim_are_written_in_place() -> None:
    workload = made(component(), connections=connections(data={**CLAIM, "default": True}))
    mount = mounts(main(workload))[OUTPUTS]
    assert mount == {"name": "joinery-store-data", "mountPath": OUTPUTS, "subPath": f"runs/{UUID}/outputs"}
    container = init(workload)["init-outputs"]
    assert container["args"] == ["init-outputs", "--root", "/joinery/stores/data/runs", f"{UUID}/outputs"]
    assert "readOnly" not in mounts(container)["/joinery/stores/data"]
    assert (workload.collector, "terminationGracePeriodSeconds" in pod(workload)) == (None, False)


def test_outputs_for_an_object_store_are_collected_by_a_native_sidecar(tmp_path: Path) -> None:
    what = component(
        container={"securityContext": {"runAsUser": 1234}},
        collect={"connection": "s3"},
        init=[{"container": {"name": "own", "image": "busybox"}}],
        sidecars=[{"name": "proxy", "image": "proxy"}],
        environment={"terminationGracePeriodSeconds": 30, "securityContext": {"runAsGroup": 7}},
    )
    workload = made(what, connections=connections(data={**CLAIM, "default": True}, s3=BUCKET))
    assert list(init(workload)) == ["own", "collect", "proxy"]
    collect = init(workload)["collect"]
    assert collect["args"] == [
        *("collect", "--manifest", "/joinery/manifest/part-0000"),
        *("--source", OUTPUTS, "--ready", "/tmp/collect-ready", "--timeout", "600"),
    ]
    (probe,) = (one for one in collect["startupProbe"]["exec"]["command"] if "collect-ready" in one)
    assert mounts(collect)["/tmp"], "where the probe looks"
    ready = tmp_path / "collect-ready"
    asked = [sys.executable, "-c", probe.replace("/tmp/collect-ready", str(ready))]
    assert subprocess.run(asked, check=False, capture_output=True).returncode == 1
    ready.touch()
    assert subprocess.run(asked, check=False).returncode == 0
    assert collect["restartPolicy"] == init(workload)["proxy"]["restartPolicy"] == "Always"
    assert (collect["securityContext"]["runAsUser"], collect["securityContext"]["runAsGroup"]) == (1234, 7)
    assert [one["name"] for one in collect["env"]] == BUCKET["secret"]["items"]
    assert mounts(collect)[OUTPUTS] == {"name": "joinery-outputs", "mountPath": OUTPUTS, "readOnly": True}
    assert mounts(main(workload))[OUTPUTS] == {"name": "joinery-outputs", "mountPath": OUTPUTS}
    assert pod(workload)["terminationGracePeriodSeconds"] == 600
    assert document(workload, "collect", KEY)["destination"] == f"{UUID}/outputs"
    assert workload.collector == "collect"


@pytest.mark.parametrize(("own", "of_pod", "expected"), [(None, None, 65532), (None, 5, 5), (6, 5, 6), (0, None, 0)])
def test_collect_runs_as_the_main_container_does(own: int | None, of_pod: int | None, expected: int) -> None:
    what = component(
        container={"securityContext": {"runAsUser": own}} if own is not None else {},
        environment={"securityContext": {"runAsUser": of_pod}} if of_pod is not None else {},
    )
    workload = made(what, connections=connections(s3={**BUCKET, "default": True}))
    context = init(workload)["collect"]["securityContext"]
    assert (context["runAsUser"], context["runAsNonRoot"]) == (expected, expected != 0)


def test_a_longer_grace_period_stays_and_collects_timeout_counts() -> None:
    what = component(collect={"connection": "s3", "timeout": 60}, environment={"terminationGracePeriodSeconds": 90})
    workload = made(what, connections=connections(s3=BUCKET))
    assert pod(workload)["terminationGracePeriodSeconds"] == 90
    assert init(workload)["collect"]["args"][-1] == "60"


def test_without_a_connection_outputs_stay_in_the_pod() -> None:
    workload = made(component())
    assert volume(workload, "joinery-outputs") == {"name": "joinery-outputs", "emptyDir": {}}
    assert mounts(main(workload))[OUTPUTS]["name"] == "joinery-outputs"
    assert (workload.collector, workload.warnings, init(workload)) == (None, [], {})


def test_a_connection_that_cannot_be_written_to() -> None:
    web = {"kind": "http", "schema": {"endpoint": "https://files"}}
    workload = made(component(), connections=connections(web={**web, "default": True}))
    assert [one.rule for one in workload.warnings] == ["outputs-not-kept"]
    with pytest.raises(InvalidOperation, match="cannot be written to"):
        made(component(collect={"connection": "web"}), connections=connections(web=web))
    with pytest.raises(InvalidOperation) as caught:
        made(component(collect={"timeout": 5}))
    assert caught.value.reason == "ConnectionNotFound"


@pytest.mark.parametrize("store", [BUCKET, CLAIM])
def test_no_container_starts_again_among_its_files_where_they_would_be_kept(
    store: dict[str, Any],
) -> None:
    """Of two attempts the later one's files are kept alone: in one pod nobody could tell them apart."""
    again = component(environment={"restartPolicy": "OnFailure"})
    with pytest.raises(InvalidOperation, match="files of the attempt before") as refused:
        made(again, connections=connections(store={**store, "default": True}))
    assert refused.value.problems[0].path.endswith(".run.environment.restartPolicy")
    kept = made(again, connections=connections(store=store))
    assert pod(kept)["restartPolicy"] == "OnFailure", "where they go with the pod, it may"
