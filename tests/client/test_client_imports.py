"""The client is light: what it imports is counted, not timed."""

from __future__ import annotations

import json
import sys

import pytest

import joinery

LOOK = "import json, sys; before = set(sys.modules); {}; print(json.dumps(sorted(set(sys.modules) - before)))"


@pytest.mark.parametrize("what", ["import joinery.tracking", "import joinery; joinery.start_run"])
def test_it_imports_the_standard_library_and_itself_alone(program, what):
    out, errors = program(LOOK.format(what)).communicate(timeout=60)
    modules = json.loads(out)
    foreign = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names) - {"joinery"}
    ours = {name for name in modules if name.startswith("joinery.") and not name.startswith("joinery.client")}
    assert (foreign, ours - {"joinery.tracking", "joinery.lazy"}, errors) == (set(), set(), "")


def test_it_is_found_under_both_names():
    from joinery import tracking

    assert joinery.start_run is tracking.start_run
    assert "start_run" in dir(joinery)


def test_recording_needs_no_more(program):
    code = """
        import sys
        from joinery.tracking import start_run
        with start_run(project="p", inputs={"lr": 0.1}) as run:
            run.log_metrics(loss=0.5, step=1)
            run.log_outputs(best={"a": [1, None]})
        heavy = {"pydantic", "sqlalchemy", "kopf", "kubernetes", "aiohttp", "yaml", "orjson", "jinja2", "numpy"}
        print(sorted(heavy & set(sys.modules)))
    """
    assert program(code).communicate(timeout=60) == ("[]\n", "")
