"""What people of different rights try, and what they are told."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Sequence
from typing import Any

from cluster_fixtures import Admin

PLURALS = {
    "Operation": "operations", "Component": "components", "Search": "searches", "Connection": "connections",
    "Run": "runs",
}  # fmt: skip
VERBS = ["get", "list", "create", "update", "patch", "delete"]

# Rules of roles. WRITE leaves `list runs` out on purpose.
WRITE = {
    "apiGroups": ["joinery.dev"],
    "resources": ["operations", "components", "searches", "connections"],
    "verbs": VERBS,
}
JOBS = {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}
RUNS = {"apiGroups": ["joinery.dev"], "resources": ["runs"], "verbs": ["list"]}
ANY_CONNECTION = {"apiGroups": ["joinery.dev"], "resources": ["connections"], "verbs": ["use"]}


def uses(*names: str) -> dict[str, Any]:
    return {**ANY_CONNECTION, "resourceNames": list(names)}


class Refused(Exception):
    """The API server said no: ``code`` and the ``message`` that kubectl prints."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def attempt(who: Admin, namespace: str, manifest: dict[str, Any], *, dry_run: bool = False) -> Any:
    """Create it as ``who``; raises Refused."""
    path = f"/apis/joinery.dev/v1alpha1/namespaces/{namespace}/{PLURALS[manifest['kind']]}"
    try:
        return who.request("POST", path + ("?dryRun=All" if dry_run else ""), manifest)
    except urllib.error.HTTPError as error:
        raise Refused(error.code, refusal(error)) from error


def refusal(error: urllib.error.HTTPError) -> str:
    """The message of the API server's Status."""
    text = str(error.msg)
    body = text[text.index("{") :]
    try:
        message: str = json.loads(body)["message"]
    except ValueError:
        return body
    return message


def bind(admin: Admin, namespace: str, user: str, rules: Sequence[Any], *, name: str) -> None:
    """Give ``user`` these rights in ``namespace``; returns once the API server, which has them cached, goes by them."""
    base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    admin.request("POST", f"{base}/roles", {"metadata": {"name": name}, "rules": list(rules)})
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    admin.request(
        "POST", f"{base}/rolebindings", {"metadata": {"name": name}, "subjects": [subject], "roleRef": reference}
    )
    deadline = time.monotonic() + 60
    while not all(_is_allowed(admin, namespace, user, rule) for rule in rules):
        assert time.monotonic() < deadline, f"{user} has not got its rights"
        time.sleep(0.05)


def _is_allowed(admin: Admin, namespace: str, user: str, rule: dict[str, Any]) -> bool:
    asked = {
        "namespace": namespace,
        "group": rule["apiGroups"][0],
        "resource": rule["resources"][0],
        "verb": rule["verbs"][0],
        "name": rule.get("resourceNames", [""])[0],
    }
    review = {"spec": {"user": user, "resourceAttributes": asked}}
    answer = admin.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


def _manifest(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "joinery.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def component(name: str, *, connection: str | None = None) -> dict[str, Any]:
    run: dict[str, Any] = {"kind": "job", "container": {"image": "python:3.11"}, "connections": []}
    if connection:
        run["connections"] = [connection]
    return _manifest("Component", name, {"inputs": [{"name": "lrs", "type": "float", "isList": True}], "run": run})


def operation(name: str, *, connection: str | None = None) -> dict[str, Any]:
    join = {"query": "", "params": {"lrs": {"value": "inputs.lr"}}}
    return _manifest("Operation", name, {"joins": [join], "component": component("", connection=connection)["spec"]})
