"""What is in the namespace that the tests of the plugin look at: runs, operations over them, people of some rights."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cluster import credentials
from typer.testing import Result

from operator_fixtures import Objects, operation, run

Plugin = Callable[..., Result]
LARGE = 60  # runs whose inputs together are too large for a status


def numbered(name: str, number: int, **more: Any) -> dict[str, Any]:
    """A Run whose uuid and creation are fixed, so that what is printed is the same each time."""
    manifest = run(name, **more)
    manifest["spec"] |= {"uuid": f"{number:032x}", "createdAt": f"2026-01-0{1 + number % 9}T10:00:00Z"}
    return manifest


def large_operation() -> dict[str, Any]:
    join = {
        "query": "tags: large",
        "sort": "created_at, name",
        "params": {"everything": {"value": "inputs"}, "names": {"value": "globals.name"}},
    }
    manifest = operation("large", join, suspend=True)
    del manifest["spec"]["component"]["run"]["container"]["args"]
    manifest["spec"]["component"]["inputs"] = [
        {"name": "everything", "type": "dict", "isList": True},
        {"name": "names", "type": "str", "isList": True},
    ]
    return manifest


def flagged_operation() -> dict[str, Any]:
    """Every form of value: lists of two joins, an artifacts form, an ordinary value, a null, a formula."""
    give = {"notes": {"value": "inputs.note"}, "losses": {"value": "metrics.loss"}}
    first = {"query": "metrics.loss: <0.2", "sort": "metrics.loss", "params": give}
    second = {"query": "tags: odd", "sort": "name", "params": {**give, "files": {"value": {"files": ["a/b.txt"]}}}}
    manifest = operation("mixed", first, second, suspend=True, params={"batch": {"value": 32}})
    manifest["spec"]["component"]["inputs"] = [
        {"name": "losses", "type": "Optional[float]", "isList": True},
        {"name": "notes", "type": "any", "isList": True},
        {"name": "files", "type": "artifacts"},
        {"name": "batch", "type": "int"},
    ]
    return manifest


def people_and_runs() -> Iterator[tuple[str, dict[str, Any]]]:
    for number, (name, loss) in enumerate((("train-1", 0.3), ("train-2", 0.1), ("train-3", 0.7), ("train-4", 0.05)), 1):
        yield "runs", numbered(name, number, loss=loss)
    odd = numbered("odd-1", 20, tags=["odd"])
    odd["spec"]["inputs"]["note"] = '=HYPERLINK("x")\u001b[2J\u202e'
    yield "runs", odd
    # Two runs that name each other, and one that is gone.
    for number, other in ((30, 31), (31, 30)):
        circle = numbered(f"circle-{number}", number, tags=["circle"])
        gone = {"uuid": f"{99:032x}", "name": 'gone "]\u001b[31m', "params": ["p"]}
        circle["status"]["upstream"] = [
            {"uuid": f"{other:032x}", "name": f"circle-{other}", "params": ["a", "b"]},
            gone,
        ]
        yield "runs", circle
    for number in range(LARGE):
        big = numbered(f"large-{number:02}", 100 + number, tags=["large"])
        big["spec"]["inputs"] = {"index": number, "text": secrets.token_hex(4096), "float": number / 3}
        yield "runs", big
    search = {"query": "metrics.loss: <0.2", "sort": "metrics.loss"}
    search = {"apiVersion": "joinery.dev/v1alpha1", "kind": "Search", "metadata": {"name": "low"}, "spec": search}
    yield "searches", search
    yield "operations", operation("best", tags=["selection"], suspend=True)
    yield "runs", numbered("drifting", 50, loss=0.6, tags=["drift"])
    drift = {"query": "tags: drift, metrics.loss: <0.65", "params": {"losses": {"value": "metrics.loss"}}}
    yield "operations", operation("drift", drift, suspend=True)
    yield "operations", large_operation()
    yield "operations", flagged_operation()
    waiting = {"query": "tags: none", "minRuns": 2, "waitFor": "1h", "params": {"losses": {"value": "metrics.loss"}}}
    yield "operations", operation("waiting", waiting)
    few = {"query": "tags: none", "minRuns": 2, "params": {"losses": {"value": "metrics.loss"}}}
    yield "operations", operation("few", few)


def final_operation() -> dict[str, Any]:
    """It joins what the operation `best` recorded."""
    join = {"query": "tags: selection", "params": {"chosen": {"value": "inputs.losses"}}}
    manifest = operation("final", join, suspend=True)
    del manifest["spec"]["component"]["run"]["container"]["args"]
    manifest["spec"]["component"]["inputs"] = [{"name": "chosen", "type": "any", "isList": True}]
    return manifest


class World(Objects):
    """The namespace that the tests of this folder look at, and leave as it is."""

    folder: Path

    def kubeconfig(self, rules: list[dict[str, Any]] | None = None) -> Path:
        """Of the administrator, or of somebody with just these rights."""
        if rules is None:
            return self.admin.server.kubeconfig(namespace=self.namespace)
        name = f"person-{secrets.token_hex(3)}"
        base, rbac = f"/api/v1/namespaces/{self.namespace}/serviceaccounts", "/apis/rbac.authorization.k8s.io/v1"
        here = f"{rbac}/namespaces/{self.namespace}"
        self.admin.request("POST", base, {"metadata": {"name": name}})
        self.admin.request("POST", f"{here}/roles", {"metadata": {"name": name}, "rules": rules})
        subject = {"kind": "ServiceAccount", "name": name, "namespace": self.namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        binding = {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]}
        self.admin.request("POST", f"{here}/rolebindings", binding)
        token = self.admin.request("POST", f"{base}/{name}/token", {"spec": {"expirationSeconds": 3600}})
        text = credentials.kubeconfig(
            url=self.admin.server.url,
            authority=self.admin.server.authority,
            user=name,
            token=token["status"]["token"],
            namespace=self.namespace,
        )
        return credentials.write_private(self.folder / name, text)


VOLATILE = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "DIGEST"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"(?<![0-9a-f])(?!0{16})[0-9a-f]{32}(?![0-9a-f])"), "UUID"),
    (re.compile(r"(?<=[a-z])-[0-9a-f]{8}(?![0-9a-f])"), "-UID8"),
    (re.compile(r"20[2-9][0-9]-[01][0-9]-[0-3][0-9]T[0-9:.]+(\+00:00|Z)"), "TIME"),
    (re.compile(r"plugin-[0-9a-f]{6}\b"), "NAMESPACE"),
    (re.compile(r"person-[0-9a-f]{6}\b"), "PERSON"),
    (re.compile(r"(?<=resourceVersion)(\W+)[0-9]+"), r"\1VERSION"),
)


def steady(text: str) -> str:
    """What is printed, without what differs from one cluster to the next."""
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text
