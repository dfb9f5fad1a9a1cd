"""What metrics and outputs take, and what is said of what they do not."""

from __future__ import annotations

import datetime
import logging
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from joinery.client import values
from joinery.client.notes import LOG
from joinery.tracking import start_run


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (1, 1), (0.5, 0.5), (True, 1), (np.float32(0.5), 0.5), (np.int64(7), 7), (np.bool_(True), 1),
        (np.array(2.5), 2.5), (np.array([3]), 3), (Decimal("0.25"), 0.25), (Fraction(1, 4), 0.25),
        (2**63 - 1, 2**63 - 1), (2**70, 2.0**70), (math.inf, math.inf),
    ],
)  # fmt: skip
def test_numbers(given, found):
    number = values.number(given)
    assert (number, type(number)) == (found, type(found))


def test_nan_is_a_number_and_a_text_in_json():
    assert math.isnan(values.number(np.float64("nan")))
    assert [values.plain_number(x) for x in (math.nan, math.inf, -math.inf, 1)] == ["NaN", "Infinity", "-Infinity", 1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0.5", "the text '0.5'"), (None, "is None"), (1j, "complex"), ([1], "list"), (10**400, "range of a double"),
        (np.array([1, 2]), "size 1"), (np.array(["a"]), "the text 'a'"), (object(), "object"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_said(given, said):
    with pytest.raises(ValueError, match=said):
        values.number(given)


class Tensor:
    """What a tensor of torch looks like from here."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = numbers

    def item(self) -> float:
        if len(self.numbers) != 1:
            raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")
        return self.numbers[0]

    def tolist(self) -> list[float]:
        return list(self.numbers)


def test_tensors_are_read_by_item_and_tolist():
    assert values.number(Tensor(0.5)) == 0.5
    assert values.plain({"weights": Tensor(1.0, math.nan)}) == {"weights": [1.0, "NaN"]}
    with pytest.raises(ValueError, match="2 elements"):
        values.number(Tensor(1.0, 2.0))


def test_any_json_is_copied():
    given = {"a": [1, (2.5, math.nan)], 3: None, True: {"b": Path("x/y")}, "d": datetime.date(2026, 1, 31)}
    copied = values.plain(given)
    assert copied == {
        "a": [1, [2.5, "NaN"]], "3": None, "true": {"b": "x/y"}, "d": "2026-01-31",
    }  # fmt: skip
    given["a"].append(2)
    assert copied["a"] == [1, [2.5, "NaN"]]
    assert values.plain({"m": np.eye(2), "s": np.float32(0.5)}) == {"m": [[1.0, 0.0], [0.0, 1.0]], "s": 0.5}
    assert values.plain("a\ud800b") == "a\ufffdb"


def test_what_json_cannot_hold_is_said_with_its_place():
    loop: dict[str, object] = {}
    loop["again"] = loop
    for given, said in (
        ({"a": [1, {"b": object()}]}, r"a\[1\]\.b is of type object"),
        ({(1, 2): 3}, "keys are texts"),
        (loop, "nested more than 64 deep"),
        (list(range(200_000)), "log it as an artifact"),
        ("x" * 600_000, "log it as an artifact"),
        ({1, 2}, "of type set"),
    ):
        with pytest.raises(ValueError, match=said):
            values.plain(given)


def test_a_slip_of_the_program_is_an_error_at_once():
    with start_run(folder="runs") as run:
        for call in (
            lambda: run.log_metrics({1: 2}),
            lambda: run.log_metrics(0.5),
            lambda: run.log_outputs([("a", 1)]),
            lambda: run.log_artifact(7),
            lambda: run.set_tags(["a"]),
            lambda: start_run(tags="baseline"),
            lambda: start_run(inputs=[1]),
            lambda: start_run(project=7),
        ):
            with pytest.raises(TypeError):
                call()
        with pytest.raises(ValueError, match="Succeeded, Failed, Stopped"):
            run.end("Finished")


def test_a_value_that_is_none_is_a_note_and_training_goes_on(caplog, the_file):
    with caplog.at_level(logging.WARNING, LOG.name), start_run() as run:
        for step in range(3):
            run.log_metrics(loss="high", accuracy=0.5, step=step)
        run.log_metrics(late=1, step="x")
        run.log_metrics({"": 1, "n" * 300: 1})
        run.log_outputs(thing=object(), fine=1)
        run.log_artifact("missing.pt")
        run.set_tags("", "fine")
    said = caplog.messages
    assert len([line for line in said if "'loss'" in line]) == 1, said  # once, not three times
    for part in ("the step", "1 to 256 characters", "'thing'", "'missing.pt'", "the tag ''"):
        assert any(part in line for line in said), (part, said)
    manifest = the_file()
    assert manifest["status"]["metrics"] == {
        "accuracy": {"last": 0.5, "min": 0.5, "max": 0.5, "step": 2}, "late": {"last": 1, "min": 1, "max": 1},
    }  # fmt: skip
    assert (manifest["status"]["outputs"], manifest["spec"]["tags"]) == ({"fine": 1}, ["fine"])
    assert "artifacts" not in manifest["status"]


def test_a_run_holds_so_many_keys(caplog, the_file, monkeypatch):
    monkeypatch.setitem(__import__("joinery.client.record").client.record.MAX_KEYS, "metrics", 3)
    with caplog.at_level(logging.WARNING, LOG.name), start_run() as run:
        for number in range(10):
            run.log_metrics({f"m{number}": number})
    assert sorted(the_file()["status"]["metrics"]) == ["m0", "m1", "m2"]
    assert any("at most 3 metrics" in line for line in caplog.messages)
