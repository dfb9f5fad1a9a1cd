"""The runs that most tests of the facade ask."""

from __future__ import annotations

import pytest
from some_runs import run

import joinery


@pytest.fixture
def runs() -> joinery.Runs:
    return joinery.load_runs([run(1, 0.5), run(2, 0.25), run(3, {"last": 0.125, "min": 0.1, "step": 9}), run(4, None)])
