"""Ask a store and the reference the same question; make a disagreement small enough to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from joinery.pql import check_query, check_sort
from joinery.runs import read_run
from joinery.runs.search import LabelRequirement, RunStore, SearchRequest

from . import evaluate
from .operands import us
from .questions import Question
from .worlds import NAMESPACE, NOW

Run = dict[str, Any]
Answer = tuple[int, int, list[str]]
MakeStore = Callable[[Sequence[Run]], RunStore]


def request(question: Question, namespace: str = NAMESPACE) -> SearchRequest:
    return SearchRequest(
        namespace=namespace,
        query=check_query(question.query, now=us(NOW)),
        sort=check_sort(question.sort),
        limit=question.limit,
        offset=question.offset,
        selector=tuple(LabelRequirement(key=key, operator=op, values=some) for key, op, some in question.selector),
        exclude_uids=question.excluded,
    )


def fill(store: RunStore, runs: Sequence[Run]) -> RunStore:
    store.upsert([read_run(run) for run in runs])
    return store


def expected(runs: Sequence[Run], question: Question) -> Answer:
    return evaluate.search(runs, NAMESPACE, question)


def answers(store: RunStore, questions: Sequence[Question]) -> list[Answer]:
    results = store.search_many([request(question) for question in questions])
    return [(result.candidates, result.matched, [run.uuid for run in result.runs]) for result in results]


def disagreement(make: MakeStore, runs: Sequence[Run], questions: Sequence[Question]) -> str | None:
    """What a person needs to see of the shortest question on which the two differ; None when they agree."""
    found = answers(make(runs), questions)
    wrong = [q for q, answer in zip(questions, found, strict=True) if answer != expected(runs, q)]
    if not wrong:
        return None
    question = min(wrong, key=lambda q: (len(q.query) + len(q.sort), q.offset))

    def differs(fewer: Sequence[Run]) -> bool:
        return answers(make(fewer), [question]) != [expected(fewer, question)]

    small = shrink(list(runs), differs)
    return "\n".join(
        [
            f"query    {question.query!r}",
            f"meaning  {question.meaning}",
            f"sort     {question.sort!r}, offset {question.offset}, limit {question.limit}",
            f"scope    {question.selector}, without {sorted(question.excluded)}",
            f"expected {expected(small, question)}",
            f"found    {answers(make(small), [question])[0]}",
            *(json.dumps({"meta": run["metadata"]["name"], **run["spec"], **run["status"]}) for run in small),
        ]
    )


def shrink(runs: list[Run], differs: Callable[[Sequence[Run]], bool]) -> list[Run]:
    """The runs without what is not needed for the disagreement: whole runs first, then their fields and keys."""

    def attempt(smaller: list[Run]) -> bool:
        nonlocal runs
        if differs(smaller):
            runs = smaller
            return True
        return False

    for run in list(runs):
        attempt([other for other in runs if other is not run])
    for index in range(len(runs)):
        for part in ("spec", "status"):
            for name in [name for name in runs[index][part] if name not in ("uuid", "createdAt")]:
                if attempt(replaced(runs, index, part, without(runs[index][part], name))):
                    continue
                inner = runs[index][part][name]
                for key in list(inner) if isinstance(inner, dict) else []:
                    smaller = {**runs[index][part], name: without(runs[index][part][name], key)}
                    attempt(replaced(runs, index, part, smaller))
    return runs


def without(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}


def replaced(runs: list[Run], index: int, part: str, value: dict[str, Any]) -> list[Run]:
    return [run if at != index else {**run, part: value} for at, run in enumerate(runs)]
