"""Every example of docs/components-and-params.md becomes what the page says."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from joinery.validation.pods import ENVIRONMENT
from joinery.validation.pods.tables import OWN_VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "components-and-params.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+ \w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [(first[1], *second) for first, second in pairwise(BLOCKS) if first[0] == "yaml operation"]


def render(text: str, folder: Path) -> Result:
    from joinery.cli.app import build

    path = folder / "operation.yaml"
    path.write_text(text)
    return CliRunner().invoke(build(), ["render", "-f", str(path)], prog_name="joinery", env={"COLUMNS": "200"})


@pytest.mark.parametrize(("operation", "what", "expected"), EXAMPLES)
def test_example(operation: str, what: str, expected: str, tmp_path: Path) -> None:
    result = render(operation, tmp_path)
    if what == "text refused":
        assert result.exit_code == 1
        for line in expected.splitlines():
            assert line in result.stderr
        return
    assert result.exit_code == 0, result.output
    job = list(yaml.safe_load_all(result.stdout))[-1]["spec"]
    contains(job if what == "yaml job" else job["template"]["spec"], yaml.safe_load(expected), "")


def contains(found: Any, expected: Any, path: str) -> None:
    """Mappings hold what is expected; lists of named things have those of the names; the rest is equal."""
    match expected:
        case dict():
            for key, value in expected.items():
                contains(found[key], value, f"{path}.{key}")
        case [{"name": _}, *_]:
            named = {one["name"]: one for one in found}
            for one in expected:
                contains(named[one["name"]], one, f"{path}[{one['name']}]")
        case _:
            assert found == expected, path


def test_the_page_names_every_option_and_every_variable() -> None:
    assert len(EXAMPLES) == 5
    words = set(re.findall(r"\w+", PAGE))
    assert set(ENVIRONMENT) <= words
    assert set(OWN_VARIABLES) <= words
