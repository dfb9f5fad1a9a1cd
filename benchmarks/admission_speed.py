"""How long one admission review takes, from the bytes of the request to the bytes of the answer.

    python benchmarks/admission_speed.py [--rounds 200]

Each object is reviewed as a creation. The page gives p50, p99 and the worst, in milliseconds, and how many times as
long as merely reading and writing the same JSON that is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from joinery.admission.review import review
from joinery.manifests import read_documents

SWEEP = Path(__file__).parents[1] / "examples" / "sweep" / "operation.yaml"


def sweep() -> dict[str, Any]:
    """The operation of the first example."""
    value: dict[str, Any] = read_documents(SWEEP.read_bytes())[0].value
    return value


def join(number: int, params: int, *, field: str) -> dict[str, Any]:
    """One join of ``params`` params; those of the first are inputs, the others are for templates alone."""
    kept = {"contextOnly": True} if number else {}
    return {
        "query": f"metrics.loss: <0.{number + 1}, status: succeeded, inputs.name: %run%",
        "sort": "-metrics.accuracy, created_at",
        "limit": 10,
        "params": {f"p{number}-{index}": {"value": f"{field}.m{index}", **kept} for index in range(params)},
    }


def wide(joins: int, params: int, *, wrong: bool = False) -> dict[str, Any]:
    """``joins`` joins of ``params`` params each; ``wrong``: each of them misspelt."""
    inputs = [{"name": f"p0-{index}", "type": "float", "isList": True} for index in range(params)]
    container = {"image": "python", "command": ["python"], "args": ["{{ p0-0 }}"]}
    return {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "wide"},
        "spec": {
            "joins": [join(number, params, field="metric" if wrong else "metrics") for number in range(joins)],
            "component": {"inputs": inputs, "run": {"container": container}},
        },
    }


def long_script(size: int) -> dict[str, Any]:
    """An operation whose one argument has ``size`` characters."""
    manifest = wide(1, 4)
    manifest["spec"]["component"]["run"]["container"]["args"] = ["x" * size + " {{ p0-1 }}"]
    return manifest


CASES: dict[str, Callable[[], dict[str, Any]]] = {
    "the first example": sweep,
    "4 joins of 16 params": lambda: wide(4, 16),
    "16 joins of 64 params": lambda: wide(16, 64),
    "32 joins of 128 params (the most)": lambda: wide(32, 128),
    "32 joins of 128 params, each wrong": lambda: wide(32, 128, wrong=True),
    "a script of 900 KiB": lambda: long_script(900 * 1024),
}


def body(manifest: dict[str, Any]) -> bytes:
    """A creation of ``manifest``, as the API server asks about it."""
    kind = {"group": "joinery.dev", "version": "v1alpha1", "kind": manifest["kind"]}
    request = {"uid": "0b4d9d0c", "kind": kind, "operation": "CREATE", "object": manifest, "oldObject": None}
    return orjson.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})


def measured(work: Callable[[], object], rounds: int, *, longest: float = 4.0) -> list[float]:
    """Milliseconds of each round, sorted; no more rounds after ``longest`` seconds."""
    times: list[float] = []
    end = time.perf_counter() + longest
    while len(times) < rounds and time.perf_counter() < end:
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


def reviewed(data: bytes) -> bytes:
    """What the server does with a body."""
    return orjson.dumps(review(data))


def plainly(data: bytes) -> bytes:
    """The same JSON, only read and written."""
    return orjson.dumps(orjson.loads(data))


def main() -> None:
    """Measure all cases, one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    print(f"{'case':36} {'KiB':>6} {'p50':>8} {'p99':>8} {'worst':>8} {'× JSON':>8}  answer")
    for name, make in CASES.items():
        data = body(make())
        verdict = "allowed" if review(data)["response"]["allowed"] else "refused"
        found, plain = (measured(partial(work, data), rounds) for work in (reviewed, plainly))
        p50, p99 = found[len(found) // 2], found[min(len(found) - 1, len(found) * 99 // 100)]
        ratio = p50 / plain[len(plain) // 2]
        print(f"{name:36} {len(data) / 1024:6.0f} {p50:8.2f} {p99:8.2f} {found[-1]:8.2f} {ratio:8.0f}  {verdict}")


if __name__ == "__main__":
    main()
