"""Whole resolutions: values against a plain reading, and what must hold of any: order, alignment, digest, paging."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from joinery.api.v1alpha1 import V1Operation
from joinery.joins import ResolveRequest, resolve
from joinery.joins.resolution import Resolution
from joinery.runs.search import RunStore

from . import evaluate
from .operands import us
from .projection import globals_of, value_of
from .questions import Asker, Question
from .test_equivalence import in_memory
from .worlds import ARTIFACT_NAMES, NAMESPACE, NOW, World

WRITABLE = ["a", "a.b", "a.b.c", "b", "b.c", "b.c.a", "c", "lr", "val/acc@5", "x-y", "ключ"]
Expression = tuple[str, tuple[str, str | None, str | None]]


def expressions(random: Random) -> list[Expression]:
    """Value expressions as written, with root, key and statistic; some in braces."""
    whole: list[Expression] = [
        (root, (root, None, None)) for root in ("inputs", "outputs", "metrics", "artifacts", "io")
    ]
    keyed = [(f"{root}.{key}", (root, key, None)) for root in ("inputs", "outputs", "metrics") for key in WRITABLE]
    stats = [(f"metrics.{key}[{stat}]", ("metrics", key, stat)) for key in WRITABLE for stat in ("min", "max", "step")]
    names = [name for name in ARTIFACT_NAMES if "%" not in name]
    paths = [(f"artifacts.{name}", ("artifacts", name, None)) for name in (*names, "base", "outputs", "none")]
    about = [(f"globals.{name}", ("globals", name, None)) for name in globals_of(World(0).runs[0])]
    chosen = [*whole, *random.sample(keyed, 12), *random.sample(stats, 6), *paths, *random.sample(about, 8)]
    return [
        (f"{{{{ {text} }}}}", place) if random.random() < 0.3 and "@" not in text else (text, place)
        for text, place in chosen
    ]


def operation(questions: Sequence[Question], params: Sequence[dict[str, Any]]) -> V1Operation:
    joins = [
        {"query": q.query, "sort": q.sort, "limit": q.limit or 5000, "offset": q.offset, "params": given}
        for q, given in zip(questions, params, strict=True)
    ]
    run = {"kind": "job", "container": {"image": "python:3.13-slim"}}
    manifest = {
        "apiVersion": "joinery.dev/v1alpha1",
        "kind": "Operation",
        "metadata": {"name": "op", "namespace": NAMESPACE},
        "spec": {"joins": joins, "component": {"run": run}},
    }
    return V1Operation.from_dict(manifest)


def resolved(store: RunStore, wanted: V1Operation) -> Resolution:
    return resolve(ResolveRequest(operation=wanted, namespace=NAMESPACE, name="op", now=us(NOW)), store)


def context(values: Sequence[str]) -> dict[str, Any]:
    return {f"p{index}": {"value": value, "contextOnly": True} for index, value in enumerate(values)}


@pytest.mark.spec("1:75", "1:76", "1:77", "1:81", "1:82", "1:83", "1:84", "1:85", "1:86", "1:87")
@pytest.mark.spec("1:88", "1:91", "1:93", "1:95", "1:96", "1:97", "1:131")
@pytest.mark.parametrize("start", range(0, 40, 10))
def test_values_are_those_of_a_plain_reading_aligned_by_run(start: int) -> None:
    for seed in range(start, start + 10):
        world = World(seed)
        store, asker = in_memory(world.runs), Asker(world)
        question, wanted = asker.ask(), expressions(world.random)
        done = resolved(store, operation([question], [context([text for text, _ in wanted])]))
        taken = {run["spec"]["uuid"]: run for run in evaluate.candidates(world.runs, NAMESPACE)}
        runs = [taken[run.uuid] for run in done.joins[0].runs]
        for index, (text, place) in enumerate(wanted):
            expected = [value_of(run, *place) for run in runs]
            found = done.params[f"p{index}"]
            assert found.value == expected, (seed, text)
            assert json.dumps(found.value, sort_keys=True) == json.dumps(expected, sort_keys=True), (seed, text)
            assert found.nulls == sum(value is None for value in expected)


@pytest.mark.spec("1:126", "1:127", "1:128", "1:129", "1:130", "1:71")
@pytest.mark.parametrize("seed", range(100, 108))
def test_the_order_in_which_runs_were_loaded_changes_nothing(seed: int) -> None:
    world = World(seed)
    asker = Asker(world)
    questions = [asker.ask() for _ in range(4)]
    wanted = operation(questions, [context(["inputs", "outputs", "globals.uuid"]) for _ in questions])
    first = resolved(in_memory(world.runs), wanted)
    for _ in range(3):
        again = resolved(in_memory(world.random.sample(world.runs, len(world.runs))), wanted)
        assert again.digest == first.digest
        assert again == first
    for join in first.joins:
        assert len({run.uuid for run in join.runs}) == len(join.runs)
    assert all(len(param.value) == sum(len(join.runs) for join in first.joins) for param in first.params.values())


@pytest.mark.spec("1:130", "1:129")
@pytest.mark.parametrize("seed", range(200, 204))
def test_another_answer_or_another_question_has_another_digest(seed: int) -> None:
    world = World(seed)
    every = Question("", ("true",), "", [])
    params = [context(["globals.uuid"])]
    ours = [run for run in world.runs if run["metadata"]["namespace"] == NAMESPACE]
    first = resolved(in_memory(world.runs), operation([every], params))
    fewer = resolved(
        in_memory([run for run in world.runs if run["spec"]["uuid"] != ours[0]["spec"]["uuid"]]),
        operation([every], params),
    )
    sorted_by = resolved(in_memory(world.runs), operation([Question("", ("true",), "uuid", [])], params))
    assert len({first.digest, fewer.digest, sorted_by.digest}) == 3


@pytest.mark.spec("2:92", "1:38", "1:39")
@pytest.mark.parametrize("seed", range(300, 312))
def test_pages_by_offset_never_repeat_and_never_skip(seed: int) -> None:
    world = World(seed)
    store, asker = in_memory(world.runs), Asker(world)
    for _ in range(3):
        asked = asker.ask()
        asked.offset, asked.limit = 0, 5000
        params = context(["globals.uuid"])
        whole = [run.uuid for run in resolved(store, operation([asked], [params])).joins[0].runs]
        paged: list[str] = []
        for offset in range(0, len(whole) + 2, 2):
            asked.offset, asked.limit = offset, 2
            paged += [run.uuid for run in resolved(store, operation([asked], [params])).joins[0].runs]
        assert paged == whole
