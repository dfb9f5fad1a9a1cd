"""What notebooks show and take from results, and the language by itself."""

from __future__ import annotations

import builtins
from typing import Any

import pytest
from some_runs import NOW, operation, run

import joinery
from joinery import InvalidQuery, InvalidValue


def test_a_data_frame_has_a_row_a_run(runs: joinery.Runs) -> None:
    frame = runs.search("", sort="inputs.lr", limit=3).to_pandas()
    assert list(frame.columns) == [
        *("name", "uuid", "namespace", "status", "created_at", "started_at", "finished_at", "duration"),
        *("inputs.lr", "inputs.optimizer.name", "outputs.f1", "metrics.loss"),
    ]
    assert list(frame["name"]) == ["run-4", "run-3", "run-2"]
    assert frame["metrics.loss"].isna().tolist() == [True, False, False]
    assert str(frame["created_at"].dtype).startswith("datetime64")
    empty = runs.search("metrics.loss: >9").to_pandas()
    assert len(empty) == 0
    assert "created_at" in empty.columns


def test_answers_are_short_where_they_are_printed(runs: joinery.Runs) -> None:
    found = runs.search("", sort="inputs.lr", limit=1)
    assert repr(found) == f"<1 taken of {found.matched} matched of {found.candidates} candidates: run-4>"
    assert repr(found[0]).startswith("<run run-4, ")
    done = runs.resolve(operation())
    assert repr(done).startswith(f"<{done.resolution.name}: {len(done.joins)} joins, ")
    assert all(len(repr(taken)) < 200 for join in done.joins for taken in join.runs)
    assert repr(runs.explain(operation(), run="run-4")).startswith("<run-4: joins[0] ")


def test_without_pandas_it_says_what_to_install(runs: joinery.Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"joinery-operator\[pandas\]"):
        runs.search("").to_pandas()


def test_notebooks_show_tables_in_which_nothing_is_markup() -> None:
    nasty = "<script>alert(1)</script>\u202e"
    runs = joinery.load_runs(run(1, 0.1, lr=nasty), run(2, 0.2))
    pages = [
        runs._repr_html_(),
        runs.search("", sort="inputs.lr")._repr_html_(),
        runs.resolve(
            {
                **operation(),
                "spec": {
                    **operation()["spec"],
                    "joins": [
                        {
                            "query": "",
                            "sort": "inputs.lr",
                            "params": {"who": {"value": "inputs.lr", "contextOnly": True}},
                        }
                    ],
                    "component": {"run": {"container": {"image": "x"}}},
                },
            }
        )._repr_html_(),
    ]
    for page in pages:
        assert "<table>" in page
        assert "<script" not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;" in page
    assert joinery.load_runs([])._repr_html_() == "<p>no runs</p>"


def test_the_language_is_there_by_itself() -> None:
    assert joinery.parse_query("metrics.loss: <0.1").root is not None
    assert joinery.check_query("created_at: today", now=NOW).root is not None
    assert len(joinery.parse_sort("-metrics.loss, created_at").keys) == 2
    with pytest.raises(InvalidQuery):
        joinery.parse_query("metrics.loss <0.1")
    with pytest.raises(InvalidQuery):
        joinery.parse_sort("--x")
    with pytest.raises(TypeError, match="a query is text"):
        joinery.parse_query(3)  # type: ignore[arg-type]


def test_values_are_coerced_as_an_input_takes_them() -> None:
    assert joinery.coerce("1.5", {"type": "float"}) == 1.5
    assert joinery.coerce("[1, 2]", joinery.V1IO(name="x", type="int", is_list=True)) == [1, 2]
    with pytest.raises(InvalidValue):
        joinery.coerce("many", {"name": "epochs", "type": "int"})
    with pytest.raises(InvalidValue, match="`flaot` is not a type"):
        joinery.coerce(1, {"type": "flaot"})
    with pytest.raises(TypeError):
        joinery.coerce(1, "float")  # type: ignore[arg-type]


def test_everything_exported_is_there() -> None:
    for name in joinery.__all__:
        assert getattr(joinery, name) is not None
    assert set(joinery.__all__) <= set(dir(joinery))
    with pytest.raises(AttributeError, match="no attribute 'V1Nothing'"):
        getattr(joinery, "V1" + "Nothing")
