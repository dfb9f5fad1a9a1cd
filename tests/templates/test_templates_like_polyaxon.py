"""Recorded answers of Polyaxon 2.18 to templates; ``differs`` names the rule of ours that a row is an exception by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joinery.problems import InvalidTemplate
from joinery.templates import parse_template

ROWS = [json.loads(line) for line in (Path(__file__).parent / "cases_polyaxon.jsonl").read_text("utf-8").splitlines()]
NAMES = {
    "lr": 0.1, "xs": [1, 2], "s": "a", "flag": True, "none": None, "m": {"a": 1}, "globals": {"name": "op"},
    "params": {"lr": {"value": 0.1, "as_arg": "--lr=0.1"}},
}  # fmt: skip
DIFFERENCES = {
    "json-in-texts": "a list in a text is compact JSON",
    "text-stays-text": "what renders to a text stays one; Polyaxon reads it again as a Python literal",
    "newline-stays": "a trailing newline stays",
    "undefined": "an undefined name is an error",
    "calls": "nothing can be called",
    "filters-listed": "the filters of the page, and no others",
    "arithmetic": "arithmetic is on numbers, without `**`",
}


@pytest.mark.spec("3:25")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["template"])
def test_as_polyaxon_save_where_we_say_so(row: dict[str, Any]) -> None:
    try:
        found: Any = parse_template(row["template"]).render(NAMES)
        same = found == row.get("polyaxon") and type(found) is type(row.get("polyaxon"))
    except InvalidTemplate:
        same = bool(row.get("refused"))
    assert same == ("differs" not in row)


def test_every_difference_has_its_reason() -> None:
    assert {row["differs"] for row in ROWS if "differs" in row} == set(DIFFERENCES)
