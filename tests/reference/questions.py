"""Questions: the text of a query and of a sort, together with what they mean (see ``evaluate``)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import worlds as w
from .operands import NIL, Operand, of_any_value, of_boolean, of_datetime, of_number, of_text, of_uuid, of_word

Meaning = tuple[Any, ...]
BARE_KEY = re.compile(r"[^\W_][\w\-/.@#+%]*")
VALUE_POOLS: dict[str, list[str]] = {
    "project": ["digits", "Digits", w.NAMESPACE],
    "user": w.WORDS,
    "queue": w.WORDS,
    "commit": ["abc123", "ABC123"],
    "cloning_kind": ["copy", "restart", "COPY"],
    "runtime": ["ray_job", "RAY-JOB", "rayjob", "Dask"],
    "kind": ["job", "JOB", "rayjob", "ray-job"],
    "status": [
        "succeeded",
        "SUCCEEDED",
        "upstream_failed",
        "upstream-failed",
        "UpstreamFailed",
        "on_schedule",
        "failed",
    ],
    "namespace": [w.NAMESPACE, w.OTHER],
}
SEVERAL: dict[str, list[str]] = {
    "tags": w.TAGS,
    "in_artifact_kind": ["model", "csv", "Model"],
    "out_artifact_kind": ["model", "csv", "tensorboard"],
}
TEXT_POOLS: dict[str, list[str]] = {
    "name": [*w.OPEN_NAMES, "run-3", "r", "RUN"],
    "description": [],
    "artifacts.name": [*w.ARTIFACT_NAMES, "MOD", "e"],
    "artifacts.kind": ["model", "csv", "MODEL"],
    "artifacts.path": ["m.pt", "out/", "M.PT", "/data/x"],
}
NUMBER_UNITS: dict[str, tuple[list[int | float], dict[str, float]]] = {
    "duration": ([0, 1, 60, 86_400, -86_400, 604_800], {"m": 60, "h": 3600}),
    "wait_time": ([0, 1, 60, 86_400, -86_400, 604_800], {"m": 60, "h": 3600}),
    "cpu": ([0, 1, 2, 0.5], {"m": 0.001}),
    "memory": ([0, 1024, 2_000_000], {"Ki": 2**10, "M": 10**6, "Gi": 2**30}),
    "gpu": ([0, 1], {}),
    "cost": ([0.5, 3], {}),
}
STAMPS = ["created_at", "started_at", "finished_at", "schedule_at"]
ALIASES = {
    "inputs": ["inputs", "in", "params"],
    "outputs": ["outputs", "out"],
    "uuid": ["uuid", "id", "uid"],
    "user": ["user", "user.username"],
    "project": ["project", "project.name"],
    "artifacts.name": ["artifacts.name", "artifacts"],
}


@dataclass
class Question:
    """One search: texts for Joinery, meanings for the reference."""

    query: str
    meaning: Meaning
    sort: str
    order: list[tuple[str, str | None, str | None, bool]]
    offset: int = 0
    limit: int | None = 5000
    selector: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # key, operator, values
    excluded: frozenset[str] = frozenset()  # uids


class Asker:
    """Makes questions about a world."""

    def __init__(self, world: w.World) -> None:
        self.world, self.random = world, world.random

    def name(self, field: str) -> str:
        return self.random.choice(ALIASES.get(field, [field]))

    def key(self, pool: list[str]) -> tuple[str, str]:
        """A key as written, and the key."""
        key = self.random.choice(pool)
        bare = BARE_KEY.fullmatch(key) is not None and self.random.random() < 0.7
        return (key if bare else json.dumps(key, ensure_ascii=self.random.random() < 0.5)), key

    def keyed(self, field: str, pool: list[str]) -> tuple[str, str, str]:
        written, key = self.key(pool)
        return f"{self.name(field)}.{written}", field, key

    def metric(self) -> tuple[str, str, str, str | None]:
        stat = self.random.choice([None, None, None, "last", "min", "max", "step"])
        written, field, key = self.keyed("metrics", self.world.keys)
        return written + (f"[{stat}]" if stat else ""), field, key, stat

    def field(self) -> tuple[str, str, str | None, str | None, Callable[[], Operand]]:
        """A field as written; its name, key and statistic; and what makes operands for it."""
        r, world = self.random, self.world
        kinds = (
            ["inout"] * 5
            + ["metrics"] * 3
            + ["value", "several", "text", "label", "stamp", "number", "uuid", "lineage", "map", "meta"]
        )
        match r.choice(kinds):
            case "inout":
                written, name, key = self.keyed(r.choice(["inputs", "outputs"]), world.asked)
                return written, name, key, None, lambda: of_any_value(r, world.texts, [*world.numbers, 1, 2])
            case "metrics":
                return *self.metric(), lambda: of_number(r, [*world.numbers, 1, 2])
            case "value":
                name = r.choice(list(VALUE_POOLS))
                return self.name(name), name, None, None, lambda: of_word(r, VALUE_POOLS[name])
            case "several":
                name = r.choice(list(SEVERAL))
                return name, name, None, None, lambda: of_word(r, SEVERAL[name])
            case "text":
                name = r.choice(list(TEXT_POOLS))
                return self.name(name), name, None, None, lambda: of_text(r, TEXT_POOLS[name] or world.texts)
            case "label":
                written, name, key = self.keyed(*r.choice([("labels", [*w.LABELS, "none"]), ("annotations", ["note"])]))
                return written, name, key, None, lambda: of_text(r, [*w.WORDS, "DA", "0", "1"])
            case "stamp":
                name = r.choice(STAMPS)
                return name, name, None, None, lambda: of_datetime(r, world.back)
            case "number":
                name = r.choice(list(NUMBER_UNITS))
                return name, name, None, None, lambda: of_number(r, *NUMBER_UNITS[name])
            case "uuid":
                name = r.choice(["uuid", "pipeline", "original", "upstream", "downstream"])
                return self.name(name), name, None, None, lambda: of_uuid(r, world.uuids)
            case "lineage":
                name = r.choice(["pipeline.name", "original.name", "upstream.name", "downstream.name"])
                return (
                    name,
                    name,
                    None,
                    None,
                    lambda: of_text(r, [*w.OPEN_NAMES, "train", "prep", "sweep", "run-2", "run-3"]),
                )
            case "map":
                name = r.choice(["inputs", "outputs", "metrics"])
                return self.name(name), name, None, None, lambda: NIL
        name, key = r.choice(["meta_info", "meta_values", "meta_flags"]), r.choice(["x", "y", "x.y"])
        makers = {
            "meta_info": lambda: of_word(r, world.texts),
            "meta_values": lambda: of_number(r, [*world.numbers, 1, 2]),
            "meta_flags": lambda: of_boolean(r),
        }
        return f"{name}.{key}", name, key, None, makers[name]

    def clause(self) -> tuple[str, Meaning]:
        r = self.random
        written, name, key, stat, operand = self.field()
        text, test = operand()
        negated = r.random() < 0.25
        tilde = r.choice(["~", "~ "]) if negated else ""
        blanks = [r.choice(["", "", "", " ", "  ", "\n"]) for _ in range(2)]
        return f"{written}{blanks[0]}:{blanks[1]}{tilde}{text}", ("clause", name, key, stat, negated, test)

    def tree(self, depth: int = 0) -> tuple[str, Meaning]:
        r = self.random
        if depth > 2 or r.random() < 0.4 + 0.2 * depth:
            return self.clause()
        kind = r.choice(["and", "or", "not"])
        if kind == "not":
            text, meaning = self.tree(depth + 1)
            return f"{r.choice(['~', 'not ', 'NOT ', '~ '])}({text})", ("not", meaning)
        items = [self.tree(depth + 1) for _ in range(r.randint(2, 3))]
        glues = [", ", ",", " and ", " AND ", "\nand "] if kind == "and" else [" or ", " OR ", " Or\n"]
        texts = [f"({t})" if (m[0] == "or" and kind == "and") or r.random() < 0.2 else t for t, m in items]
        if kind == "or" and r.random() < 0.3:  # a bar between groups
            texts, glues = [f"({text})" for text, _ in items], [" | ", " |\n"]
        return r.choice(glues).join(texts), (kind, [meaning for _, meaning in items])

    def sort(self) -> tuple[str, list[tuple[str, str | None, str | None, bool]]]:
        r = self.random
        plain = [*VALUE_POOLS, *STAMPS, *NUMBER_UNITS, "uuid", "name", "description"]
        chosen: dict[tuple[str, str | None, str | None], str] = {}
        for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
            match r.choice(["inout", "inout", "metrics", "metrics", "plain", "label"]):
                case "inout":
                    written, name, key = self.keyed(r.choice(["inputs", "outputs"]), self.world.asked)
                    chosen.setdefault((name, key, None), written)
                case "metrics":
                    written, name, key, stat = self.metric()
                    chosen.setdefault((name, key, stat or "last"), written)
                case "label":
                    written, name, key = self.keyed("labels", w.LABELS)
                    chosen.setdefault((name, key, None), written)
                case _:
                    name = r.choice(plain)
                    chosen.setdefault((name, None, None), self.name(name))
        down = [r.random() < 0.5 for _ in chosen]
        texts = [("-" if d else "") + written for d, written in zip(down, chosen.values(), strict=True)]
        return r.choice([",", ", "]).join(texts), [(*key, d) for d, key in zip(down, chosen, strict=True)]

    def ask(self) -> Question:
        text, meaning = ("", ("true",)) if self.random.random() < 0.08 else self.tree()
        sort, order = self.sort()
        offset, limit = self.random.choice([(0, 5000), (0, None), (0, 2), (1, 2), (3, 1), (2, None)])
        return Question(text, meaning, sort, order, offset, limit, *self.scope())

    def scope(self) -> tuple[tuple[tuple[str, str, tuple[str, ...]], ...], frozenset[str]]:
        """A label selector and runs to leave out; mostly neither."""
        r = self.random
        if r.random() < 0.8:
            return (), frozenset()
        operators = {"In": 2, "NotIn": 2, "Exists": 0, "DoesNotExist": 0}
        chosen = [r.choice(list(operators)) for _ in range(r.choice([0, 1, 1, 2]))]
        selector = tuple(
            (r.choice([*w.LABELS, "none"]), name, tuple(r.sample(w.WORDS, operators[name]))) for name in chosen
        )
        uids = [run["metadata"]["uid"] for run in self.world.runs]
        return selector, frozenset(r.sample(uids, min(len(uids), r.choice([0, 1, 2]))))
