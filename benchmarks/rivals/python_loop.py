"""The floor: the parsed Runs in a list, and a loop over all of them for every question. It is the reference too: it
says each question once more, in plain Python, after the pages of docs/spec."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable
from datetime import datetime
from typing import Any

from worker import Answer, Asked, Rival, number, serve

Run = dict[str, Any]


class Row:
    """A run as a user would keep it: the mappings that questions are asked of."""

    __slots__ = ("created", "inputs", "metrics", "name", "outputs", "status", "uuid")

    def __init__(self, run: Run) -> None:
        spec, status = run["spec"], run["status"]
        self.uuid: str = spec["uuid"]
        self.name: str = run["metadata"]["name"]
        self.created = datetime.fromisoformat(spec["createdAt"]).timestamp()
        self.status: str = status["phase"]
        self.inputs: Run = spec["inputs"]
        self.metrics: Run = {k: math.nan if v == "NaN" else v for k, v in status["metrics"].items()}
        self.outputs: Run = self.metrics | status["outputs"]


class PythonLoop(Rival):
    title = "Python loop"
    setting = "a list of parsed objects; every question goes over all of them"
    loaded_by = "json.loads of each line"
    loads_anew = True

    def version(self) -> str:
        return platform.python_version()

    def open(self) -> None:
        with self.data.open() as lines:
            self.rows = [Row(json.loads(line)) for line in lines]

    def disk(self) -> int:
        return 0

    def ask(self, asked: Asked) -> Any:
        if asked["shape"] == "seed":
            return (
                self.page(lambda r: under(r.metrics.get("loss"), asked["loss"]), "loss", 1, 5),
                self.page(lambda r: r.metrics["accuracy"] > asked["accuracy"], "accuracy", -1, 5_000),
            )
        test, key, sign = self.meaning(asked)
        page = self.page(test, key, sign, asked["limit"], asked["offset"])
        return (page, joined(page)) if asked["shape"] == "join" else page

    def meaning(self, asked: Asked) -> tuple[Callable[[Row], bool], str | None, int]:
        """Of a question: its test, the metric that it is sorted by (None: newest first), and 1 or -1 for down."""
        loss = asked.get("loss", 0.0)
        match asked["name"]:
            case "few":
                return lambda r: r.metrics["auc"] < 0.01, "auc", 1
            case "tail":
                return lambda r: r.metrics["auc"] < 0.01, "loss", 1
            case "three":
                return (
                    lambda r: (
                        under(r.metrics.get("loss"), loss) and r.inputs["batch"] in (32, 64) and r.status == "Succeeded"
                    ),
                    "accuracy",
                    -1,
                )
            case "or":
                accuracy = asked["accuracy"]
                return lambda r: under(r.metrics.get("loss"), loss) or r.metrics["accuracy"] > accuracy, "loss", 1
            case "prefix":
                return lambda r: r.name.startswith("run-00012"), None, 1
            case "contains":
                return lambda r: "00123" in r.name, None, 1
            case "slash":
                return lambda r: r.metrics["val/loss"] < loss, "val/loss", 1
            case "mixed":
                return lambda r: type(r.inputs["batch"]) is int and r.inputs["batch"] >= 64, None, 1
        return lambda r: under(r.metrics.get("loss"), loss), "loss", 1

    def page(self, test: Callable[[Row], bool], key: str | None, sign: int, limit: int, offset: int = 0) -> list[Row]:
        """Those without a number come last; ties, and no sort at all: newest first, then by uuid."""

        def order(row: Row) -> tuple[bool, float, float, str]:
            value = row.metrics.get(key) if key else 0.0
            if value is None or value != value:
                return True, 0.0, -row.created, row.uuid
            return False, sign * value, -row.created, row.uuid

        return sorted(filter(test, self.rows), key=order)[offset : offset + limit]

    def common(self, asked: Asked, found: Any) -> Answer:
        if asked["shape"] == "seed":
            best, right = found
            return {
                "uuids": [row.uuid for row in (*best, *right)],
                "values": {
                    "all_param1": [row.inputs["lr"] for row in best],
                    "all_result1": [row.outputs["result1"] for row in best],
                    "all_result2": [row.outputs["checkpoint"] for row in best],
                    "all_inputs": [row.inputs for row in right],
                    "all_outputs": [plain(row.outputs) for row in right],
                },
            }
        if asked["shape"] == "join":
            return {"uuids": found[1]["uuids"], "values": plain(found[1])}
        answer: Answer = {"uuids": [row.uuid for row in found]}
        if asked["shape"] == "whole":
            answer["values"] = {
                "inputs": [row.inputs for row in found],
                "outputs": [plain(row.outputs) for row in found],
            }
        return answer


def joined(rows: list[Row]) -> dict[str, list[Any]]:
    return {
        "losses": [row.metrics.get("loss") for row in rows],
        "rates": [row.inputs["lr"] for row in rows],
        "results": [row.outputs["result1"] for row in rows],
        "uuids": [row.uuid for row in rows],
    }


def under(value: float | None, bound: float) -> bool:
    return value is not None and value < bound


def plain(mapping: Run) -> Run:
    return {name: number(value) for name, value in mapping.items()}


if __name__ == "__main__":
    serve(PythonLoop())
