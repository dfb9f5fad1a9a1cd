"""Joinery itself: `SqlStore` on a SQLite file or PostgreSQL. What is timed includes what only it gives: how many runs
match and are candidates, and the warnings; of a join the checks, the types, the digest.

    python joinery_store.py [--postgresql=PORT --server=PID]
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson
from profiling import profile
from worker import Answer, Asked, Rival, children, number, option, serve

import joinery
from joinery.api.v1alpha1 import V1Operation, parse
from joinery.joins import ResolveRequest, resolve
from joinery.pql import check_query, check_sort
from joinery.runs import read_run
from joinery.runs.search import SearchRequest
from joinery.store import SqlStore
from joinery.store.tables import metadata

FIELDS = {
    "losses": ("metrics.loss", "float"),
    "rates": ("inputs.lr", "float"),
    "results": ("outputs.result1", "float"),
    "uuids": ("globals.uuid", "str"),
}
SEED_TYPES = {"all_param1": "float", "all_result1": "float", "all_result2": "str", "all_inputs": "dict",
              "all_outputs": "dict", "run_artifact_paths": "path", "files": "artifacts"}  # fmt: skip


class Joinery(Rival):
    title = "Joinery"
    setting = "a SQLite file"
    loaded_by = "SqlStore.upsert of 2,000 runs at once"

    def __init__(self, port: int = 0, server: int = 0) -> None:
        self.port, self.server = port, server
        if port:
            self.title, self.setting = "Joinery, PostgreSQL", "PostgreSQL, analysed after the load"

    def version(self) -> str:
        return str(joinery.__version__)

    def fingerprint(self) -> str:
        """The code that decides what a store holds."""
        rooms = (Path(joinery.__file__).parent / room for room in ("runs", "store"))
        return hashlib.sha256(b"".join(p.read_bytes() for room in rooms for p in sorted(room.glob("*.py")))).hexdigest()

    def load(self) -> None:
        opened = self._opened()
        metadata.drop_all(opened.engine)
        opened.close()
        opened = self._opened()
        batch: list[Any] = []
        with opened.loading(), self.data.open("rb") as lines:
            for line in lines:
                batch.append(read_run(orjson.loads(line)))
                if len(batch) == 2_000:
                    opened.upsert(batch)
                    batch = []
            opened.upsert(batch)
        opened.close()

    def open(self) -> None:
        self.runs = self._opened()

    def _opened(self) -> SqlStore:
        if not self.port:
            return SqlStore.open(f"sqlite:///{self.store / 'runs.sqlite'}")
        name = "".join(letter if letter.isalnum() else "_" for letter in self.store.name)
        import psycopg

        with psycopg.connect(host="127.0.0.1", port=self.port, user="joinery", dbname="postgres", autocommit=True) as c:
            if not c.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                c.execute(f'CREATE DATABASE "{name}"')
        return SqlStore.open(f"postgresql+psycopg://joinery@127.0.0.1:{self.port}/{name}")

    def disk(self) -> int:
        if not self.port:
            return super().disk()
        with self.runs.engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)

    def pids(self) -> list[int]:
        return [*super().pids(), *(children(self.server) if self.server else [])]

    def ask(self, asked: Asked) -> Any:
        if asked["shape"] in ("join", "seed"):
            operation = parse(_operation(asked))
            if not isinstance(operation, V1Operation):
                raise TypeError(operation)
            return resolve(ResolveRequest(operation=operation, namespace="default", name="bench", now=0), self.runs)
        parts = frozenset(("inputs", "outputs")) if asked["shape"] == "whole" else frozenset[str]()
        return self.runs.search(
            SearchRequest(
                namespace="default", query=check_query(asked["query"], now=0), sort=check_sort(asked["sort"]),
                limit=asked["limit"], offset=asked["offset"], parts=parts,
            )
        )  # fmt: skip

    def profile(self, asked: Asked) -> list[str]:
        return profile(self.runs.engine, lambda: self.ask(asked))

    def common(self, asked: Asked, found: Any) -> Answer:
        if asked["shape"] in ("join", "seed"):
            taken = [run.uuid for join in found.joins for run in join.runs]
            params = {name: param.value for name, param in found.params.items()}
            names = FIELDS if asked["shape"] == "join" else list(SEED_TYPES)[:5]
            return {"uuids": taken, "values": {name: params[name] for name in names}}
        answer: Answer = {"uuids": [run.uuid for run in found.runs]}
        if asked["shape"] == "whole":
            answer["values"] = {
                "inputs": [dict(run.record.inputs) for run in found.runs],
                "outputs": [_outputs(run.record) for run in found.runs],
            }
        return answer


def _outputs(record: Any) -> dict[str, Any]:
    """The metrics overlaid by the outputs, as a join gives them."""
    metrics = {name: number(metric.last) for name, metric in record.metrics.items()}
    return metrics | dict(record.outputs)


def _operation(asked: Asked) -> dict[str, Any]:
    if asked["shape"] == "join":
        joins = [
            {
                "query": asked["query"], "sort": asked["sort"], "limit": asked["limit"],
                "params": {name: {"value": path} for name, (path, _) in FIELDS.items()},
            }
        ]  # fmt: skip
        inputs = [{"name": name, "type": kind, "isList": True} for name, (_, kind) in FIELDS.items()]
    else:
        joins, inputs = _seed(asked), [
            {"name": name, "type": kind, "isList": kind != "artifacts"} for name, kind in SEED_TYPES.items()
        ]  # fmt: skip
    component = {"inputs": inputs, "run": {"container": {"image": "python"}}}
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "bench"},
        "spec": {"joins": joins, "component": component},
    }


def _seed(asked: Asked) -> list[dict[str, Any]]:
    return [
        {
            "query": f"metrics.loss: <{asked['loss']}", "sort": "metrics.loss", "limit": 5,
            "params": {
                "all_param1": {"value": "inputs.lr"},
                "all_result1": {"value": "outputs.result1"},
                "all_result2": {"value": "outputs.checkpoint"},
                "tensorboard_paths": {"value": "artifacts.tensorboard", "contextOnly": True},
            },
        },
        {
            "query": f"metrics.accuracy: >{asked['accuracy']}", "sort": "-metrics.accuracy",
            "params": {
                "all_inputs": {"value": "inputs"},
                "all_outputs": {"value": "outputs"},
                "run_artifact_paths": {"value": "artifacts.base"},
                "uuids": {"value": "globals.uuid", "contextOnly": True},
                "files": {"value": {"files": ["subpath/files", "subpath2/file2"]}, "toInit": True},
            },
        },
    ]  # fmt: skip


if __name__ == "__main__":
    serve(Joinery(option("postgresql"), option("server")))
