"""A Run's values as Joinery reads them, field by field, against a plain reading of the manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from joinery.pql.ast import FieldPath
from joinery.runs import read_run
from joinery.runs.lookup import ABSENT, MANY_VALUED, value_of

from . import facts
from .projection import stored
from .worlds import LABELS, World

PLAIN = [
    *("uuid", "name", "description", "status", "kind", "runtime", "user", "project", "namespace", "cloning_kind"),
    *("queue", "commit", "tags", "created_at", "started_at", "finished_at", "schedule_at", "duration", "wait_time"),
    *("artifacts.name", "artifacts.kind", "artifacts.path", "in_artifact_kind", "out_artifact_kind", "pipeline"),
    *("original", "upstream", "upstream.name", "cost", "cpu", "memory", "gpu", "inputs", "outputs", "metrics"),
]


def paths(world: World) -> list[FieldPath]:
    keys = {*world.keys, "a", "a.b", "a.b.c", "b", "b.c", "b.c.a"}
    return [
        *(FieldPath(name) for name in PLAIN),
        *(FieldPath(name, key) for name in ("inputs", "outputs") for key in keys),
        *(FieldPath("metrics", key, stat) for key in keys for stat in ("last", "min", "max", "step")),
        *(FieldPath("labels", key) for key in LABELS),
        *(FieldPath("meta_info", key) for key in ("x", "y", "x.y")),
    ]


def found(value: Any, path: FieldPath) -> list[Any]:
    if path.name in MANY_VALUED:
        return list(value)
    return [] if value is ABSENT else [value]


@pytest.mark.spec("2:53", "2:67", "2:68", "2:69", "2:70", "2:71", "2:72", "2:73", "2:74", "2:75")
@pytest.mark.spec("2:76", "2:77", "2:78", "2:79", "2:80", "2:81", "1:81", "1:82", "1:83")
@pytest.mark.parametrize("start", range(0, 100, 25))
def test_every_field_of_every_run(start: int) -> None:
    for seed in range(start, start + 25):
        world = World(seed)
        for run in world.runs:
            record = read_run(run)
            for path in paths(world):
                wanted = facts.values(run, path.name, path.key, path.stat)
                if path.name in MANY_VALUED:
                    wanted = list(dict.fromkeys(wanted))
                if path.key is None and path.name in ("inputs", "outputs", "metrics"):
                    assert bool(found(value_of(record, path), path)) is bool(wanted)
                else:
                    assert json.dumps(stored(found(value_of(record, path), path)), sort_keys=True) == json.dumps(
                        stored(wanted), sort_keys=True
                    ), (seed, path, run)
