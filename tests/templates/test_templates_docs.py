"""Every example of docs/templates.md does what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from joinery.problems import InvalidTemplate
from joinery.templates import parse_template
from joinery.templates.filters import FILTERS
from joinery.templates.predicates import PREDICATES

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NAMES = yaml.safe_load(next(body for _, kind, body in BLOCKS if kind == "names"))
EXAMPLES = [line.rsplit("→", 1) for language, _, body in BLOCKS if language == "text" for line in body.splitlines()]


@pytest.mark.parametrize(("template", "expected"), EXAMPLES)
def test_example(template: str, expected: str) -> None:
    text, wanted = template.strip(), expected.strip()
    if not wanted.startswith("error: "):
        assert parse_template(text).render(NAMES) == json.loads(wanted)
        return
    with pytest.raises(InvalidTemplate) as caught:
        parse_template(text).render(NAMES)
    assert wanted.removeprefix("error: ") in str(caught.value)


def test_every_filter_and_test_is_on_the_page() -> None:
    assert len(EXAMPLES) > 30
    words = set(re.findall(r"[a-z_]+", PAGE))
    assert set(FILTERS) <= words
    other_spellings = {"equalto", "lessthan", "greaterthan", "==", "!=", "<", "<=", ">", ">="}
    assert set(PREDICATES) - other_spellings <= words
