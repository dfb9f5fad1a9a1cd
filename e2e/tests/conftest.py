"""The cluster that KUBECONFIG names, with Joinery in it; a namespace a test."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator

import pytest
import s3 as s3_server
from image import minio as minio_image
from kubectl import Kubectl, program

SELECTOR = "app.kubernetes.io/name=joinery-operator,app.kubernetes.io/part-of=joinery"


@pytest.fixture(scope="session")
def operator_at() -> tuple[str, str, str]:
    """Namespace and name of the operator's Deployment, and its image."""
    asked = [str(program()), "get", "deployments", "--all-namespaces", f"--selector={SELECTOR}", "--output=json"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout)["items"] if ran.returncode == 0 else []
    if len(found) != 1:
        why = ran.stderr.strip() or f"{len(found)} operators are installed there"
        # A cluster was promised: nothing may pass by not being tried.
        promised = os.environ.get("CI") or os.environ.get("E2E_CLUSTER_MADE")
        give_up = pytest.fail if promised else pytest.skip
        give_up(f"NO END TO END TEST CAN RUN: no cluster with Joinery in it at KUBECONFIG: {why}")
    metadata, pod = found[0]["metadata"], found[0]["spec"]["template"]["spec"]
    return metadata["namespace"], metadata["name"], pod["containers"][0]["image"]


@pytest.fixture(scope="session")
def image(operator_at: tuple[str, str, str]) -> str:
    """An image with Python in it that the cluster has for sure: our own."""
    return operator_at[2]


@pytest.fixture(scope="session")
def make_namespace(operator_at: tuple[str, str, str]) -> Iterator[Callable[..., Kubectl]]:
    """``make_namespace(enforce="restricted")``: a namespace with that Pod Security, deleted at the end."""
    made: list[str] = []

    def make(*, enforce: str = "restricted") -> Kubectl:
        name = f"e2e-{secrets.token_hex(4)}"
        kubectl = Kubectl(program=program(), namespace=name)
        labels = {"pod-security.kubernetes.io/enforce": enforce}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        kubectl("create", "--filename=-", stdin=json.dumps(namespace))
        made.append(name)
        return kubectl

    yield make
    for name in made:
        Kubectl(program=program(), namespace=name)("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def s3(make_namespace: Callable[..., Kubectl], image: str) -> s3_server.Store:
    """An S3 server in the cluster, for the whole session. Its image: `E2E_MINIO_IMAGE`, else what `run.py` loaded."""
    minio = os.environ.get("E2E_MINIO_IMAGE", minio_image.IMAGE)
    return s3_server.start(make_namespace(), image=minio, python=image)


@pytest.fixture
def kubectl(make_namespace: Callable[..., Kubectl]) -> Kubectl:
    """kubectl in a namespace of the test's own, which enforces restricted Pod Security."""
    return make_namespace()


@pytest.fixture
def node() -> str:
    """The container of kind that is the node: what runs in it can be killed from outside."""
    name = os.environ.get("E2E_NODE", "")
    if not name:
        pytest.skip("E2E_NODE names no container that is a node of kind: nothing in it can be killed")
    return name
