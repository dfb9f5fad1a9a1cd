"""The best SQL that we could write by hand for each question, on the very SQLite file that Joinery made.

It gives the page alone: no candidates, no warnings, no types. With `--count` it counts the matches too.

    python hand_sql.py [--count]
"""

from __future__ import annotations

import sqlite3
import sys
from typing import Any

import orjson
from joinery_store import Joinery
from worker import Answer, Asked, serve

NUMBER, TEXT = 1, 2
NEWEST = "r.created DESC, r.uuid"
# A page along the index of one metric, whose ties `ord` puts newest first.
ALONG = """FROM value v JOIN run r ON r.id = v.run
WHERE v.key = :loss_key AND v.kind = 1 AND v.head = '' AND v.number < :loss
ORDER BY v.number, v.residue, v.ord, r.uuid LIMIT :limit OFFSET :offset"""
UNDER = "FROM value v WHERE v.key = :loss_key AND v.kind = 1 AND v.head = '' AND v.number < :loss"
FEW = "FROM value v WHERE v.key = :auc_key AND v.kind = 1 AND v.head = '' AND v.number < 0.01"
EITHER = f"""FROM (SELECT v.run {UNDER} UNION SELECT v.run FROM value v
WHERE v.key = :accuracy_key AND v.kind = 1 AND v.head = '' AND v.number > :accuracy) f"""
THREE = f"""{UNDER}
AND EXISTS (SELECT 1 FROM value b WHERE b.run = v.run AND b.key = :batch_key AND b.kind = 1 AND b.number IN (32, 64))
AND EXISTS (SELECT 1 FROM value s WHERE s.run = v.run AND s.key = :status_key AND s.head = 'succeeded')"""
WITH_ACCURACY = "JOIN run r ON r.id = v.run JOIN value a ON a.run = v.run"
LOSS_OF = "LEFT JOIN value w ON w.run = {run} AND w.key = :loss_key AND w.kind = 1"
SEARCHED = "r.space = :space AND r.shadowed = 0"
PREFIX = f"FROM run r WHERE {SEARCHED} AND r.folded >= 'run-00012' AND r.folded < 'run-00013'"
CONTAINS = f"FROM run r INDEXED BY run_folded WHERE {SEARCHED} AND r.folded LIKE '%00123%'"
MIXED = f"""FROM run r INDEXED BY run_created WHERE {SEARCHED} AND EXISTS (SELECT 1 FROM value b
WHERE b.run = r.id AND b.key = :batch_key AND b.kind = 1 AND b.number >= :batch)"""
PAGE = "LIMIT :limit OFFSET :offset"
# Of each question: its page, and the count of its matches.
SQL = {
    "few": (f"SELECT r.uuid {ALONG}".replace("loss", "auc"), f"SELECT count(*) {FEW}"),
    "three": (
        f"SELECT r.uuid {THREE.replace('value v', f'value v {WITH_ACCURACY}', 1)}"
        f" AND a.key = :accuracy_key AND a.kind = 1 ORDER BY a.number DESC, {NEWEST} {PAGE}",
        f"SELECT count(*) {THREE}",
    ),
    "or": (
        f"SELECT r.uuid {EITHER} JOIN run r ON r.id = f.run {LOSS_OF.format(run='f.run')}"
        f" ORDER BY w.number IS NULL, w.number, {NEWEST} {PAGE}",
        f"SELECT count(*) {EITHER}",
    ),
    "tail": (
        f"SELECT r.uuid FROM (SELECT v.run {FEW}) f JOIN run r ON r.id = f.run {LOSS_OF.format(run='f.run')}"
        f" ORDER BY w.number IS NULL, w.number, {NEWEST} {PAGE}",
        f"SELECT count(*) {FEW}",
    ),
    "prefix": (f"SELECT r.uuid {PREFIX} ORDER BY {NEWEST} {PAGE}", f"SELECT count(*) {PREFIX}"),
    "contains": (f"SELECT r.uuid {CONTAINS} ORDER BY {NEWEST} {PAGE}", f"SELECT count(*) {CONTAINS}"),
    "mixed": (
        f"SELECT r.uuid {MIXED} ORDER BY {NEWEST} {PAGE}",
        "SELECT count(*) FROM value b WHERE b.key = :batch_key AND b.kind = 1 AND b.head = '' AND b.number >= :batch",
    ),
}
BEST = ALONG.replace("v.number <", "v.number >").replace("BY v.number, v.residue", "BY v.number DESC, v.residue DESC")
KEYS = {
    "loss_key": ("metrics.last", "loss"),
    "auc_key": ("metrics.last", "auc"),
    "accuracy_key": ("metrics.last", "accuracy"),
    "slash_key": ("metrics.last", "val/loss"),
    "batch_key": ("inputs", "batch"),
    "status_key": ("field", "status"),
}


class HandSql(Joinery):
    title = "SQL by hand"
    setting = "on Joinery's own SQLite file; sqlite3 and orjson, keys looked up beforehand; the page alone"

    def __init__(self, *, counts: bool) -> None:
        super().__init__()
        self.counts = counts
        if counts:
            self.title += ", with the count"
            self.setting = self.setting.replace("the page alone", "the page, and how many match")

    def version(self) -> str:
        return sqlite3.sqlite_version

    def open(self) -> None:
        self.database = sqlite3.connect(self.store / "runs.sqlite", isolation_level=None)
        keys = {(scope, name): key for key, scope, name in self.database.execute("SELECT id, scope, name FROM key")}
        self.known = {name: keys[named] for name, named in KEYS.items()}
        self.known["space"] = self.database.execute("SELECT id FROM space WHERE name = 'default'").fetchone()[0]

    def rows(self, sql: str, **bound: Any) -> list[Any]:
        return self.database.execute(sql, self.known | bound).fetchall()

    def ask(self, asked: Asked) -> Any:
        bound = {name: value for name, value in asked.items() if isinstance(value, (int, float))}
        if asked["shape"] == "seed":
            return self.seed(asked)
        if asked["name"] == "slash":
            bound["loss_key"] = self.known["slash_key"]
        page, count = SQL.get(asked["name"], (f"SELECT r.uuid {ALONG}", f"SELECT count(*) {UNDER}"))
        if asked["name"] == "few":
            bound["auc"] = 0.01
        if self.counts:
            self.rows(count, **bound)
        if asked["shape"] == "page":
            return self.rows(page, **bound)
        if asked["shape"] == "whole":
            return self.documents(ALONG, **bound)
        found = self.rows(f"SELECT r.uuid, v.number, r.inputs, r.outputs {ALONG}", **bound)
        uuids, losses, inputs, outputs = zip(*found, strict=True)
        rates = [one["lr"] for one in orjson.loads(b"[%b]" % b",".join(inputs))]
        results = [one["result1"] for one in orjson.loads(b"[%b]" % b",".join(outputs))]
        return {"losses": losses, "rates": rates, "results": results, "uuids": uuids}

    def documents(self, source: str, **bound: Any) -> Any:
        """Columns, and the inputs, outputs and metrics parsed, each by one call."""
        found = self.rows(f"SELECT r.uuid, v.number, r.inputs, r.outputs, r.metrics {source}", **bound)
        columns = list(zip(*found, strict=True)) if found else [()] * 5
        return columns[:2], [orjson.loads(b"[%b]" % b",".join(column)) for column in columns[2:]]

    def seed(self, asked: Asked) -> Any:
        first = {"loss": asked["loss"], "limit": 5, "offset": 0}
        second = {"loss_key": self.known["accuracy_key"], "loss": asked["accuracy"], "limit": 5_000, "offset": 0}
        return self.documents(ALONG, **first), self.documents(BEST, **second)

    def common(self, asked: Asked, found: Any) -> Answer:
        if asked["shape"] == "page":
            return {"uuids": [uuid for (uuid, *_) in found]}
        if asked["shape"] == "seed":
            ((best, _), (few, results, _)), ((right, _), (inputs, outputs, metrics)) = found
            values = {
                "all_param1": [one["lr"] for one in few],
                "all_result1": [one["result1"] for one in results],
                "all_result2": [one["checkpoint"] for one in results],
                "all_inputs": inputs,
                "all_outputs": _over(metrics, outputs),
            }
            return {"uuids": [*best, *right], "values": values}
        if asked["shape"] == "join":
            return {"uuids": found["uuids"], "values": found}
        (uuids, _), (inputs, outputs, metrics) = found
        return {"uuids": uuids, "values": {"inputs": inputs, "outputs": _over(metrics, outputs)}}


def _over(metrics: list[Any], outputs: list[Any]) -> list[Any]:
    """Metrics overlaid by outputs. A metric stands as its last value, or as a list that begins with it."""
    return [
        {name: one[0] if isinstance(one, list) else one for name, one in few.items()} | more
        for few, more in zip(metrics, outputs, strict=True)
    ]


if __name__ == "__main__":
    serve(HandSql(counts="--count" in sys.argv))
