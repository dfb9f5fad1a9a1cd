"""What a call of `log_metrics` costs the thread that trains, while the run is written in the background.

    python benchmarks/client_speed.py [--seconds 5] [--namespace NAME]

Without a namespace the run goes to a folder; with one, to the cluster of KUBECONFIG. Each line is one way to log; the
figures are microseconds of one call: mean, middle, 99th percentile and worst, and the processor's share of the mean.
The contract: 50 µs (issue 5, *Speed*).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from array import array
from collections.abc import Callable
from itertools import count

from joinery.tracking import Run, start_run

LIMIT = 50.0  # µs
Log = Callable[[Run, int], None]

WIDE = {f"layer-{number}/gradient": number / 7 for number in range(20)}
CASES: dict[str, Log] = {
    "one metric, with its step": lambda run, step: run.log_metrics(loss=1 / step, step=step),
    "four metrics": lambda run, step: run.log_metrics(loss=1 / step, accuracy=0.5, lr=0.01, epoch=step),
    "twenty metrics, as a mapping": lambda run, step: run.log_metrics(WIDE, step=step),
    "one of 1,000 names": lambda run, step: run.log_metrics({f"metric-{step % 1000}": step}, step=step),
}


def measure(run: Run, log: Log, *, seconds: float) -> tuple[array[float], float]:
    """Microseconds of each call, and the processor's share of a call on average (the loop's own included)."""
    taken: array[float] = array("d")
    begun, processor = time.perf_counter(), time.thread_time()
    for step in count(1):
        before = time.perf_counter()
        log(run, step)
        after = time.perf_counter()
        taken.append((after - before) * 1e6)
        if after - begun > seconds:
            break
    return taken, (time.thread_time() - processor) / len(taken) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each case")
    parser.add_argument("--namespace", help="of the cluster that KUBECONFIG names")
    options = parser.parse_args()
    print(f"{'':32}{'mean':>8}{'p50':>8}{'p99':>8}{'worst':>10}{'cpu':>8}{'calls':>10}")
    slow = []
    for name, log in CASES.items():
        with (
            tempfile.TemporaryDirectory() as folder,
            start_run(
                project="benchmark", commit="", namespace=options.namespace,
                folder=None if options.namespace else folder,
            ) as run,
        ):  # fmt: skip
            taken, processor = measure(run, log, seconds=options.seconds)
        ordered, mean = sorted(taken), sum(taken) / len(taken)
        shown = (mean, ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100], ordered[-1], processor)
        widths = (8, 8, 8, 10, 8)
        figures = "".join(f"{figure:{width}.1f}" for figure, width in zip(shown, widths, strict=True))
        print(f"{name:32}{figures}{len(taken):10,}")
        if mean > LIMIT:
            slow.append(name)
    if slow:
        raise SystemExit(f"over {LIMIT:.0f} µs: {', '.join(slow)}")


if __name__ == "__main__":
    main()
