"""Joinery beside what people would use instead: the same runs, the same questions, one machine, one command.

    python benchmarks/side_by_side.py [--only GROUP]… [--runs N]… [--rounds 7]     measure, and write the report
    python benchmarks/side_by_side.py --report                                    write the report from the results
    python benchmarks/side_by_side.py --check [--measured]                        do the claims still hold?

Answers are compared before anything is timed; an answer that differs for no known cause ends the run with an error.
Results are JSON files in benchmarks/results/; docs/benchmarks.md and its pictures are made from them alone.
Rivals are installed into environments of their own below ~/.cache/joinery/bench (JOINERY_BENCH_CACHE).
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.claims import broken
from harness.dataset import dataset
from harness.environments import CACHE
from harness.groups import CLAIMED, GROUPS, SIZES, run_group
from harness.questions import questions
from harness.report import write_report
from harness.results import RESULTS, read_results, write_result

OPERATOR, OPERATED = "operator", 10_000


def measure(only: list[str], sizes: list[int], rounds: int, into: Path, *, claimed: bool = False) -> int:
    """Run the groups, write each result. The number of wrong answers."""
    wrong = 0
    for group in only:
        if group == OPERATOR:
            measured = _operators()
            if measured:
                write_result(measured, into)
            continue
        for count in sizes:
            for wide in (False, True) if group in SIZES.wide and count >= 10_000 and not claimed else (False,):
                data = dataset(CACHE / "data", count // 10 if wide else count, wide=wide)
                print(f"{group}: {data.name} runs", flush=True)
                asked = [
                    one for one in questions(data.count, data.few, wide=wide) if not claimed or one.name in CLAIMED
                ]
                result = run_group(group, data, asked, stores=CACHE / "stores", rounds=rounds)
                if result is None:
                    continue
                write_result(result, into)
                wrong += sum(
                    found.get("wrong", False) for one in result["questions"] for found in one["asked"].values()
                )
    return wrong


def _operators() -> dict[str, Any] | None:
    """None where no API server can be had."""
    print(f"{OPERATOR}: ours and the naive one", flush=True)
    from harness.operators import Unavailable, operators

    try:
        return operators(OPERATED)
    except Unavailable as error:
        print(f"  LEFT OUT: {error}", flush=True)
        return None


def main() -> int:
    """0 when all answers are explained and, with ``--check``, all claims hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[*GROUPS, OPERATOR], help="these rivals (repeatable)")
    parser.add_argument("--runs", action="append", type=int, help="this many runs (repeatable)")
    parser.add_argument("--full", action="store_true", help="up to 1,000,000 runs")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--report", action="store_true", help="only write the report")
    parser.add_argument("--check", action="store_true", help="measure what is claimed, and compare the ratios")
    parser.add_argument("--measured", action="store_true", help="with --check: take the results that are there")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything that was started is ended
    if options.check:
        return check(measured=options.measured)
    wrong = 0
    if not options.report:
        sizes = options.runs or list(SIZES.full if options.full else SIZES.usual)
        wrong = measure(options.only or [*GROUPS, OPERATOR], sizes, options.rounds, RESULTS)
    write_report(read_results(RESULTS))
    if wrong:
        print(f"{wrong} answers differ and nobody knows why", file=sys.stderr)
    return 1 if wrong else 0


def check(*, measured: bool) -> int:
    """Say which claims do not hold."""
    with tempfile.TemporaryDirectory() as folder:
        wrong, into = 0, RESULTS
        if not measured:
            into = Path(folder)
            wrong = measure(["engines", "mlflow", "haupt"], [100_000], 3, into, claimed=True)
        failed = broken(read_results(into))
    for line in failed:
        print(line, file=sys.stderr)
    print(f"{len(failed)} claims do not hold" if failed else "every claim holds")
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
