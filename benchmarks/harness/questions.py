"""What is asked of everyone, with each threshold chosen so that it means the same at every size.

A *selective* question matches about 1,000 runs however many there are (fewer where there are fewer), so that its
growth from N to 10 N tells what the other runs cost. At 100,000 runs that is 1 %.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

JOIN_RUNS = 5_000
PARAMS = {"losses": "metrics.loss", "rates": "inputs.lr", "results": "outputs.result1", "uuids": "globals.uuid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. ``query`` and ``sort`` are Joinery's; ``numbers`` are the thresholds that rivals need.

    ``shape``: ``page`` (ordered uuids), ``join`` (four fields of each run), ``whole`` (inputs and outputs of each
    run) or ``seed`` (the two joins of examples/sweep). ``selective`` questions are those that should not grow.
    """

    name: str
    title: str
    query: str
    sort: str
    limit: int
    offset: int = 0
    shape: str = "page"
    selective: bool = False
    numbers: dict[str, float] = field(default_factory=dict)

    def asked(self) -> dict[str, Any]:
        """What a rival is told: it knows the question by name and expresses it in its own language."""
        return {
            "name": self.name,
            "query": self.query,
            "sort": self.sort,
            "limit": self.limit,
            "offset": self.offset,
            "shape": self.shape,
            **self.numbers,
        }


def questions(count: int, few: int, *, wide: bool = False) -> list[Question]:
    """All questions about ``count`` runs, of which ``few`` have a ``metrics.auc`` under 0.01."""
    if wide:
        return _wide(count)
    three = round(min(1.0, 1_000 / (count * 0.98 * 0.49 * 0.8)), 6)
    either = round(min(0.5, 500 / count), 6)
    joined = round(min(1.0, (JOIN_RUNS + 100) / count / 0.98), 6)
    deep = max(0.3, joined)
    tail = max(0, few - 30)
    return [
        Question(
            name="top5", title="top 5 under a threshold, 30 % match", query="metrics.loss: <0.3", sort="metrics.loss",
            limit=5, numbers={"loss": 0.3},
        ),
        Question(
            name="few", title="top 5 where 1,000 match", query="metrics.auc: <0.01", sort="metrics.auc", limit=5,
            selective=True,
        ),
        Question(
            name="three", title="three clauses, 1,000 match (1 % of 100,000)",
            query=f"metrics.loss: <{three}, inputs.batch: 32|64, status: succeeded", sort="-metrics.accuracy",
            limit=20, selective=True, numbers={"loss": three},
        ),
        Question(
            name="or", title="OR of two metrics, 1,000 match",
            query=f"metrics.loss: <{either} or metrics.accuracy: >{1 - either:.6f}", sort="metrics.loss", limit=20,
            selective=True, numbers={"loss": either, "accuracy": round(1 - either, 6)},
        ),
        Question(
            name="join", title="join of 5,000 runs, four fields", query=f"metrics.loss: <{joined}",
            sort="metrics.loss", limit=JOIN_RUNS, shape="join", numbers={"loss": joined},
        ),
        Question(
            name="whole", title="5,000 runs with all inputs and outputs", query=f"metrics.loss: <{joined}",
            sort="metrics.loss", limit=JOIN_RUNS, shape="whole", numbers={"loss": joined},
        ),
        Question(
            name="page", title="offset 4,900, limit 100", query=f"metrics.loss: <{deep}", sort="metrics.loss",
            limit=100, offset=4_900, numbers={"loss": deep},
        ),
        Question(
            name="nothing", title="nothing matches", query="metrics.loss: <-1", sort="metrics.loss", limit=5,
            selective=True, numbers={"loss": -1.0},
        ),
        Question(
            name="prefix", title="names by prefix, newest first", query="name: run-00012%", sort="", limit=20,
            selective=True,
        ),
        Question(name="contains", title="names by a part, newest first", query="name: %00123%", sort="", limit=20),
        Question(
            name="tail", title="the end of 1,000, by a metric that some lack (last)", query="metrics.auc: <0.01",
            sort="metrics.loss", limit=30, offset=tail, selective=True,
        ),
        Question(
            name="slash", title="a metric called val/loss", query="metrics.val/loss: <20", sort="metrics.val/loss",
            limit=5, numbers={"loss": 20.0},
        ),
        Question(
            name="mixed", title="a number where some runs have text, newest first", query="inputs.batch: >=64",
            sort="", limit=20, numbers={"batch": 64},
        ),
        Question(
            name="seed", title="the two joins of examples/sweep", query="", sort="", limit=0, shape="seed",
            numbers={"loss": 0.01, "accuracy": 0.9},
        ),
    ]  # fmt: skip


def _wide(count: int) -> list[Question]:
    joined = round(min(1.0, 1_020 / count / 0.98), 6)
    return [
        Question(
            name="top5", title="200 metrics a run: top 5 under a threshold", query="metrics.loss: <0.3",
            sort="metrics.loss", limit=5, numbers={"loss": 0.3},
        ),
        Question(
            name="whole", title="200 metrics a run: 1,000 runs with all inputs and outputs",
            query=f"metrics.loss: <{joined}", sort="metrics.loss", limit=1_000, shape="whole",
            numbers={"loss": joined},
        ),
    ]  # fmt: skip
