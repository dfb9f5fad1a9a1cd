"""The one file that every rival is loaded from: JSON lines of Runs, seeded, with what questions need to know of it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from make_runs import runs

SEED = 7
WIDE = 195  # more metrics: 200 in all
MADE_BY = 2  # raised when the data changes, so that what was made before is not taken for it


@dataclass(frozen=True, slots=True)
class Dataset:
    """``path``: JSON lines; ``few``: how many have ``metrics.auc`` under 0.01; ``values``: numbers, texts and flags."""

    path: str
    count: int
    few: int
    values: int
    bytes: int
    wide: bool

    @property
    def name(self) -> str:
        return f"{'wide-' if self.wide else ''}{self.count}"


def dataset(folder: Path, count: int, *, wide: bool = False) -> Dataset:
    """Made where it is not there already. One metric gets a name with a slash in it, as frameworks log them."""
    target = folder / f"runs-{MADE_BY}-{'wide-' if wide else ''}{count}.jsonl"
    facts = target.with_suffix(".json")
    if facts.exists():
        return Dataset(**json.loads(facts.read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    few = values = 0
    with target.open("wb") as lines:
        for run in runs(count, seed=SEED, wide=WIDE if wide else 0):
            metrics = run["status"]["metrics"]
            metrics["val/loss"] = metrics.pop("epoch_time")
            few += metrics["auc"] < 0.01
            values += len(metrics) + len(run["spec"]["inputs"]) + len(run["status"]["outputs"])
            lines.write(orjson.dumps(run) + b"\n")
    made = Dataset(str(target), count, few, values, target.stat().st_size, wide)
    facts.write_text(json.dumps(asdict(made)))
    return made
