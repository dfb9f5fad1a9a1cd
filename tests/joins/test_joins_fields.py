"""The fields of a join: limits, offsets, selectors, saved searches, waiting, nulls."""

from __future__ import annotations

from typing import Any

import pytest

from joinery.api.v1alpha1 import V1Search
from joinery.joins import Limits, resolve
from joinery.problems import InvalidManifest, InvalidOperation, JoineryError
from joinery.runs.search import RunStore

from .world import NOW, operation, request, resolved, run, store_of

MINUTE = 60_000_000
NAMES = {"names": {"value": "globals.name"}}


@pytest.fixture(scope="module")
def store() -> RunStore:
    return store_of(
        *(run(n, inputs={"n": n}, metrics={"loss": n}, labels={"team": "ab"[n % 2]}) for n in range(10)),
        run(99, namespace="other", metrics={"loss": 1}),
    )


def names(store: RunStore, join: dict[str, Any], **more: Any) -> list[str]:
    full = {"query": "", "sort": "metrics.loss", "params": NAMES, **join}
    value: list[str] = resolved(store, [full], **more).params["names"].value
    return [name.removeprefix("run-") for name in value]


@pytest.mark.spec("1:38", "1:39")
@pytest.mark.parametrize(
    ("limit", "offset", "expected"),
    [
        (3, None, "012"),
        ("3", "2", "234"),
        ("{{ most }}", "{{ most - 1 }}", "12"),
        ("{{ few | length }}", 0, "01"),
        (None, 8, "89"),
        (5000, 100, ""),
        (1.0, 9, "9"),
    ],
)
def test_limit_and_offset_are_numbers_digits_or_templates(
    store: RunStore, limit: Any, offset: Any, expected: str
) -> None:
    asked = {key: value for key, value in (("limit", limit), ("offset", offset)) if value is not None}
    params = {"most": {"value": 2, "contextOnly": True}, "few": {"value": ["a", "b"], "contextOnly": True}}
    assert "".join(names(store, asked, params=params)) == expected


@pytest.mark.spec("1:38", "1:39")
@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        *[("limit", f"{{{{ {text} }}}}") for text in ("0", "5001", "'x'", "1.5", "none", "true")],
        ("offset", "{{ -1 }}"),
        ("offset", "{{ [1] }}"),
    ],
)
def test_a_limit_that_renders_to_nonsense_is_refused(store: RunStore, field: str, wrong: str) -> None:
    with pytest.raises(InvalidOperation) as caught:
        names(store, {field: wrong})
    assert caught.value.problems[0].path == f"spec.joins[0].{field}"
    assert caught.value.reason == "InvalidParams"


@pytest.mark.spec("1:38")
@pytest.mark.parametrize("limit", [0, 5001, "0", "5001", -1])
def test_above_the_cap_or_zero_is_rejected_with_the_cap_named(store: RunStore, limit: Any) -> None:
    with pytest.raises(InvalidManifest, match="5000"):
        names(store, {"limit": limit})
    with pytest.raises(InvalidOperation, match="maxRunsPerJoin"):
        names(store, {"limit": 8}, limits=Limits(max_runs_per_join=7))


@pytest.mark.spec("1:134")
def test_the_cap_without_a_limit_truncates_with_a_warning(store: RunStore) -> None:
    done = resolved(store, [{"query": "", "sort": "metrics.loss", "params": NAMES}], limits=Limits(max_runs_per_join=7))
    assert len(done.params["names"].value) == 7
    (warning,) = [one for one in done.warnings if one.rule == "truncated"]
    assert "10 runs match and 7 were taken" in warning.message
    limited = resolved(store, [{"query": "", "limit": 7, "params": NAMES}], limits=Limits(max_runs_per_join=7))
    assert not [one for one in limited.warnings if one.rule == "truncated"]
    rest = resolved(store, [{"query": "", "offset": 5, "params": NAMES}], limits=Limits(max_runs_per_join=7))
    assert not [one for one in rest.warnings if one.rule == "truncated"]


@pytest.mark.spec("1:41")
@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"matchLabels": {"team": "a"}}, "02468"),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["b", "c"]}]}, "13579"),
        ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["b"]}]}, "02468"),
        ({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}, ""),
        ({"matchLabels": {"team": "a"}, "matchExpressions": [{"key": "team", "operator": "Exists"}]}, "02468"),
    ],
)
def test_a_selector_narrows_the_candidates(store: RunStore, selector: Any, expected: str) -> None:
    done = resolved(store, [{"query": "", "sort": "metrics.loss", "selector": selector, "params": NAMES}])
    assert "".join(run.name.removeprefix("run-") for run in done.joins[0].runs) == expected
    assert done.joins[0].candidates == len(expected)


@pytest.mark.spec("1:42")
def test_a_saved_search_gives_what_the_join_does_not(store: RunStore) -> None:
    saved = V1Search.from_dict(
        {
            "apiVersion": "joinery.dev/v1alpha1",
            "kind": "Search",
            "metadata": {"name": "low"},
            "spec": {"query": "metrics.loss: <5", "sort": "-metrics.loss", "limit": 2, "offset": 1},
        }
    )
    join = {"ref": "low", "params": NAMES}

    def taken(**own: Any) -> str:
        done = resolved(store, [{**join, **own}], searches={"low": saved})
        assert done.joins[0].ref == "low"
        return "".join(run.name.removeprefix("run-") for run in done.joins[0].runs)

    assert taken() == "32"
    assert taken(limit=3) == "321"
    assert taken(offset=0, sort="metrics.loss") == "01"
    assert taken(query="metrics.loss: >7") == "8"
    with pytest.raises(InvalidOperation, match="`low`") as caught:
        resolved(store, [{**join, "ref": "lowe"}], searches={"low": saved})
    assert caught.value.reason == "SearchNotFound"
    assert caught.value.problems[0].path == "spec.joins[0].ref"


@pytest.mark.spec("1:43", "1:44")
def test_too_few_runs_carry_the_partial_resolution_and_are_waited_for_in_a_cluster(store: RunStore) -> None:
    join = {"query": "metrics.loss: >6", "sort": "metrics.loss", "minRuns": 5, "waitFor": "30m", "params": NAMES}
    with pytest.raises(InvalidOperation) as caught:
        resolved(store, [join])
    assert caught.value.reason == "TooFewRuns"
    assert caught.value.partial.params["names"].value == ["run-7", "run-8", "run-9"]
    assert caught.value.partial.joins[0].matched == 3
    asked = request(operation([join]), may_wait=True, created_at=NOW - 29 * MINUTE)
    with pytest.raises(InvalidOperation) as caught:
        resolve(asked, store)
    assert caught.value.reason == "WaitingForRuns"
    asked = request(operation([join]), may_wait=True, created_at=NOW - 30 * MINUTE)
    with pytest.raises(InvalidOperation) as caught:
        resolve(asked, store)
    assert caught.value.reason == "TooFewRuns"
    # Matches count before limit and offset.
    assert names(store, {**join, "minRuns": 3, "limit": 3, "offset": 2}) == ["9"]
    with pytest.raises(JoineryError, match="more than the limit"):
        names(store, {"minRuns": 3, "limit": 2})
    with pytest.raises(InvalidOperation, match="more than the limit"):
        names(store, {"minRuns": 3, "limit": "{{ 2 }}"})


@pytest.mark.spec("1:45", "1:95", "1:96", "1:97")
def test_a_run_that_lacks_a_value_is_kept_dropped_or_fails(store: RunStore) -> None:
    some = store_of(run(1, inputs={"x": 1}), run(2), run(3, inputs={"x": None}), run(4, inputs={"x": 4}))
    join = {
        "query": "",
        "sort": "created_at",
        "limit": 3,
        "params": {"x": {"value": "inputs.x"}, **NAMES, "f": {"value": {"files": ["a"]}}},
    }
    kept = resolved(some, [join])
    assert kept.params["x"].value == [1, None, None]
    assert kept.params["x"].nulls == 2
    assert kept.joins[0].nulls == {"x": 2, "names": 0, "f": 0}
    dropped = resolved(some, [{**join, "onNull": "DropRun"}])
    assert dropped.params["x"].value == [1]
    assert dropped.params["names"].value == ["run-1"]
    assert len(dropped.params["f"].value["files"]) == 1
    assert [one.name for one in dropped.joins[0].dropped] == ["run-2", "run-3"]
    assert [one.name for one in dropped.joins[0].runs] == ["run-1"]
    assert "dropped-runs" in [one.rule for one in dropped.warnings]
    with pytest.raises(InvalidOperation, match=r"run-2 .*onNull: Fail") as caught:
        resolved(some, [{**join, "onNull": "Fail"}])
    assert caught.value.reason == "NullValue"


@pytest.mark.spec("1:45")
def test_a_run_that_fails_a_join_for_want_of_a_value_is_one_problem_whatever_the_input_takes() -> None:
    some = store_of(run(1, inputs={"x": 1}), run(2))
    join = {"query": "", "onNull": "Fail", "params": {"x": {"value": "inputs.x"}}}
    with pytest.raises(InvalidOperation) as caught:
        resolved(some, [join], inputs=[{"name": "x", "type": "int", "isList": True}])
    assert [problem.rule for problem in caught.value.problems] == ["null-value"]


@pytest.mark.spec("1:45")
def test_nan_counts_as_null_where_the_input_is_float() -> None:
    some = store_of(run(1, metrics={"m": "NaN"}), run(2, metrics={"m": 2}))
    join = {"query": "", "sort": "created_at", "onNull": "DropRun", "params": {"m": {"value": "metrics.m"}}}
    floats = [{"name": "m", "type": "float", "isList": True}]
    assert resolved(some, [join], inputs=floats).params["m"].value == [2.0]
    assert resolved(some, [join]).params["m"].value == ["NaN", 2]


@pytest.mark.spec("1:68", "1:69", "1:70", "1:71")
def test_only_the_own_namespace_and_never_the_own_run(store: RunStore) -> None:
    assert len(names(store, {})) == 10
    for query in ("namespace: other", "namespace: other | default", "~(namespace: default)", "name: run-99"):
        assert "99" not in names(store, {"query": query})
    done = resolved(store, [{"query": "", "params": NAMES}], exclude_uids=frozenset({"uid-default-3"}))
    assert "run-3" not in done.params["names"].value
    assert done.joins[0].candidates == 9
    assert len(names(store, {"query": "created_at: _any_, live_state: 1"})) == 10
    running = store_of(run(1, phase="Running"), run(2, phase="Failed"), run(3, phase="Created"))
    assert len(names(running, {})) == 3


@pytest.mark.spec("1:71")
def test_a_run_that_two_alternatives_match_is_there_once(store: RunStore) -> None:
    assert names(store, {"query": "metrics.loss: <2 OR inputs.n: <2 OR metrics.loss: 1"}) == ["0", "1"]


@pytest.mark.spec("1:47")
def test_at_most_32_joins_and_128_params(store: RunStore) -> None:
    with pytest.raises(JoineryError, match="32"):
        resolved(store, [{"query": "", "params": {f"p{n}": {"value": "inputs"}}} for n in range(33)])
    with pytest.raises(JoineryError, match="128"):
        resolved(store, [{"query": "", "params": {f"p{n}": {"value": "inputs"} for n in range(129)}}])


@pytest.mark.spec("1:40")
def test_a_join_gives_at_least_one_param(store: RunStore) -> None:
    for params in ({}, None):
        with pytest.raises(InvalidManifest) as caught:
            resolved(store, [{"query": "", "params": params or {}}], inputs=[])
        assert caught.value.problems[0].path == "spec.joins[0].params"


@pytest.mark.spec("1:139", "1:140")
def test_a_run_that_is_final_before_the_resolution_is_always_seen() -> None:
    some = store_of(run(1, phase="Running"))
    join = {"query": "status: succeeded", "params": NAMES}
    assert resolved(some, [join]).params["names"].value == []
    some.upsert([run(1), run(2)])
    assert resolved(some, [join]).params["names"].value == ["run-2", "run-1"]
