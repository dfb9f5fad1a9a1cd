"""What the models refuse of a join and its params: the rules of spec 1, each problem with its path."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from refusals import GOOD, of_join, of_param, problems, with_join

from joinery.api.v1alpha1 import V1Join, V1JoinParam
from joinery.problems import InvalidManifest


@pytest.mark.spec("1:36", "1:37", "1:40", "1:41", "1:42")
def test_fields_of_a_join() -> None:
    assert of_join(query=...) == [("query", "required")]
    assert of_join(query=..., ref="best") == []
    assert of_join(ref="best", sort="x", limit=1, offset=2) == []
    assert of_join(query="x" * 16384) == []
    assert of_join(query="x" * 16385) == [("query", "too-long")]
    assert of_join(query=5) == [("query", "wrong-type")]
    assert of_join(ref="Best!") == [("ref", "object-name")]
    assert of_join(params=...) == [("params", "required")]
    assert of_join(params={}) == [("params", "too-few")]
    assert of_join(selector={"matchLabels": {"team": "a"}}) == []
    assert of_join(selector={"match_expressions": [{"key": "k", "operator": "In", "values": ["a"]}]}) == []
    wrong = {"matchExpressions": [{"key": "k", "operator": "in"}, {"key": "k", "operator": "Exists", "values": ["a"]}]}
    assert of_join(selector=wrong) == [
        ("selector.matchExpressions[0].operator", "not-one-of"),
        ("selector.matchExpressions[1].values", "range"),
    ]


@pytest.mark.spec("1:38", "1:39", "3:38")
@pytest.mark.parametrize(
    ("limit", "read"),
    [
        (1, 1),
        (5000, 5000),
        ("10", 10),
        (" 10 ", 10),
        ("+10", 10),
        ("010", 10),
        (10.0, 10),
        ("{{ n }}", "{{ n }}"),
        ("{{ a }}0", "{{ a }}0"),
    ],
)
def test_limits_that_are_read(limit: Any, read: Any) -> None:
    assert V1Join.from_dict({"query": "", "limit": limit, "params": {"p": {"value": "io"}}}).limit == read


@pytest.mark.spec("1:38", "1:39", "3:38")
@pytest.mark.parametrize("key", ["limit", "offset"])
@pytest.mark.parametrize("value", [10.5, True, "ten", "", [], {}, "10.0", "1e1", "0x10", "1_0", "9" * 400])
def test_what_is_no_number_of_runs(key: str, value: Any) -> None:
    ((path, _),) = of_join(**{key: value})
    assert path == key


@pytest.mark.spec("1:38", "1:39")
def test_limits_name_the_cap() -> None:
    for value in (0, -1, 5001, "0", "5001", 10**400):
        (found,) = problems(with_join(limit=value))
        assert found.rule == "range"
        assert "5000" in (found.hint or "")
    assert of_join(offset=0) == []
    assert of_join(offset=-1) == [("offset", "range")]


@pytest.mark.spec("1:43", "1:44", "1:45")
def test_waiting_and_nulls() -> None:
    assert of_join(minRuns=5, limit=5, waitFor="12h") == []
    assert of_join(minRuns=6, limit=5) == [("minRuns", "min-over-limit")]
    assert of_join(minRuns=6, limit="5") == [("minRuns", "min-over-limit")]
    assert of_join(minRuns=6, limit="+5") == [("minRuns", "min-over-limit")]
    assert of_join(minRuns=6, limit="{{ n }}") == []
    assert of_join(minRuns=-1) == [("minRuns", "range")]
    assert of_join(minRuns=5001) == [("minRuns", "range")]
    for text in ("0", "30m", "12h", "1h30m", "1d", "500ms"):
        assert of_join(waitFor=text) == []
    for text in ("3 days", "m", "-5m", "5", ""):
        assert of_join(waitFor=text) == [("waitFor", "duration")]
    assert of_join(onNull="Keep") == of_join(onNull="DropRun") == of_join(onNull="Fail") == []
    assert of_join(onNull="drop") == [("onNull", "not-one-of")]


@pytest.mark.spec("1:47")
def test_how_many_of_each() -> None:
    many = {f"p{index}": {"value": "inputs"} for index in range(129)}
    assert of_join(params=many) == [("params", "too-many")]
    assert of_join(params=dict(list(many.items())[:128])) == []
    manifest = copy.deepcopy(GOOD)
    manifest["spec"]["joins"] *= 33
    assert [(found.path, found.rule) for found in problems(manifest)] == [("spec.joins", "too-many")]
    assert of_param(value={"files": ["x"] * 256, "dirs": ["x"] * 256}) == []
    assert of_param(value={"files": ["x"] * 257, "dirs": ["x"] * 257}) == [
        ("value.files", "too-many"),
        ("value.dirs", "too-many"),
    ]


@pytest.mark.spec("1:53", "1:54", "1:55", "1:56", "1:57", "1:58")
def test_fields_of_a_join_param() -> None:
    assert of_param(contextOnly=True, connection="store", toEnv="FILES") == []
    assert of_param(toInit=True, onMissing="Skip") == []
    assert of_param(value=...) == [("value", "required")]
    for value in (5, True, [], ["inputs"], None):
        assert of_param(value=value)[0][1] in ("value-form", "required")
    assert of_param(value={"files": "a", "dirs": [["b", "c"]]}) == []
    assert of_param(value={}) == [("value", "value-form")]
    assert of_param(value={"file": ["a"]}) == [("value.file", "unknown-field")]
    assert of_param(value={"files": [1, ["a", 2]], "dirs": 3}) == [
        ("value.files[0]", "value-form"),
        ("value.files[1]", "value-form"),
        ("value.dirs", "value-form"),
    ]
    assert of_param(toInit=True, contextOnly=True) == [("toInit", "init-and-context")]
    assert of_param(toInit="yes") == [("toInit", "wrong-type")]
    assert of_param(onMissing="skip") == [("onMissing", "not-one-of")]
    assert of_param(connection="Not A Name") == [("connection", "object-name")]


@pytest.mark.spec("1:60")
def test_a_ref_and_unknown_keys_are_refused_by_path() -> None:
    (found,) = problems(with_join(params={"p": {"value": "inputs", "ref": "runs.x"}}))
    assert found.path == "spec.joins[0].params.p.ref"
    assert "the reference comes from the join's own search" in found.message
    (found,) = problems(with_join(params={"p": {"value": "inputs", "contextonly": True}}))
    assert (found.path, found.hint) == ("spec.joins[0].params.p.contextonly", "write it `contextOnly`")
    (found,) = problems(with_join(querry="x"))
    assert (found.path, found.hint) == ("spec.joins[0].querry", "did you mean `query`?")


@pytest.mark.spec("1:61")
def test_both_spellings_at_once() -> None:
    assert of_param(contextOnly=True, context_only=True) == [("context_only", "both-spellings")]
    assert of_join(min_runs=1, minRuns=1) == [("minRuns", "both-spellings")]


def test_where_the_cluster_would_drop_it_snake_case_is_refused() -> None:
    manifest = copy.deepcopy(GOOD)
    manifest["spec"]["strict_params"] = True
    (found,) = problems(manifest)
    assert (found.path, found.hint) == ("spec.strict_params", "write it `strictParams`")


def test_a_join_param_by_itself() -> None:
    with pytest.raises(InvalidManifest, match="toInit"):
        V1JoinParam(value="artifacts.x", to_init=True, context_only=True)
