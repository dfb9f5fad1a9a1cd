"""What the tests of the chart share: where things are, and what one does with an installation."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chart_people import bind
from cluster import credentials

from cluster_fixtures import Admin

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "joinery"
sys.path[:0] = [
    str(ROOT / "deploy"),
    str(ROOT / "tests" / "admission"),
]  # for `import generate`, `import admission_server`
RELEASE_NAMESPACE = "joinery-system"
KUBERNETES = "1.35.4"

Manifests = list[dict[str, Any]]
Helm = Callable[..., subprocess.CompletedProcess[str]]
Render = Callable[..., Manifests]
Person = Callable[..., Admin]
TENANT = "tenant"
# A second operator, of another release, is let by the policies of the first.
INSTALLED: dict[str, Any] = {
    "admission": {"enabled": False},
    "operator": {"leaderElection": True},
    "policies": {"runManagers": [f"system:serviceaccount:{RELEASE_NAMESPACE}:{TENANT}-operator"]},
}


def of_kind(manifests: Manifests, kind: str, name: str | None = None) -> Manifests:
    return [m for m in manifests if m["kind"] == kind and name in (None, m["metadata"]["name"])]


def wait_for_policies(admin: Admin) -> None:
    """Until the last made policy refuses what it must: the API server reads them a moment after they are made."""
    path = "/apis/joinery.dev/v1alpha1/namespaces/default"
    refused = [
        ("runs", {"kind": "Run", "spec": {"managedBy": "joinery"}}, admin),
        ("searches", {"kind": "Search", "spec": {"query": ""}}, Admin(admin.server, user="erin")),
        ("components", {"kind": "Component", "spec": {}}, Admin(admin.server, user="erin")),
        ("operations", {"kind": "Operation", "spec": {"component": {}}}, Admin(admin.server, user="erin")),
        (
            "connections",
            {"kind": "Connection", "spec": {"kind": "s3", "schema": {"bucket": "b"}, "secret": {"name": "s"}}},
            Admin(admin.server, user="erin"),
        ),
    ]
    rules = [{"apiGroups": ["joinery.dev"], "resources": ["*"], "verbs": ["create"]}]
    bind(admin, "default", "erin", rules, name="policies-are-in-force")
    deadline = time.monotonic() + 180
    for plural, manifest, who in refused:
        body = {"apiVersion": "joinery.dev/v1alpha1", "metadata": {"name": "is-a-policy-there"}, **manifest}
        while "ValidatingAdmissionPolicy" not in (said := answer(who, f"{path}/{plural}?dryRun=All", body)):
            assert time.monotonic() < deadline, f"the policy for {plural} is not in force: {said}"
            time.sleep(0.1)


def answer(who: Admin, path: str, body: Any) -> str:
    """What is said against creating it; empty where it is allowed."""
    try:
        who.request("POST", path, body)
    except urllib.error.HTTPError as refusal:
        return str(refusal)
    return ""


def account_kubeconfig(admin: Admin, account: str, *, folder: Path, namespace: str = RELEASE_NAMESPACE) -> Path:
    """A kubeconfig of a service account that the chart made."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    token = admin.request("POST", path, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
    text = credentials.kubeconfig(
        url=admin.server.url, authority=admin.server.authority, user=account, token=token, namespace=namespace
    )
    return credentials.write_private(folder / f"kubeconfig-{account}", text)
