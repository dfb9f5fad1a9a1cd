"""kubectl as the tests use it: a namespace of one's own, waits that say at their end what there was."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.build import ensure

PATIENCE = 180.0  # seconds: two cores, and pods that start one after another

TOO_BUSY = "failed calling webhook"  # it has 5 seconds to answer, while every test wants the same two cores

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """``kubectl --namespace NAMESPACE`` with the administrator's rights, or with those of ``user``."""

    program: Path
    namespace: str
    user: str | None = None

    def __call__(self, *arguments: str, stdin: str | None = None, fails: bool = False, timeout: float = 300) -> Said:
        """Run it; a failure fails the test, and so does a success where ``fails`` is meant."""
        command = [str(self.program), f"--namespace={self.namespace}", *arguments]
        if self.user:
            command += [f"--as=system:serviceaccount:{self.namespace}:{self.user}"]
        for _ in range(10):
            ran = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
            said = Said(ran.returncode, ran.stdout, ran.stderr)
            if said.code == 0 or TOO_BUSY not in said.err:
                break
            time.sleep(2)
        assert (said.code != 0) is fails, f"kubectl {' '.join(arguments)} ended with code {said.code}:\n{said.text}"
        return said

    def apply(self, *manifests: Manifest) -> Said:
        return self("apply", "--filename=-", stdin=_list(manifests))

    def refused(self, manifest: Manifest) -> str:
        """What the API server says against it."""
        return self("create", "--filename=-", stdin=_list([manifest]), fails=True).err

    def get(self, kind: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("get", kind, name, "--output=json").out)
        return found

    def items(self, kind: str, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("get", kind, *options, "--output=json").out)["items"]
        return found

    def until(
        self, kind: str, name: str, met: Callable[[dict[str, Any]], bool], *, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """The object, once ``met`` is true of it."""
        deadline = time.monotonic() + patience
        while not met(found := self.get(kind, name)):
            assert time.monotonic() < deadline, self._story(found)
            time.sleep(0.3)
        return found

    def ended(self, *names: str, patience: float = PATIENCE) -> list[dict[str, Any]]:
        """These operations, once nothing more will happen to them by itself."""
        return [self.until("operation", name, final, patience=patience) for name in names]

    def succeeded(self, *names: str, patience: float = PATIENCE) -> list[dict[str, Any]]:
        found = self.ended(*names, patience=patience)
        for operation in found:
            assert condition(operation, "Succeeded")[0] == "True", self._story(operation)
        return found

    def logs(self, job: str, *options: str) -> str:
        """What the Job's pod logged."""
        return self.by_kubelet("logs", f"job/{job}", *options)

    def by_kubelet(self, *arguments: str, patience: float = 60.0) -> str:
        """What a command prints that the kubelet answers, which another test may have killed a moment ago."""
        deadline = time.monotonic() + patience
        while True:
            try:
                return self(*arguments).out
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def _story(self, found: Manifest) -> str:
        """What the object says of itself, and the pods and Events of its namespace."""
        pods = subprocess.run(
            [str(self.program), f"--namespace={self.namespace}", "get", "pods,events"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        status = found.get("status") or {}
        said = [
            f"{one['type']} is {one['status']} ({one['reason']}): {one.get('message', '')}"
            for one in status.get("conditions", ())
        ]
        return f"{json.dumps(status, indent=1)[-6000:]}\n{pods[-4000:]}\n" + "\n".join(said)


def _list(manifests: Sequence[Manifest]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})


def condition(manifest: Manifest, name: str) -> tuple[str, str, str]:
    """Status, reason and message of a condition; three empty texts where it is not there."""
    for one in manifest.get("status", {}).get("conditions", ()):
        if one["type"] == name:
            return one["status"], one["reason"], one.get("message", "")
    return "", "", ""


def final(operation: Manifest) -> bool:
    """Succeeded is there for good, or a person must act."""
    return condition(operation, "Succeeded")[0] in ("True", "False") or condition(operation, "Stalled")[0] == "True"


def program() -> Path:
    return ensure(["kubectl"])["kubectl"]
