"""pandas on the same runs: one DataFrame in memory, newest first, so that stable sorts settle ties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pandas as pd
import pyarrow.parquet as parquet
from columns import PARTS, columns, wholes
from worker import Answer, Asked, Rival, number, serve

NO_NULL = "a column of floats has NaN where a value is absent too, so that a recorded NaN and none cannot be told apart"


class PandasFrame(Rival):
    title = "pandas"
    setting = "one DataFrame in memory, sorted newest first; masks and nsmallest on its columns"
    loaded_by = "read_parquet of a file made from the runs"
    causes: ClassVar = {"seed": NO_NULL}

    def version(self) -> str:
        return str(pd.__version__)

    def load(self) -> None:
        parquet.write_table(columns(self.data), self.store / "runs.parquet")

    def open(self) -> None:
        self.frame = pd.read_parquet(self.store / "runs.parquet")

    def ask(self, asked: Asked) -> Any:
        frame = self.frame
        if asked["shape"] == "seed":
            loss, accuracy = frame["metrics.loss"], frame["metrics.accuracy"]
            first, second = loss[loss < asked["loss"]].nsmallest(5), accuracy[accuracy > asked["accuracy"]]
            return frame.loc[first.index], frame.loc[second.nlargest(5_000).index]
        rows = self.page(asked)
        if asked["shape"] == "whole":
            return frame.loc[rows]
        if asked["shape"] == "join":
            names = ("metrics.loss", "inputs.lr", "outputs.result1", "uuid")
            return [frame[name].loc[rows].tolist() for name in names]
        return frame["uuid"].loc[rows].tolist()

    def page(self, asked: Asked) -> Any:
        """The index of the page's rows."""
        frame, first, last = self.frame, asked["offset"], asked["offset"] + asked["limit"]
        masks: dict[str, Callable[[], Any]] = {
            "few": lambda: frame["metrics.auc"] < 0.01,
            "tail": lambda: frame["metrics.auc"] < 0.01,
            "slash": lambda: frame["metrics.val/loss"] < asked["loss"],
            "three": lambda: (
                (frame["metrics.loss"] < asked["loss"])
                & frame["inputs.batch"].isin((32, 64))
                & (frame["status"] == "Succeeded")
            ),
            "or": lambda: (frame["metrics.loss"] < asked["loss"]) | (frame["metrics.accuracy"] > asked["accuracy"]),
            "prefix": lambda: frame["name"].str.startswith("run-00012"),
            "contains": lambda: frame["name"].str.contains("00123", regex=False),
            "mixed": lambda: frame["inputs.batch"] >= asked["batch"],
        }
        mask = masks.get(asked["name"], lambda: frame["metrics.loss"] < asked["loss"])()
        if asked["name"] in ("prefix", "contains", "mixed"):
            return frame.index[mask][first:last]
        if asked["name"] == "three":
            return frame["metrics.accuracy"][mask].nlargest(last).index[first:]
        if asked["name"] in ("tail", "or"):
            return frame["metrics.loss"][mask].sort_values(kind="stable").index[first:last]
        key = {"few": "metrics.auc", "slash": "metrics.val/loss"}.get(asked["name"], "metrics.loss")
        return frame[key][mask].nsmallest(last).index[first:]

    def common(self, asked: Asked, found: Any) -> Answer:
        if asked["shape"] == "page":
            return {"uuids": found}
        if asked["shape"] == "join":
            losses, rates, results, uuids = found
            return {"uuids": uuids, "values": {"losses": losses, "rates": rates, "results": results, "uuids": uuids}}
        if asked["shape"] == "whole":
            values = {part: _mappings(found, part) for part in PARTS[:2]}
            return {"uuids": found["uuid"].tolist(), "values": values}
        best, right = found
        return {
            "uuids": [*best["uuid"], *right["uuid"]],
            "values": {
                "all_param1": best["inputs.lr"].tolist(),
                "all_result1": best["outputs.result1"].tolist(),
                "all_result2": best["outputs.checkpoint"].tolist(),
                "all_inputs": _mappings(right, "inputs"),
                "all_outputs": _mappings(right, "outputs"),
            },
        }


def _mappings(frame: Any, part: str) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    rows = list(plain.itertuples(index=False, name=None))
    return [{name: number(value) for name, value in row.items()} for row in wholes(list(frame), rows, part)]


if __name__ == "__main__":
    serve(PandasFrame())
