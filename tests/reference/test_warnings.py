"""The warnings of a search, counted in loops: unknown names, other types, missing sort keys, one uuid twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from . import evaluate, facts
from .compare import expected, request
from .questions import Meaning, Question
from .test_equivalence import asked, in_memory
from .worlds import NAMESPACE

KEYED = {"inputs", "outputs", "metrics", "labels", "annotations", "meta_info", "meta_values", "meta_flags"}
Run = dict[str, Any]


def clauses(meaning: Meaning) -> Iterator[Meaning]:
    match meaning:
        case ("clause", *_):
            yield meaning
        case ("not", item):
            yield from clauses(item)
        case (_, [*items]):
            for item in items:
                yield from clauses(item)


def kind(value: Any) -> str | None:
    """What a value is, in the words of the warning; NaN is a number that matches nothing, and warns of nothing."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a text"
    if facts.is_number(value):
        return "a number" if value == value else None
    return "a mapping or a list"


def wanted(meaning: Meaning) -> set[str | None]:
    """The kinds of values that a clause can match; empty where it warns of none."""
    _, field, key, _, negated, test = meaning
    if field not in KEYED or key is None or (negated and test[0] != "cmp"):
        return set()
    match test:
        case ("cmp", _, literal):
            return {kind(literal)}
        case ("between", *_):
            return {"a number"}
        case ("oneof", literals, _):
            return {kind(literal) for literal in literals}
    return set()


def other_types(meaning: Meaning, scope: Sequence[Run]) -> str:
    """The end of the warning: how many runs hold which other type."""
    takes = wanted(meaning)
    counts = dict.fromkeys(["a number", "a text", "a boolean", "a mapping or a list"], 0)
    for run in scope if takes else []:
        for value in facts.values(run, meaning[1], meaning[2], meaning[3], scope):
            if (its := kind(value)) is not None and its not in takes:
                counts[its] += 1
    return ", ".join(f"{words} in {n} {'run' if n == 1 else 'runs'}" for words, n in counts.items() if n)


def named(field: str, key: str | None, stat: str | None) -> str:
    return f"{field}.{key}" + (f"[{stat}]" if stat not in (None, "last") else "")


def unknown(question: Question, scope: Sequence[Run]) -> set[str]:
    places = [clause[1:4] for clause in clauses(question.meaning)] + [key[:3] for key in question.order]
    return {
        named(*place)
        for place in places
        if place[0] in KEYED and place[1] is not None and not any(facts.values(run, *place, scope) for run in scope)
    }


@pytest.mark.spec("1:133", "1:134", "1:135", "1:136", "1:137", "2:52", "2:55", "2:91")
@pytest.mark.parametrize("start", range(0, 12, 3))
def test_warnings_are_those_that_a_loop_finds(start: int) -> None:
    for seed in range(start, start + 3):
        world, questions = asked(seed + 700)
        store = in_memory(world.runs)
        everything = evaluate.candidates(world.runs, NAMESPACE)
        by_uuid = {run["spec"]["uuid"]: run for run in everything}
        for question in questions:
            scope = [
                run
                for run in everything
                if run["metadata"]["uid"] not in question.excluded and evaluate.selected(run, question.selector)
            ]
            result = store.search(request(question))
            found = {
                rule: [warning.message for warning in result.warnings if warning.rule == rule]
                for rule in ("no-such-name", "other-type", "no-sort-key", "nothing-matched", "same-uuid")
            }
            _, matched, uuids = expected(world.runs, question)
            if not scope:
                continue
            assert bool(found["nothing-matched"]) is (matched == 0)
            assert {text.partition("`")[2].rpartition("`")[0] for text in found["no-such-name"]} == unknown(
                question, scope
            )
            ends = {text.partition("another type: ")[2] for text in found["other-type"]}
            assert ends == {end for c in clauses(question.meaning) if (end := other_types(c, scope))}, question
            lacking = [sum(evaluate.sort_value(by_uuid[uuid], key) is None for uuid in uuids) for key in question.order]
            said = [f"all {len(uuids)}" if n == len(uuids) else f"{n} of {len(uuids)}" for n in lacking if n]
            if len(uuids) == 1:
                said = ["the one run taken has no `" for _ in said]
            assert [text[: len(one)] for text, one in zip(found["no-sort-key"], said, strict=True)] == said, question
            ours = [run for run in world.runs if run["metadata"]["namespace"] == NAMESPACE]
            assert len(found["same-uuid"]) == min(len(ours) - len(everything), 5) or len(ours) - len(everything) > 4
