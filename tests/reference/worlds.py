"""Runs that are as odd as real ones and odder, made from a seed.

Each world keeps to a few keys and values of its own, drawn from the pools below, so that its questions meet its
runs. (Hypothesis draws the seed: a world of a dozen runs and forty questions is some thousands of choices, which
it makes a hundred times slower one by one; ``shrink`` makes a failure small.)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

NOW = datetime(2024, 6, 15, 12, 34, 56, 789_012, tzinfo=UTC)
NAMESPACE, OTHER = "team-a", "team-b"

KEYS = ["a", "a.b", "a.b.c", "b", "b.c", "c", "lr", "val/acc@5", "x-y", "ключ", "a b", "#1+2%", 'q"\\', "İ", "b.c.a"]
HEAD = "h" * 256
LONG = [HEAD, HEAD[:-1], HEAD + "a", HEAD + "b", HEAD[:-1] + "X", "ß" * 255 + "é", "ß" * 300, "İ" * 256 + "z"]
TEXTS = [
    *("", "a", "A", "abc", "ABC", "b c", "straße", "STRASSE", "ẞ", "İ", "i", "é", "e\u0301", "𝒳", "\uffff", "\ue000"),
    *("1", "1.0", "true", "nil", "null", "nan", "_any_", "100%", "a%b", "%", "a_b", "a|b", "a,b", "(x)", "{{ x }}"),
    *('"', "\\", "~a", "<1", "1..2", "../x", "a and b", "line\nbreak", "NaN", " a", "a:b", "x or y", "it's", "a "),
]
NUL = ["\0", "a\0b"]
NUMBERS: list[int | float] = [
    *(0, 1, -1, 2, 10, 0.0, -0.0, 1.0, 0.1, 0.5, 1.5, -2.5, 1e-3, 1e300, 1e308, -1e308, 5e-324, 2.0**53),
    *(
        2**53 - 1,
        2**53,
        2**53 + 1,
        2**53 + 2,
        -(2**53) - 1,
        2**63 - 1,
        -(2**63),
        2.0**63,
        2**63,
        2**64 + 1,
        -(10**30),
        10**18,
        10**18 + 1,
        1e18,
    ),
]
UUIDS = [c * 32 for c in "0123abcdef"] + ["0123456789abcdef" * 2, "01234567" + "f" * 24]
OPEN_NAMES = ["run-1", "run-2", "Run-1", "a%b", "straße", "100%"]
PHASES = ["Created", "OnSchedule", "Queued", "Running", "Succeeded", "Failed", "UpstreamFailed", "Stopped", "Skipped"]
KINDS = ["job", "service", "Ray_Job", "rayjob"]
WORDS = ["ada", "Ada", "grace", "a-b", "a_b", "straße"]
TAGS = ["a", "b", "A", "nil", "x,y", "", "straße"]
ARTIFACT_NAMES = ["model", "Model", "tensorboard", "model-2", "a%b"]
LABELS = ["team", "app.kubernetes.io/name", "a/b"]

# Instants near the edges of units, and few of them, so that ties are common.
BACK = [
    timedelta(),
    timedelta(seconds=1),
    timedelta(microseconds=1),
    timedelta(hours=12, minutes=34, seconds=56, microseconds=789_012),  # the last midnight
    timedelta(hours=12, minutes=34, seconds=56, microseconds=789_013),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=7, microseconds=1),
    timedelta(days=30),
    timedelta(days=31),
    timedelta(days=400, seconds=3),
]


def iso(moment: datetime, hours: int = 0) -> str:
    """ISO 8601, in UTC or at another offset: the same instant."""
    local = (moment + timedelta(hours=hours)).replace(tzinfo=None).isoformat()
    return local + (f"+{hours:02d}:00" if hours else "Z")


class World:
    """A few keys, values and instants, and the runs made of them."""

    def __init__(self, seed: int) -> None:
        self.random = r = Random(seed)
        self.keys = r.sample(KEYS, r.randint(2, 5))
        if r.random() < 0.5:  # keys that begin one another, where the longest wins
            self.keys = list({*self.keys, "a", "a.b", r.choice(["a.b.c", "b.c"])})
        self.asked = [*self.keys, *(["a.b", "a.b.c", "b.c"] if {"a", "b"} & {*self.keys} else [])]
        self.texts = r.sample(TEXTS, 5) + r.sample(LONG, r.choice([0, 0, 2])) + r.sample(NUL, r.choice([0, 0, 0, 1]))
        self.numbers = r.sample(NUMBERS, 5)
        self.uuids = r.sample(UUIDS, 12 if r.random() < 0.7 else 5)
        self.back = r.sample(BACK, r.randint(2, 6))
        self.runs = [self.run(index) for index in range(r.randint(1, 12))]

    def flat(self) -> Any:
        r = self.random
        kind = r.choice(["number", "number", "text", "bool", "null", "small"])
        choices = {
            "number": lambda: r.choice(self.numbers),
            "small": lambda: r.randint(0, 3),
            "text": lambda: r.choice(self.texts),
            "bool": lambda: r.random() < 0.5,
            "null": lambda: None,
        }
        return choices[kind]()

    def value(self, depth: int = 0) -> Any:
        r = self.random
        if depth < 3 and r.random() < 0.2:
            return {key: self.value(depth + 1) for key in r.sample(["b", "c", "b.c", "a"], r.randint(0, 2))}
        if depth < 3 and r.random() < 0.07:
            return [self.value(depth + 1) for _ in range(r.randint(0, 2))]
        return self.flat()

    def values(self) -> dict[str, Any]:
        """Inputs or outputs: under a key that begins others a mapping often, so that one path has several readings."""
        found = {key: self.value() for key in self.keys if self.random.random() < 0.6}
        for key in ("a", "a.b", "b"):
            if key in found and self.random.random() < 0.5:
                inner = self.random.sample(["b", "c", "b.c", "b"], 2)
                found[key] = {name: self.value(1) for name in inner}
        return found

    def metric_number(self) -> Any:
        r = self.random
        return r.choice(["NaN", "Infinity", "-Infinity"]) if r.random() < 0.2 else r.choice([*self.numbers, 1, 2])

    def metrics(self) -> dict[str, Any]:
        def one() -> Any:
            if self.random.random() < 0.5:
                return self.metric_number()
            stats = {"last": self.metric_number()}
            stats |= {s: self.metric_number() for s in ("min", "max") if self.random.random() < 0.6}
            return stats | ({"step": self.random.randint(0, 3)} if self.random.random() < 0.6 else {})

        return {key: one() for key in self.keys if self.random.random() < 0.5}

    def instant(self) -> str:
        return iso(NOW - self.random.choice(self.back), self.random.choice([0, 0, 2]))

    def artifact(self) -> dict[str, Any]:
        r = self.random
        entry = {"name": r.choice(ARTIFACT_NAMES), "kind": r.choice(["model", "tensorboard", "csv"])}
        entry |= {"path": r.choice(["m.pt", "out/M.pt", "/data/x"]), "isInput": r.random() < 0.4}
        return {key: value for key, value in entry.items() if key == "name" or r.random() < 0.7}

    def upstream(self) -> dict[str, Any]:
        entry = {"uuid": self.random.choice(self.uuids), "name": self.random.choice(["train", "prep"])}
        return {key: value for key, value in entry.items() if key == "uuid" or self.random.random() < 0.6}

    def run(self, index: int) -> dict[str, Any]:
        r = self.random
        spec = {
            "inputs": self.values(),
            "tags": r.sample(TAGS, r.randint(0, 3)),
            "project": r.choice(["digits", "Digits"]),
            "kind": r.choice(KINDS),
            "name": r.choice(OPEN_NAMES),
            "description": r.choice([text for text in self.texts if text]),
            "user": r.choice(WORDS),
            "runtime": r.choice(["Ray_Job", "ray-job", "dask"]),
            "queue": r.choice(WORDS),
            "commit": r.choice(["abc123", "ABC123"]),
            "pipeline": r.choice([*self.uuids, "sweep"]),
            "original": r.choice([*self.uuids, "train", "Run-1"]),
            "cloningKind": r.choice(["copy", "restart"]),
            "scheduleAt": self.instant(),
            "meta": {key: self.flat() for key in r.sample(["x", "y", "x.y"], r.randint(0, 2))},
        }
        resources = {
            "cpu": [1, 0.5, "500m", "2"],
            "memory": [1024, "1Ki", "1Gi", "2M"],
            "gpu": [0, 1],
            "cost": [0.5, 3],
        }
        status = {
            "outputs": self.values(),
            "metrics": self.metrics(),
            "artifacts": [self.artifact() for _ in range(r.randint(0, 3))],
            "upstream": [self.upstream() for _ in range(r.randint(0, 2))],
            "resources": {key: r.choice(some) for key, some in resources.items() if r.random() < 0.6},
            "startedAt": self.instant(),
            "finishedAt": self.instant(),
            "phase": r.choice(PHASES),
        }
        created = self.instant()
        return {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "Run",
            "metadata": {
                "name": f"run-{index}",
                "uid": f"00000000-0000-4000-8000-{index:012d}",
                "namespace": OTHER if r.random() < 0.1 else NAMESPACE,
                "resourceVersion": str(index + 1),
                "creationTimestamp": created,
                "labels": {key: r.choice(WORDS) for key in LABELS if r.random() < 0.5},
                "annotations": {"note": str(index % 2)},
            },
            "spec": {"uuid": r.choice(self.uuids), "createdAt": created}
            | {key: value for key, value in spec.items() if r.random() < 0.65},
            "status": {key: value for key, value in status.items() if r.random() < 0.75},
        }
