"""The runs as typed columns, for the rivals that hold columns: `inputs.lr`, `metrics.loss` and so on.

A field that has numbers in some runs and texts in others becomes two columns, the second with ` (text)` behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

TEXT = " (text)"
PARTS = ("inputs", "outputs", "metrics")


def columns(data: Path) -> Any:
    """An Arrow table, newest first and then by uuid."""
    runs = []
    with data.open("rb") as lines:
        for line in lines:
            run = orjson.loads(line)
            spec, status = run["spec"], run["status"]
            row = {
                "uuid": spec["uuid"],
                "name": run["metadata"]["name"],
                "created": spec["createdAt"],
                "status": status["phase"],
            }
            for part, values in (("inputs", spec["inputs"]), ("outputs", status["outputs"])):
                for name, value in values.items():
                    row[f"{part}.{name}"] = value
            for name, value in status["metrics"].items():
                row[f"metrics.{name}"] = float("nan") if value == "NaN" else value
            runs.append(row)
    runs.sort(key=lambda row: row["uuid"])
    runs.sort(key=lambda row: row["created"], reverse=True)
    return table(runs)


def table(runs: list[dict[str, Any]]) -> Any:
    made = {}
    for name in dict.fromkeys(name for run in runs for name in run):
        values = [run.get(name) for run in runs]
        kinds = {type(value) for value in values} - {type(None)}
        if str in kinds and kinds != {str}:
            made[name] = pa.array([value if type(value) is not str else None for value in values])
            made[name + TEXT] = pa.array([value if type(value) is str else None for value in values])
        else:
            made[name] = pa.array(values)
    made["created"] = made["created"].cast(pa.timestamp("us", tz="UTC"))
    return pa.table(made)


def wholes(names: list[str], rows: list[tuple[Any, ...]], part: str) -> list[dict[str, Any]]:
    """Rows as mappings again: of `inputs`, or of `outputs` with the metrics below them. Null is absent."""
    parts = ["inputs"] if part == "inputs" else ["metrics", "outputs"]
    wanted = [
        (index, name.removesuffix(TEXT).partition(".")[2])
        for wanted_part in parts
        for index, name in enumerate(names)
        if name.startswith(wanted_part + ".")
    ]
    return [{name: row[index] for index, name in wanted if row[index] is not None} for row in rows]
