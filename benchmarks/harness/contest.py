"""One contest: every rival is asked every question, answers are compared, then all are timed in turn.

Rounds are interleaved: in each round every question goes to every rival, and the rival that begins changes, so that
what disturbs the machine disturbs all. Quick questions are asked several times a round, and what takes more than two
seconds in the first three rounds alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.answers import judge
from harness.contestants import Contestant, Entry, RivalFailed
from harness.dataset import Dataset
from harness.machine import facts
from harness.questions import Question

ROUND_SECONDS = 0.05  # how long a question is asked again and again in one round
MOST_TIMES = 10
SLOW_SECONDS, SLOW_ROUNDS = 2.0, 3  # what takes longer is asked in fewer rounds
Say = Callable[[str], None]


def contest(
    group: str,
    entries: Sequence[Entry],
    data: Dataset,
    asked: Sequence[Question],
    *,
    stores: Path,
    rounds: int = 7,
    say: Say = print,
    start: Callable[[Entry], Contestant] = Contestant,
) -> dict[str, Any]:
    """The whole result, as it is written to a file."""
    wanted = [entry for entry in entries if data.count <= entry.max_runs and (entry.wide or not data.wide)]
    left_out = {entry.name: entry.why_no_more for entry in entries if data.count > entry.max_runs}
    load = [os.getloadavg()[0]]
    running: dict[str, Contestant] = {}
    rivals: dict[str, Any] = {}
    try:
        for entry in wanted:
            running[entry.name] = start(entry)
            store = stores / f"{entry.store or entry.name}-{data.name}"
            try:
                rivals[entry.name] = running[entry.name].do("open", data=data.path, store=str(store))
            except RivalFailed as error:
                if entry.reference:
                    raise
                say(f"  LEFT OUT: {error}")
                left_out[entry.name] = "it could not be started here"
                running.pop(entry.name).close()
                continue
            say(f"  {entry.name}: ready, loaded in {rivals[entry.name]['load']:.1f} s")
        reference = next(entry.name for entry in wanted if entry.reference)
        results = [_compare(question, running, rivals, reference, say) for question in asked]
        load.append(os.getloadavg()[0])
        for turn in range(rounds):
            _round(turn, list(running), running, results)
            say(f"  round {turn + 1} of {rounds}")
        profiles = {one.name: running[reference].do("profile", asked=one.asked())["profile"] for one in asked}
        for name, contestant in running.items():
            rivals[name] |= contestant.do("memory")
            del rivals[name]["causes"]
    finally:
        for contestant in running.values():
            contestant.close()
    load.append(os.getloadavg()[0])
    return {
        "group": group,
        "runs": data.count,
        "wide": data.wide,
        "values": data.values,
        "data_bytes": data.bytes,
        "machine": facts(),
        "load": load,
        "rounds": rounds,
        "reference": reference,
        "rivals": rivals,
        "left_out": left_out,
        "profiles": {name: lines for name, lines in profiles.items() if lines},
        "questions": [_summary(result) for result in results],
    }


def _compare(
    question: Question, running: dict[str, Contestant], rivals: dict[str, Any], reference: str, say: Say
) -> dict[str, Any]:
    """Ask everyone once (this is the cold time), and compare."""
    replies = {
        name: contestant.do("ask", asked=question.asked(), times=1, answer=True) for name, contestant in running.items()
    }
    right = replies[reference].get("answer")
    if right is None:
        raise RivalFailed(f"{reference} cannot be asked {question.name}: nothing to compare with")
    asked: dict[str, Any] = {}
    for name, reply in replies.items():
        if "refused" in reply:
            asked[name] = {"refused": reply["refused"]}
            continue
        verdict = judge(right, reply["answer"], rivals[name]["causes"].get(question.name, ""))
        if verdict.wrong:
            say(f"  WRONG: {name}, {question.name}: {verdict.difference}")
        asked[name] = {
            **asdict(verdict),
            "wrong": verdict.wrong,
            "cold": {"wall": reply["wall"][0], "cpu": reply["cpu"][0]},
            "wall": [],
            "cpu": [],
        }
    return {"question": question, "runs": len(right["uuids"]), "asked": asked}


def _round(turn: int, names: list[str], running: dict[str, Contestant], results: list[dict[str, Any]]) -> None:
    order = names[turn % len(names) :] + names[: turn % len(names)]
    for result in results:
        for name in order:
            found = result["asked"][name]
            if "refused" in found:
                continue
            last = found["wall"][-1] if found["wall"] else found["cold"]["wall"]
            if last > SLOW_SECONDS and turn >= SLOW_ROUNDS:
                continue
            times = max(1, min(MOST_TIMES, int(ROUND_SECONDS / max(last, 1e-6))))
            reply = running[name].do("ask", asked=result["question"].asked(), times=times, answer=False)
            found["wall"] += reply["wall"]
            found["cpu"] += reply["cpu"]


def _summary(result: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds: cold, and of the warm ones p50, p99 and the least, by the clock and of CPU."""
    question: Question = result["question"]
    summed = {}
    for name, found in result["asked"].items():
        if "refused" in found:
            summed[name] = found
            continue
        wall, cpu = sorted(found.pop("wall")), sorted(found.pop("cpu"))
        summed[name] = {
            **found,
            "cold": {kind: _ms(value) for kind, value in found["cold"].items()},
            "wall": {"p50": _ms(share(wall, 0.5)), "p99": _ms(share(wall, 0.99)), "min": _ms(wall[0])},
            "cpu": {"p50": _ms(share(cpu, 0.5)), "mean": _ms(sum(cpu) / len(cpu))},
            "times": len(wall),
        }
    return {
        "name": question.name,
        "title": question.title,
        "query": question.query,
        "sort": question.sort,
        "shape": question.shape,
        "selective": question.selective,
        "runs": result["runs"],
        "asked": summed,
    }


def share(ordered: Sequence[float], part: float) -> float:
    """The value that this part of them does not pass."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 4)
