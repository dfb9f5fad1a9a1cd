"""Manifests that tests are made of. ``IMAGE`` is what `conftest` found: our own image, for its Python."""

from __future__ import annotations

import textwrap
from typing import Any

API = "joinery.dev/v1alpha1"
RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
SMALL = {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}}


def resource(kind: str, name: str, spec: Any, **more: Any) -> dict[str, Any]:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec, **more}


def container(image: str, script: str, *args: str, **more: Any) -> dict[str, Any]:
    """A container that runs a Python script, within restricted Pod Security."""
    command = ["python3", "-c", textwrap.dedent(script)]
    return {
        "image": image,
        "command": command,
        "args": list(args),
        "resources": SMALL,
        "securityContext": RESTRICTED,
    } | more


def job(main: dict[str, Any], **run: Any) -> dict[str, Any]:
    """``run`` of a component. The pod's group may write to volumes; nothing waits for a program deaf to SIGTERM."""
    environment = {"securityContext": {"fsGroup": 1000}, "terminationGracePeriodSeconds": 2} | run.pop(
        "environment", {}
    )
    return {"kind": "job", "container": main, "environment": environment, **run}


def operation(
    name: str, *, run: dict[str, Any], inputs: list[dict[str, Any]] | None = None, **spec: Any
) -> dict[str, Any]:
    component = {"run": run} | ({"inputs": inputs} if inputs else {})
    return resource("Operation", name, {"component": component, "termination": {"maxRetries": 0}} | spec)


def run(name: str, *, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A Run as an importer would write it."""
    return resource("Run", name, spec, status={"phase": "Succeeded"} | (status or {}))


def volume(name: str, claim: str, *, default: bool = True) -> list[dict[str, Any]]:
    """A claim, and the Connection to it."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claimed = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim}, "spec": spec}
    schema = {"kind": "volumeClaim", "schema": {"claim": claim}, "default": default}
    return [claimed, resource("Connection", name, schema)]


TRAIN = """
    import json, os, pathlib, sys
    params = json.loads(pathlib.Path(os.environ["JOINERY_PARAMS"]).read_text())
    rate = params["rate"]
    loss = round((rate - 0.03) ** 2 + 0.1, 6)
    folder = pathlib.Path(os.environ["JOINERY_OUTPUTS_PATH"])
    (folder / "model.txt").write_text(f"weights at {rate}\\n")
    (folder / "plots").mkdir()
    (folder / "plots" / "loss.csv").write_text(f"0,1.0\\n1,{loss}\\n")
    outputs = {"outputs": {"epochs": 2}, "metrics": {"loss": loss}}
    pathlib.Path(os.environ["JOINERY_OUTPUTS"]).write_text(json.dumps(outputs))
    print("loss", loss)
"""


def training(name: str, image: str, rate: float, **spec: Any) -> dict[str, Any]:
    """A real training, as small as one can be: its loss is least at a rate of 0.03; it leaves a model and a folder."""
    inputs = [{"name": "rate", "type": "float"}]
    return operation(
        name,
        run=job(container(image, TRAIN)),
        inputs=inputs,
        params={"rate": {"value": rate}},
        tags=["training"],
        **spec,
    )


def loss(rate: float) -> float:
    """What `training` comes to."""
    return round((rate - 0.03) ** 2 + 0.1, 6)
