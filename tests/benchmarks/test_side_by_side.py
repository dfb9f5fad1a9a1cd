"""The side-by-side benchmark compares answers before times, tells a wrong one, and reports what the results say."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import side_by_side
from harness.answers import judge
from harness.claims import LINES, Line, broken
from harness.contest import contest
from harness.contestants import Contestant, Entry, RivalFailed
from harness.dataset import Dataset, dataset
from harness.groups import OURS, engines
from harness.questions import questions
from harness.report import write_report
from harness.results import ratio, read_results, write_result

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
LIAR = """
import sys
sys.path.insert(0, {rivals!r})
from python_loop import PythonLoop
from worker import CannotAsk, serve

class Liar(PythonLoop):
    causes = {{"few": "it counts from the other end"}}

    def ask(self, asked):
        if asked["name"] == "or":
            raise CannotAsk("it knows no OR")
        return super().ask(asked)

    def common(self, asked, found):
        answer = super().common(asked, found)
        if asked["name"] in ("top5", "few"):
            answer["uuids"].reverse()
        if asked["shape"] == "join":
            answer["values"]["rates"][3] = 0.5
        return answer

serve(Liar())
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return dataset(tmp_path_factory.mktemp("data"), 400)


@pytest.fixture(scope="module")
def result(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A contest of all that this environment can run, and of one that lies."""
    folder = tmp_path_factory.mktemp("rivals")
    script = folder / "liar.py"
    script.write_text(LIAR.format(rivals=str(BENCHMARKS / "rivals")))
    entries = [entry for entry in _engines() if entry.python == sys.executable]
    entries.append(Entry(name="liar", python=sys.executable, script=str(script)))
    entries.append(Entry(name="broken", python=sys.executable, script=str(folder / "is not there.py")))
    entries.append(Entry(name="slow", python=sys.executable, script=str(script), max_runs=10, why_no_more="too slow"))
    asked = questions(data.count, data.few)
    return contest("engines", entries, data, asked, stores=folder, rounds=1, say=said.append)


said: list[str] = []


def _engines() -> list[Entry]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.groups.environment", lambda _: "another environment")
        return engines(None)


def asked_of(result: dict[str, Any], question: str) -> dict[str, Any]:
    return next(one["asked"] for one in result["questions"] if one["name"] == question)  # type: ignore[no-any-return]


def test_all_who_are_honest_agree(result: dict[str, Any]) -> None:
    assert set(result["rivals"]) == {"joinery", "sql", "sql-count", "python", "liar"}
    for question in result["questions"]:
        for name in ("joinery", "sql", "sql-count", "python"):
            found = question["asked"][name]
            assert found["same"], (name, question["name"], found["difference"])
            assert found["times"] >= 1
            assert 0 < found["wall"]["min"] <= found["wall"]["p50"] <= found["wall"]["p99"]


def test_every_question_but_nothing_finds_runs(result: dict[str, Any]) -> None:
    empty = {one["name"] for one in result["questions"] if not one["runs"]}
    assert empty <= {"nothing", "page", "contains", "prefix"}  # 400 runs are too few for some
    assert "nothing" in empty


def test_a_wrong_answer_is_told_and_gives_no_ratio(result: dict[str, Any]) -> None:
    found = asked_of(result, "top5")["liar"]
    assert found["wrong"]
    assert found["difference"].startswith("the same 5 runs in another order")
    assert any(line.strip().startswith("WRONG: liar, top5") for line in said)
    assert ratio(result, "top5", "liar") is None
    assert ratio(result, "top5", "python") is not None


def test_a_wrong_value_is_told(result: dict[str, Any]) -> None:
    found = asked_of(result, "join")["liar"]
    assert found["wrong"]
    assert "1 of " in found["difference"]
    assert "rates differ, the first: 0.5, not " in found["difference"]


def test_a_difference_whose_cause_is_known_is_no_error(result: dict[str, Any]) -> None:
    found = asked_of(result, "few")["liar"]
    assert not found["same"]
    assert not found["wrong"]
    assert found["cause"] == "it counts from the other end"


def test_what_cannot_be_asked_is_said(result: dict[str, Any]) -> None:
    assert asked_of(result, "or")["liar"] == {"refused": "it knows no OR"}
    assert result["left_out"] == {"slow": "too slow", "broken": "it could not be started here"}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"uuids": ["a"]}, "1 runs where 2 are right: 1 missing, 0 not among them"),
        ({"uuids": ["a", "b", "c"]}, "3 runs where 2 are right: 0 missing, 1 not among them"),
        ({"uuids": ["a", "b", "b"]}, "3 runs where 2 are right, some more than once"),
        ({"uuids": ["b", "a"]}, "the same 2 runs in another order: 2 places, the first is 1"),
        ({"uuids": ["a", "b"]}, "no x"),
        ({"uuids": ["a", "b"], "values": {"x": [1]}}, "1 of 2 x"),
        ({"uuids": ["a", "b"], "values": {"x": [1, 3]}}, "1 of 2 x differ, the first: 3, not 2"),
    ],
)
def test_each_kind_of_difference(found: dict[str, Any], told: str) -> None:
    verdict = judge({"uuids": ["a", "b"], "values": {"x": [1, 2]}}, found)
    assert verdict.difference == told
    assert verdict.wrong


class Recorded:
    """Stands in for a contestant, and notes what it is asked in ``log``."""

    def __init__(self, log: list[tuple[str, bool]], answer: Callable[[], Any]) -> None:
        self.log, self.answer = log, answer

    def do(self, what: str, **more: Any) -> dict[str, Any]:
        if what == "open":
            return {"load": 0.0, "disk": 0, "title": "", "setting": "", "loaded_by": "", "version": "", "causes": {}}
        if what == "ask":
            self.log.append((more["asked"]["name"], more["answer"]))
            return {"wall": [0.1] * more["times"], "cpu": [0.1] * more["times"], "answer": self.answer()}
        return {"profile": []} if what == "profile" else {"memory": 0}

    def close(self) -> None:
        pass


def test_answers_are_compared_before_anything_is_timed(data: Dataset, tmp_path: Path) -> None:
    log: list[tuple[str, bool]] = []
    entries = [OURS, replace(OURS, name="other", reference=False)]
    asked = questions(data.count, data.few)[:3]
    contest("x", entries, data, asked, stores=tmp_path, rounds=2, say=said.append,
            start=lambda _: Recorded(log, lambda: {"uuids": []}))  # type: ignore[arg-type,return-value]  # fmt: skip
    compared, timed = log[:6], log[6:]
    assert all(answer for _, answer in compared)
    assert {name for name, _ in compared} == {question.name for question in asked}
    assert len(timed) == 12
    assert not any(answer for _, answer in timed)


def test_a_rival_that_fails_ends_the_contest_with_its_name(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("import sys; sys.stdin.readline()")
    contestant = Contestant(Entry(name="broken", python=sys.executable, script=str(script)))
    try:
        with pytest.raises(RivalFailed, match="broken ended before it answered"):
            contestant.do("open", data="", store="")
    finally:
        contestant.close()


def test_the_report_says_what_the_results_say(result: dict[str, Any], tmp_path: Path) -> None:
    changed = json.loads(json.dumps(result))
    asked_of(changed, "top5")["python"]["wall"]["p50"] = 7_654.0
    write_result(changed, tmp_path)
    write_report(read_results(tmp_path), tmp_path)
    page = (tmp_path / "benchmarks.md").read_text()
    assert "7,654 (" in page
    assert "**wrong answer**" in page
    assert "it knows no OR" in page
    assert "it counts from the other end" in page
    assert "left out: too slow" in page
    for picture in (tmp_path / "benchmarks").glob("*.svg"):
        ElementTree.fromstring(picture.read_text())
    assert str(tmp_path) not in page


def at_100_000(result: dict[str, Any], tmp_path: Path, **times: float) -> list[dict[str, Any]]:
    """The same result as if it were of 100,000 runs, with these times for top5."""
    changed = json.loads(json.dumps(result)) | {"runs": 100_000}
    for name, wall in times.items():
        asked_of(changed, "top5")[name]["wall"]["p50"] = wall
    write_result(changed, tmp_path)
    return read_results(tmp_path)


CLAIM = Line(text="top 5", group="engines", rival="python", questions=("top5",), asked=10, claimed=5)


def test_a_claim_holds_and_breaks(result: dict[str, Any], tmp_path: Path) -> None:
    assert broken(at_100_000(result, tmp_path, joinery=1.0, python=6.0), (CLAIM,)) == []
    told = broken(at_100_000(result, tmp_path, joinery=1.0, python=4.0), (CLAIM,))
    assert told == ["top 5: 5 times is claimed, 4 measured (top5)"]
    assert broken([], (CLAIM,)) == ["top 5: 5 times is claimed, and nothing was measured"]
    wrong = replace(CLAIM, rival="liar")
    assert broken(at_100_000(result, tmp_path, joinery=1.0), (wrong,)) == [
        "top 5: 5 times is claimed, and nothing was measured"
    ]


def test_the_check_fails_where_a_claim_does_not_hold(
    result: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "RESULTS", tmp_path)
    monkeypatch.setattr("harness.claims.LINES", (CLAIM,))
    monkeypatch.setattr(side_by_side, "broken", lambda results: broken(results, (CLAIM,)))
    at_100_000(result, tmp_path, joinery=1.0, python=4.0)
    assert side_by_side.check(measured=True) == 1
    at_100_000(result, tmp_path, joinery=1.0, python=8.0)
    assert side_by_side.check(measured=True) == 0


def test_no_claim_is_more_than_what_is_asked_or_measured() -> None:
    assert all(line.claimed is None or line.claimed > 0 for line in LINES)
    assert len({(line.group, line.rival, line.questions, line.ours) for line in LINES}) == len(LINES)
