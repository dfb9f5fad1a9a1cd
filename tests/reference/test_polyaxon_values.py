"""Joins and inputs as Polyaxon's own package reads them, recorded from it as a black box, and as Joinery does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joinery.api.v1alpha1 import V1IO, V1Join
from joinery.iotypes import coerce
from joinery.problems import InvalidValue

FACTS = json.loads((Path(__file__).parent / "polyaxon_facts.json").read_text(encoding="utf-8"))

JOINS: list[dict[str, Any]] = [
    {
        "query": "metrics.loss: <0.01",
        "sort": "metrics.loss",
        "limit": 5,
        "params": {
            "all_param1": {"value": "inputs.param1"},
            "all_result1": {"value": "outputs.result1"},
            "all_result2": {"value": "outputs.result2"},
            "tensorboard_paths": {"value": "artifacts.tensorboard", "contextOnly": True},
        },
    },
    {
        "query": "metrics.accuracy: >.9",
        "sort": "-metrics.accuracy",
        "params": {
            "all_inputs": {"value": "inputs"},
            "all_outputs": {"value": "outputs"},
            "run_artifact_paths": {"value": "artifacts.base"},
            "uuids": {"value": "globals.uuid", "contextOnly": True},
            "files": {"value": {"files": ["subpath/files", "subpath2/file2"]}, "toInit": True},
        },
    },
]


@pytest.mark.spec("1:7", "1:11", "1:20")
@pytest.mark.parametrize("join", JOINS)
def test_the_joins_of_the_example_are_written_as_they_were_read(join: dict[str, Any]) -> None:
    """Polyaxon 2.18.0 gives both back as they were, too."""
    assert V1Join.from_dict(join).to_dict() == join


# Where we take more than Polyaxon, or give another value: each is a line of the specification.
OURS = {
    ("path", '""'): "3:27, path: text, not empty",
    ("datetime", '"2020-01-01T10:00:00"'): "3:28, ISO 8601",
    ("timedelta", '"1"'): "3:28, seconds",
    ("file", '"x"'): "4:42, a file is fetched by its path",
    ("git", '"u"'): "3:28, text or mapping",
    ("Union[int, str]", '"a"'): "3:23",
    ("Literal['a','b']", '"a"'): "3:23",
    ("Optional[int]", "null"): "3:23",
}


@pytest.mark.spec("3:22", "3:23", "3:25", "3:26", "3:27", "3:28", "3:29")
@pytest.mark.parametrize(
    ("kind", "value", "outcome", "result"),
    [fact for fact in FACTS["inputs"] if (fact[0], json.dumps(fact[1])) not in OURS],
)
def test_inputs_coerce_as_polyaxon_does(kind: str, value: Any, outcome: str, result: Any) -> None:
    spec = V1IO.from_dict({"name": "x", "type": kind}).to_spec()
    if outcome == "refused":
        with pytest.raises(InvalidValue):
            coerce(value, spec)
        return
    found = coerce(value, spec)
    if isinstance(result, str) and "(" in result:  # an object of Polyaxon's own
        return
    assert found == result
    assert type(found) is type(result)
