"""Outputs on their way into a store: refused, cut off, written by any user; they arrive, or it is said why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import web as servers
from kubectl import Kubectl, condition
from nodes import kill_in
from objects import container, job, operation, resource, volume
from s3 import Store

LEAVE = """
    import os, pathlib
    os.umask({mask})
    folder = pathlib.Path(os.environ["JOINERY_OUTPUTS_PATH"])
    (folder / "deep").mkdir()
    (folder / "deep" / "file.txt").write_text("written by {who}")
"""
READ = """
    import os, pathlib
    for place in pathlib.Path(os.environ["JOINERY_ARTIFACTS"]).rglob("file.txt"):
        print(place.read_text())
"""


def _leaving(name: str, image: str, *, mask: str = "0o022", security: Any = None, **run: Any) -> dict[str, Any]:
    main = container(image, LEAVE.format(mask=mask, who=name))
    if security is not None:
        main["securityContext"] = security
    return operation(name, run=job(main, **run), tags=[name])


def _reading(name: str, image: str, connection: str) -> dict[str, Any]:
    """An operation that fetches what ``name`` left, by ``artifacts.outputs``."""
    join = {"query": f"tags: {name}", "params": {"files": {"value": "artifacts.outputs", "toInit": True}}}
    inputs = [{"name": "files", "type": "path", "isList": True, "connection": connection}]
    return operation(f"after-{name}", run=job(container(image, READ)), inputs=inputs, joins=[join])


def _not_collected(kubectl: Kubectl, name: str) -> str:
    """The message of an operation that failed since its outputs did not arrive."""
    (found,) = kubectl.ended(name)
    status, reason, message = condition(found, "Succeeded")
    assert (status, reason) == ("False", "OutputsNotCollected"), message
    record = kubectl.get("run", found["status"]["runRef"]["name"])
    assert record["status"]["phase"] == "Failed"
    return message


@pytest.mark.e2e(12)
def test_outputs_that_the_store_refuses_fail_the_operation(kubectl: Kubectl, image: str, s3: Store) -> None:
    kubectl.apply(*s3.connection("store", kubectl.namespace))
    wrong = json.dumps({"stringData": {"AWS_SECRET_ACCESS_KEY": "not-the-one"}})
    kubectl("patch", "secret", "store", "--type=merge", f"--patch={wrong}")
    kubectl.apply(_leaving("refused", image))
    message = _not_collected(kubectl, "refused")
    assert "the store refuses it" in message


@pytest.mark.e2e(12)
def test_a_collector_that_is_killed_at_work_fails_the_operation(kubectl: Kubectl, image: str, node: str) -> None:
    """Kubernetes calls such a pod Succeeded."""
    web = servers.start(kubectl, image=image)
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "stringData": keys},
        resource(
            "Connection",
            "silent",
            {
                "kind": "s3",
                "schema": {"bucket": "b", "endpoint": web.address("silent")},
                "secret": {"name": "keys"},
                "default": True,
            },
        ),
    )
    kubectl.apply(_leaving("killed", image))
    kubectl.until("operation", "killed", lambda found: condition(found, "Reconciling")[1] == "Collecting")
    (pod,) = kubectl.items("pods", "--selector=job-name=killed")
    kill_in(node, pod["metadata"]["uid"], "collect")
    assert "exit code 137" in _not_collected(kubectl, "killed")
    (pod,) = kubectl.items("pods", "--selector=job-name=killed")
    assert pod["status"]["phase"] == "Succeeded"


USERS = {"root": {"runAsUser": 0}, "other": {"runAsUser": 1234, "runAsGroup": 1234}}


@pytest.mark.e2e(13)
def test_a_claim_gets_the_outputs_of_any_user_or_it_is_said_why_not(
    make_namespace: Callable[..., Kubectl], image: str
) -> None:
    """Root whose files nobody else may read; a user whom a fresh claim does not know."""
    kubectl = make_namespace(enforce="privileged")
    nobodys = {"environment": {"securityContext": {}}}
    for name, security in USERS.items():
        kubectl.apply(*volume(name, name, default=False))
        mask = "0o077" if name == "root" else "0o022"
        collect = {"collect": {"connection": name}, **nobodys}
        kubectl.apply(_leaving(name, image, mask=mask, security=security, **collect))
    kubectl.succeeded(*USERS)
    kubectl.apply(*(_reading(name, image, name) for name in USERS))
    by_root, by_other = kubectl.ended(*(f"after-{name}" for name in USERS))
    assert condition(by_other, "Succeeded")[0] == "True"
    assert kubectl.logs("after-other", "--container=main").strip() == "written by other"
    status, _, message = condition(by_root, "Succeeded")
    assert status == "False", "the fetcher is not root, and must not get what only root may read"
    assert "deep" in message
    assert "ermission denied" in message


@pytest.mark.e2e(3, 13)
def test_a_store_gets_the_outputs_of_any_user(make_namespace: Callable[..., Kubectl], image: str, s3: Store) -> None:
    """The collector runs as the main container does, so it reads what only that user may."""
    kubectl = make_namespace(enforce="privileged")
    kubectl.apply(*s3.connection("store", kubectl.namespace))
    kubectl.apply(*(_leaving(name, image, mask="0o077", security=user) for name, user in USERS.items()))
    kubectl.succeeded(*USERS)
    kubectl.apply(*(_reading(name, image, "store") for name in USERS))
    kubectl.succeeded(*(f"after-{name}" for name in USERS))
    for name in USERS:
        assert kubectl.logs(f"after-{name}", "--container=main").strip() == f"written by {name}"


@pytest.mark.e2e(3, 13)
def test_a_pod_with_a_group_writes_to_a_folder_of_a_fresh_claim(kubectl: Kubectl, image: str) -> None:
    """The Connection names a folder that is not there yet, so the outputs are a path below it."""
    claimed, connection = volume("data", "data")
    connection["spec"]["schema"]["path"] = "team/runs"
    kubectl.apply(claimed, connection)
    kubectl.apply(_leaving("grouped", image))
    (grouped,) = kubectl.succeeded("grouped")
    uuid = kubectl.get("run", grouped["status"]["runRef"]["name"])["spec"]["uuid"]
    (pod,) = kubectl.items("pods", "--selector=job-name=grouped")
    mounts = pod["spec"]["containers"][0]["volumeMounts"]
    assert f"team/runs/{uuid}/outputs" in [mount.get("subPath") for mount in mounts]
    kubectl.apply(_reading("grouped", image, "data"))
    kubectl.succeeded("after-grouped")
    assert kubectl.logs("after-grouped", "--container=main").strip() == "written by grouped"
