"""Polyaxon's open server haupt, run as a program and asked over its HTTP API. Nothing of it is imported here.

    python haupt_server.py HAUPT [--postgresql=PORT --server=PID]

A search is `GET …/runs?query=&sort=&limit=&offset=`; a join is an operation that is posted to `…/runs`: the server
resolves it before it answers. Runs are put by SQL into the tables that its own migrations made, each row as the server
writes it for a run that was posted (`sync`); one is read back over the API.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import sys
import time
from typing import Any, ClassVar
from urllib.parse import urlencode

from haupt_process import Database, Program
from haupt_rows import rows
from worker import PAUSE, Again, Answer, Asked, CannotAsk, Rival, children, option, serve

OWNER, PROJECT = "default", "bench"
RUNS = f"/api/v1/{OWNER}/{PROJECT}/runs"
# Without a clause on it, haupt only looks at runs of the last 30 days.
EVER = "created_at:>2020-01-01"
# Its column is jsonb, which has no NaN: it stands there as the text "NaN", and sorts below every number.
NAN_MATCHES = ("top5", "three", "or", "join", "whole", "page", "nothing", "tail", "seed")
NAN_CAUSE = 'runs whose metric is NaN match "<", and come first: jsonb orders the text "NaN" below all numbers'
FIELDS = {"losses": "outputs.loss", "rates": "inputs.lr", "results": "outputs.result1", "uuids": "globals.uuid"}
SEED = (
    ("all_param1", "inputs.lr"),
    ("all_result1", "outputs.result1"),
    ("all_result2", "outputs.checkpoint"),
    ("all_inputs", "inputs"),
    ("all_outputs", "outputs"),
)


class Haupt(Rival):
    title = "haupt"
    setting = "`haupt sandbox start`, one worker, over HTTP on one open connection; SQLite"
    loaded_by = "SQL into the tables of its own migrations"
    causes: ClassVar[dict[str, str]] = {}
    sqlite_causes: ClassVar[dict[str, str]] = {
        "or": "runs without the metric come first: SQLite sorts null below numbers",
        "tail": 'runs without the metric come first, and the text "NaN" last: the order of JSON values in SQLite',
        "mixed": "a text counts as more than any number: the order of JSON values in SQLite",
    }

    def __init__(self, program: str, port: int, server: int) -> None:
        self.database = Database(port)
        self.program = Program(program, self.database)
        self.server = server
        self.made: list[str] = []
        self.causes = dict.fromkeys(NAN_MATCHES, NAN_CAUSE) if port else self.sqlite_causes  # type: ignore[misc]
        if port:
            self.title, self.setting = "haupt, PostgreSQL", self.setting.replace("SQLite", "PostgreSQL, analysed")

    def version(self) -> str:
        return self.program.version()

    def load(self) -> None:
        self.database.create(self.store)
        self.program.start(self.store)
        try:
            self.connect()
            self.call("POST", f"/api/v1/{OWNER}/projects/create", {"name": PROJECT})
        finally:
            self.program.stop()
        self.database.fill(self.store, rows(self.data))

    def open(self) -> None:
        self.program.start(self.store)
        self.connect()
        self.call("GET", f"{RUNS}?{urlencode({'query': EVER, 'limit': 1})}")

    def connect(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.program.port, timeout=600)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body)
        try:
            answer = self.send(method, path, sent)
        except (http.client.RemoteDisconnected, ConnectionError):
            self.connect()  # it closes a connection that was idle for some seconds
            answer = self.send(method, path, sent)
        found = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            found = gzip.decompress(found)
        if answer.status == 400:
            raise CannotAsk(f"it answers 400: {found.decode()[:200]}")
        if answer.status == 405:
            # Now and then, while it serves a request of its own scheduler, to what it answers well a moment later.
            raise Again(f"{method} {path[:100]}: 405")
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path[:100]}: {answer.status} {found.decode()[:300]}")
        return json.loads(found) if found else None

    def send(self, method: str, path: str, body: str | None) -> http.client.HTTPResponse:
        self.connection.request(method, path, body, {"Content-Type": "application/json"})
        return self.connection.getresponse()

    def ask(self, asked: Asked) -> Any:
        if asked["shape"] in ("join", "seed"):
            found = self.call("POST", RUNS, {"content": json.dumps(_operation(asked)), "is_managed": True})
            self.made.append(found["uuid"])
            return found
        query = asked["query"].replace(": ", ":")
        query = f"({query}), {EVER}" if " or " in query else f"{query}, {EVER}"
        sort = asked["sort"] or "-created_at"
        wanted = {"query": query, "sort": sort, "limit": asked["limit"], "offset": asked["offset"]}
        return self.call("GET", f"{RUNS}?{urlencode(wanted)}")["results"]

    def common(self, asked: Asked, found: Any) -> Answer:
        if asked["shape"] == "page":
            return {"uuids": [run["uuid"] for run in found]}
        if asked["shape"] == "whole":
            values = {part: [run[part] for run in found] for part in ("inputs", "outputs")}
            return {"uuids": [run["uuid"] for run in found], "values": values}
        inputs = self.call("GET", f"{RUNS}/{found['uuid']}")["inputs"]
        if asked["shape"] == "join":
            return {"uuids": inputs["uuids"], "values": {name: inputs[name] for name in FIELDS}}
        return {
            "uuids": [*inputs["uuids_of_best"], *inputs["uuids"]],
            "values": {name: inputs[name] for name, _ in SEED},
        }

    def after(self) -> None:
        """The operation became a run of its own, as every operation does: it must not be there for the next."""
        while self.made:
            for _ in range(20):
                try:
                    self.call("DELETE", f"{RUNS}/{self.made[-1]}")
                    break
                except Again:
                    time.sleep(PAUSE)
            self.made.pop()

    def pids(self) -> list[int]:
        served = children(self.server) if self.server else []
        return [os.getpid(), *children(self.program.pid), *served]

    def disk(self) -> int:
        return self.database.bytes(self.store)

    def close(self) -> None:
        self.program.stop()


def _operation(asked: Asked) -> dict[str, Any]:
    if asked["shape"] == "join":
        joins = [(asked["query"], asked["sort"], asked["limit"], list(FIELDS.items()))]
    else:
        best = [*SEED[:3], ("uuids_of_best", "globals.uuid")]
        right = [*SEED[3:], ("uuids", "globals.uuid")]
        joins = [
            (f"metrics.loss: <{asked['loss']}", "metrics.loss", 5, best),
            (f"metrics.accuracy: >{asked['accuracy']}", "-metrics.accuracy", 5_000, right),
        ]
    inputs = [{"name": name, "type": "any", "isList": True} for _, _, _, params in joins for name, _ in params]
    return {
        "version": 1.1,
        "kind": "operation",
        "name": "bench",
        "joins": [
            {
                "query": f"{query.replace(': ', ':')}, {EVER}",
                "sort": sort,
                "limit": limit,
                "params": {name: {"value": path} for name, path in params},
            }
            for query, sort, limit, params in joins
        ],
        "component": {
            "kind": "component",
            "inputs": inputs,
            "run": {"kind": "job", "container": {"image": "python"}},
        },
    }


if __name__ == "__main__":
    serve(Haupt(sys.argv[1], option("postgresql"), option("server")))
