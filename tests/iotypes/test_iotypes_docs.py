"""Every example of docs/types.md does what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from joinery.iotypes import IOSpec, coerce
from joinery.iotypes.rules import KEYWORDS
from joinery.iotypes.types import GENERICS, NAMES
from joinery.problems import InvalidValue

PAGE = (Path(__file__).parents[2] / "docs" / "types.md").read_text("utf-8")
(BLOCK,) = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LINE = re.compile(r"(?P<type>\w+(?:\[.*?\])?) +(?P<value>\S.*?) +→ (?P<expected>.*)")


@pytest.mark.spec("3:8", "3:16", "3:22", "3:23", "3:26", "3:27", "3:28", "3:29")
@pytest.mark.parametrize("line", BLOCK.splitlines())
def test_example(line: str) -> None:
    found = LINE.fullmatch(line)
    assert found is not None
    spec, value, wanted = IOSpec(name="p", type=found["type"]), json.loads(found["value"]), found["expected"]
    if not wanted.startswith("error: "):
        assert coerce(value, spec) == json.loads(wanted)
        return
    with pytest.raises(InvalidValue) as caught:
        coerce(value, spec)
    assert wanted.removeprefix("error: ") in str(caught.value)


def test_every_type_and_rule_is_on_the_page() -> None:
    words = set(re.findall(r"\w+", PAGE))
    assert {*NAMES, *GENERICS, *KEYWORDS} <= words
