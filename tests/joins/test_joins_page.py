"""The examples of docs/joins.md come to what the page says, and the page names every difference from Polyaxon."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .world import resolved, run, store_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "joins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+ \w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (yaml.safe_load(text), json.loads(BLOCKS[index + 1][1]))
    for index, (kind, text) in enumerate(BLOCKS)
    if kind == "yaml joins"
]


def runs() -> Any:
    """The page's runs: names, uuids and times from its block, values from its table."""
    (listed,) = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml runs"]
    rows = re.findall(r"^\| (train-\d) \|(.*)\|(.*)\|(.*)\|(.*)\|$", PAGE, flags=re.MULTILINE)
    assert [row[0] for row in rows] == [entry["name"] for entry in listed]
    records = []
    for entry, (_, *cells) in zip(listed, rows, strict=True):
        inputs, metrics, outputs = (yaml.safe_load(cell.strip().strip("`") or "{}") for cell in cells[:3])
        artifact = re.search(r"`(\w+)` at `(.*?)`", cells[3])
        records.append(
            run(
                int(entry["uuid"], 16),
                name=entry["name"],
                createdAt=entry["createdAt"],
                inputs=inputs,
                metrics=metrics,
                outputs=outputs,
                artifacts=[{"name": artifact[1], "path": artifact[2]}] if artifact else [],
            )
        )
    return store_of(*records)


@pytest.mark.spec("1:75", "1:99", "1:108")
@pytest.mark.parametrize(("written", "expected"), EXAMPLES)
def test_an_example_comes_to_what_the_page_says(written: dict[str, Any], expected: dict[str, Any]) -> None:
    done = resolved(runs(), written["joins"], params=written.get("params", {}))
    assert {name: param.value for name, param in done.params.items()} == expected


@pytest.mark.spec("1:5")
def test_there_are_examples_and_every_difference_is_on_the_page() -> None:
    assert len(EXAMPLES) >= 6
    contract = (ROOT / "docs" / "spec" / "1-joins.md").read_text(encoding="utf-8")
    # One for each line of the contract that says [differs], save the one that says what the mark means.
    assert PAGE.count("olyaxon") >= contract.count("[differs") - 1
    for about in ("clamps", "match itself", "30-day", "current run", "gives null there", "`file`", "strictParams"):
        assert about in PAGE, about
