"""What explain says of a run is what the search did with it, and what the reference finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from joinery.joins.explaining import explain_search

from . import evaluate
from .compare import expected, request
from .questions import Question
from .test_equivalence import asked, in_memory
from .worlds import NAMESPACE

QUESTIONS = 12


def verdict(uuid: str, order: list[str], question: Question) -> str:
    if uuid not in order:
        return "no-match"
    place = order.index(uuid)
    if place < question.offset:
        return "skipped"
    return "taken" if question.limit is None or place < question.offset + question.limit else "cut"


@pytest.mark.spec("1:142", "1:143")
@pytest.mark.parametrize("seed", range(6))
def test_every_candidate_is_explained_as_it_was_searched(seed: int) -> None:
    world, questions = asked(seed + 500)
    store = in_memory(world.runs)
    scope = evaluate.candidates(world.runs, NAMESPACE)
    for question in questions[:QUESTIONS]:
        search = request(question)
        everything = replace(question, offset=0, limit=None)
        candidates, matched, order = expected(world.runs, everything)
        for run in scope:
            if run["metadata"]["uid"] in question.excluded or not evaluate.selected(run, question.selector):
                continue
            uuid = run["spec"]["uuid"]
            found = explain_search(search, store, run=run["metadata"]["name"], limit=question.limit)
            assert (found.candidates, found.matched) == (candidates, matched)
            assert found.rank == (order.index(uuid) + 1 if uuid in order else None)
            assert found.verdict == verdict(uuid, order, question), (question.query, run)
            if found.clauses is not None:
                assert found.clauses.matches is (uuid in order), (question.query, run)
