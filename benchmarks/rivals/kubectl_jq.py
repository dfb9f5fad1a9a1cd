"""`kubectl get runs -o json | jq`, against a real API server that holds the Runs: no store at all, as one does by hand.

Every question reads every Run. jq's own program says the question, its order and its page.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from operator_world import Admin, Server, connected, ensure
from worker import Answer, Asked, Rival, serve

# Runs newest first, with what was measured as one mapping. Later sorts are stable.
READ = """def number: if type == "number" then . else null end;
def by(key): sort_by([(key | type) != "number", key]);
def down(key): sort_by([(key | type) != "number", (key | -.)]);
.items | sort_by(.spec.createdAt) | reverse | map({uuid: .spec.uuid, name: .metadata.name, inputs: .spec.inputs,
status: .status.phase, metrics: .status.metrics, outputs: (.status.metrics + .status.outputs)})
"""
LOSS = "(.metrics.loss | number)"
ACCURACY, AUC, SLASH = ".metrics.accuracy", ".metrics.auc", '.metrics["val/loss"]'
JOINED = "{uuids: map(.uuid), losses: map(.metrics.loss), rates: map(.inputs.lr), results: map(.outputs.result1)}"


def under(key: str) -> str:
    """jq sorts null below every number."""
    return f"{key} != null and {key} < $loss"


PROGRAMS = {
    "few": (f"{AUC} < 0.01", f"by({AUC})"),
    "tail": (f"{AUC} < 0.01", f"by({LOSS})"),
    "three": (
        f'{under(LOSS)} and (.inputs.batch == 32 or .inputs.batch == 64) and .status == "Succeeded"',
        f"down({ACCURACY})",
    ),
    "or": (f"({under(LOSS)}) or {ACCURACY} > $accuracy", f"by({LOSS})"),
    "prefix": ('.name | startswith("run-00012")', "."),
    "contains": ('.name | contains("00123")', "."),
    "slash": (f"{SLASH} < $loss", f"by({SLASH})"),
    "mixed": ('(.inputs.batch | type) == "number" and .inputs.batch >= $batch', "."),
}


class KubectlJq(Rival):
    title = "kubectl and jq"
    setting = "`kubectl get runs -o json | jq`, a real API server and etcd on the same machine"
    loaded_by = "a POST of each Run"
    loads_anew = True

    def version(self) -> str:
        return subprocess.run(["jq", "--version"], check=True, capture_output=True, text=True).stdout.strip()

    def open(self) -> None:
        programs = ensure(["etcd", "kube-apiserver", "kubectl"])
        self.kubectl = str(programs["kubectl"])
        folder = self.store / "cluster"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.server = Server(folder=folder, programs=programs)
        self.server.start()
        Admin(self.server).apply_crds()
        asyncio.run(self._fill())
        self.config = str(self.server.kubeconfig())

    async def _fill(self) -> None:
        async with connected(self.server) as users:
            await users.create_all("runs", self._manifests())

    def _manifests(self) -> Iterator[dict[str, Any]]:
        with self.data.open() as lines:
            for line in lines:
                run = json.loads(line)
                yield run | {"metadata": {"name": run["metadata"]["name"]}}

    def close(self) -> None:
        if hasattr(self, "server"):
            self.server.stop(kill=True)

    def pids(self) -> list[int]:
        return [os.getpid(), *(process.pid for process in self.server.processes.values())]

    def ask(self, asked: Asked) -> Any:
        if asked["shape"] == "seed":
            first = self.page(under(LOSS), f"by({LOSS})", 0, 5)
            second = self.page(f"{ACCURACY} > $accuracy", f"down({ACCURACY})", 0, 5_000)
            program = f"{READ} | [({first}), ({second}) | map({{uuid, inputs, outputs}})]"
        else:
            test, order = PROGRAMS.get(asked["name"], (under(LOSS), f"by({LOSS})"))
            wanted = {"join": JOINED, "whole": "map({uuid, inputs, outputs})"}.get(asked["shape"], "map(.uuid)")
            program = f"{READ} | {self.page(test, order, asked['offset'], asked['limit'])} | {wanted}"
        numbers = ((name, str(asked.get(name, 0))) for name in ("loss", "accuracy", "batch"))
        given = [text for name, value in numbers for text in ("--argjson", name, value)]
        got = subprocess.Popen(
            [self.kubectl, "--kubeconfig", self.config, "get", "runs.joinery.dev", "-o", "json"], stdout=subprocess.PIPE
        )
        found = subprocess.run(["jq", "-c", *given, program], stdin=got.stdout, stdout=subprocess.PIPE, check=True)
        if got.wait():
            raise RuntimeError("kubectl failed")
        return json.loads(found.stdout)

    def page(self, test: str, order: str, offset: int, limit: int) -> str:
        return f"map(select({test})) | {order} | .[{offset}:{offset + limit}]"

    def common(self, asked: Asked, found: Any) -> Answer:
        match asked["shape"]:
            case "join":
                return {"uuids": found["uuids"], "values": found}
            case "whole":
                values = {part: [run[part] for run in found] for part in ("inputs", "outputs")}
                return {"uuids": [run["uuid"] for run in found], "values": values}
            case "seed":
                best, right = found
                return {
                    "uuids": [run["uuid"] for run in (*best, *right)],
                    "values": {
                        "all_param1": [run["inputs"]["lr"] for run in best],
                        "all_result1": [run["outputs"]["result1"] for run in best],
                        "all_result2": [run["outputs"]["checkpoint"] for run in best],
                        "all_inputs": [run["inputs"] for run in right],
                        "all_outputs": [run["outputs"] for run in right],
                    },
                }
        return {"uuids": found}


if __name__ == "__main__":
    serve(KubectlJq())
