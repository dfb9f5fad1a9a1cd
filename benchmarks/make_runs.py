"""Runs for benchmarks, from a seed: JSON lines of N runs of 12 values each.

Five inputs, two outputs, five metrics. One in a hundred lacks the metric ``loss``, one in a hundred has NaN
there, and one in fifty has a text where others have a number (``inputs.batch``). ``metrics.loss: <0.3`` matches
30 % of those with a loss, ``metrics.auc: <0.01`` about 1,000; ``metrics.stage`` and ``inputs.model`` are ties of many.
``wide`` metrics more, called ``m000`` and so on, make runs as a long training leaves them behind.

    python benchmarks/make_runs.py 100000 > runs.jsonl
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

_START = datetime(2026, 1, 1, tzinfo=UTC)
_MODELS = ("resnet18", "resnet50", "vit-b16", "mlp")
_PHASES = ("Succeeded",) * 8 + ("Failed", "Running")


def runs(
    count: int, *, seed: int = 7, full: bool = False, rare: float | None = None, wide: int = 0
) -> Iterator[dict[str, Any]]:
    """``count`` manifests. ``full``: metrics with min, max and step. ``rare``: the share of runs with
    ``metrics.auc`` under 0.01 (1,000 of them by default). ``wide``: so many metrics more a run."""
    random_ = random.Random(seed)
    share = (1_000 / count if count > 1_000 else 1.0) if rare is None else rare
    for number in range(count):
        run = _run(random_, number, full=full, share=share)
        run["status"]["metrics"] |= {f"m{index:03d}": random_.random() for index in range(wide)}
        yield run


def _run(random_: random.Random, number: int, *, full: bool, share: float) -> dict[str, Any]:
    created = _START + timedelta(seconds=number * 7, microseconds=random_.randrange(1_000_000))
    started = created + timedelta(seconds=random_.randrange(1, 90))
    finished = started + timedelta(seconds=random_.randrange(30, 7_200))
    uuid = f"{random_.getrandbits(128):032x}"
    metrics: dict[str, Any] = {
        "accuracy": random_.random(),
        "auc": random_.random() * 0.01 if random_.random() < share else 0.01 + random_.random(),
        "epoch_time": random_.gauss(30, 5),
        "stage": random_.randrange(2),
    }
    dice = random_.random()
    if dice >= 0.01:
        metrics["loss"] = "NaN" if dice < 0.02 else random_.random()
    if full:
        metrics = {name: _full(random_, value) for name, value in metrics.items()}
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Run",
        "metadata": {
            "name": f"run-{number:06d}",
            "namespace": "default",
            "uid": f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}",
            "resourceVersion": str(100_000 + number),
            "creationTimestamp": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "spec": {
            "uuid": uuid,
            "createdAt": created.isoformat(),
            "kind": "job",
            "inputs": {
                "lr": 10 ** random_.uniform(-5, -1),
                "batch": "auto" if random_.random() < 0.02 else random_.choice((16, 32, 64, 128)),
                "model": random_.choice(_MODELS),
                "seed": random_.randrange(1_000_000),
                "augment": random_.random() < 0.5,
            },
        },
        "status": {
            "phase": random_.choice(_PHASES),
            "startedAt": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "finishedAt": finished.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "outputs": {"result1": random_.random(), "checkpoint": f"step-{random_.randrange(100_000)}"},
            "metrics": metrics,
        },
    }


def _full(random_: random.Random, value: Any) -> Any:
    if not isinstance(value, (int, float)):
        return {"last": value}
    return {"last": value, "min": value * 0.5, "max": value * 2, "step": random_.randrange(10_000)}


def main() -> None:
    """Write JSON lines to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--full", action="store_true", help="metrics with min, max and step")
    parser.add_argument("--wide", type=int, default=0, help="so many metrics more a run")
    options = parser.parse_args()
    for run in runs(options.count, seed=options.seed, full=options.full, wide=options.wide):
        sys.stdout.buffer.write(orjson.dumps(run) + b"\n")


if __name__ == "__main__":
    main()
