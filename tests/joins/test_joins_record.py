"""What is recorded: the snapshot, its digest, its status, and the warnings that are never silence."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.api.v1alpha1 import V1OperationStatus
from joinery.control.snapshot import document
from joinery.joins import Limits, to_status
from joinery.joins.canonical import canonical, canonical_number
from joinery.joins.digest import digest_of_record
from joinery.problems import InvalidOperation
from joinery.runs.search import RunStore

from .world import NOW, resolved, run, store_of, uuid

JOIN: dict[str, Any] = {
    "query": "metrics.loss: <{{ most }}",
    "sort": "-metrics.loss, inputs.lr",
    "limit": 2,
    "offset": 1,
    "params": {"lrs": {"value": "inputs.lr"}},
}
MOST = {"most": {"value": 0.35, "contextOnly": True}}


@pytest.fixture(scope="module")
def store() -> RunStore:
    return store_of(*(run(n, inputs={"lr": n / 2}, metrics={"loss": n / 10}) for n in range(6)))


@pytest.mark.spec("1:126", "1:127", "1:128", "1:129")
def test_a_join_records_what_it_asked_and_got(store: RunStore) -> None:
    done = resolved(store, [JOIN], params=MOST)
    join = done.joins[0]
    assert (join.query, join.sort) == ("metrics.loss: <0.35", "-metrics.loss, inputs.lr")
    assert (join.limit, join.offset, join.candidates, join.matched) == (2, 1, 6, 4)
    assert [(one.name, one.uuid, one.resource_version) for one in join.runs] == [
        ("run-2", uuid(2), "102"),
        ("run-1", uuid(1), "101"),
    ]
    assert [dict(one.sort_keys) for one in join.runs] == [
        {"metrics.loss": 0.2, "inputs.lr": 1},
        {"metrics.loss": 0.1, "inputs.lr": 0.5},
    ]
    assert done.now == NOW
    assert done.component is not None
    assert [one["name"] for one in done.component["inputs"]] == ["lrs"]


def test_the_digest_can_be_made_of_what_was_written_down(store: RunStore) -> None:
    """Status and snapshot together say all that it covers; nothing of it can be changed unseen."""
    files = {"query": "", "params": {"files": {"value": {"files": ["a/é.txt"]}, "toInit": True, "onMissing": "Skip"}}}
    more = {"query": "metrics.loss: >0", "limit": 3, "params": {"names": {"value": "globals.name", "toEnv": "NAMES"}}}
    done = resolved(
        store, [JOIN, files, more], params={**MOST, "big": {"value": 2**62 + 1, "contextOnly": True}},
        inputs=[
            {"name": "lrs", "type": "float", "isList": True, "isFlag": False},
            {"name": "files", "type": "artifacts", "connection": "models"},
            {"name": "names", "type": "str", "isList": True, "argFormat": "--name={{ names }}"},
        ],
    )  # fmt: skip
    status, found = (orjson.loads(orjson.dumps(one)) for one in (to_status(done), document(done)))

    def digest() -> str:
        return digest_of_record(status["joins"], found["joins"], found["params"], found["component"])

    assert digest() == done.digest
    for name, flag in (("lrs", "toEnv"), ("files", "connection"), ("names", "value"), ("big", "type")):
        before = found["params"][name].get(flag)
        found["params"][name][flag] = "x"
        assert digest() != done.digest
        found["params"][name][flag] = before
    found["joins"][2]["runs"].reverse()
    assert digest() != done.digest


@pytest.mark.spec("1:129", "1:130")
def test_the_same_inputs_give_the_same_digest_and_others_another(store: RunStore) -> None:
    def digest(join: Mapping[str, Any] = JOIN, params: Mapping[str, Any] = MOST, **more: Any) -> str:
        return resolved(more.pop("store", store), [join], params=params, **more).digest

    assert digest() == digest(now=NOW + 1)
    assert digest(uid="11111111-0000-4000-8000-000000000001") == digest()
    same = {**JOIN, "params": {"lrs": {"contextOnly": False, "value": "{{ inputs.lr }}"}}, "limit": "2"}
    assert digest(same) == digest()
    others = [
        digest({**JOIN, "limit": 3}),
        digest({**JOIN, "offset": 0}),
        digest({**JOIN, "sort": "-metrics.loss"}),
        digest(params={"most": {"value": 0.36, "contextOnly": True}}),
        digest(inputs=[{"name": "lrs", "type": "float", "isList": True}]),
        digest({**JOIN, "params": {"lrs": {"value": "inputs.lr", "toEnv": "LRS"}}}),
        digest(store=store_of(*(run(n, inputs={"lr": n}, metrics={"loss": n / 10}) for n in range(6)))),
        digest(inputs=[{"name": "lrs", "isList": True, "description": "other"}]),
    ]
    assert len({digest(), *others}) == len(others) + 1
    with_more_runs = store_of(*(run(n, inputs={"lr": n / 2}, metrics={"loss": n / 10}) for n in range(9)))
    assert digest(store=with_more_runs) == digest()  # candidates are no part of it


@pytest.mark.spec("1:129")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e-9, "1.5e-9"),
        (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.25e300, "1.25e+300"), (5e-324, "5e-324"),
        (333333333.33333329, "333333333.3333333"), (0.0001, "0.0001"), (1e16, "10000000000000000"),
    ],
)  # fmt: skip
def test_floats_are_written_as_ecmascript_writes_them(value: float, expected: str) -> None:
    assert canonical_number(value) == expected


@pytest.mark.spec("1:129")
def test_canonical_json_sorts_by_utf16_and_keeps_whole_integers() -> None:
    # The example of RFC 8785, 3.2.3.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical(dict.fromkeys(keys, 0)).decode()
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical([2**63 - 1, -(2**63), 2**53 + 1, 2**64]) == (
        b"[9223372036854775807,-9223372036854775808,9007199254740993,18446744073709552000]"
    )
    assert (
        canonical({"b": [1.0, 0.5], "a": {"\n": "é\u2028\x7f"}}) == '{"a":{"\\n":"é\u2028\x7f"},"b":[1,0.5]}'.encode()
    )


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON_VALUES)
def test_canonical_json_reads_back_and_is_its_own_fixed_point(value: Any) -> None:
    written = canonical(value)
    again = orjson.loads(written)
    assert canonical(again) == written


@given(st.dictionaries(TEXTS | st.sampled_from(["\ue000", "\U0001f600"]), JSON_VALUES, max_size=4))
def test_a_mapping_is_written_the_same_alone_and_among_others(value: dict[str, Any]) -> None:
    assert canonical([value, {}]) == b"[" + canonical(value) + b",{}]"


@given(st.lists(FLOATS, min_size=1, max_size=5))
def test_a_list_of_floats_is_written_as_its_elements_are(values: list[float]) -> None:
    assert canonical(values).decode() == "[" + ",".join(map(canonical_number, values)) + "]"
    assert all(math.isclose(float(canonical_number(value)), value, rel_tol=0) for value in values)


@pytest.mark.spec("1:131")
def test_values_are_normalised_as_the_api_server_stores_them() -> None:
    some = store_of(run(1, inputs={"x": [1.0, -0.0, 2**63, 1e300, "\ud800"]}))
    join = {"query": "", "params": {"x": {"value": "inputs.x"}, "y": {"value": "{{ inputs.x[0] / 1 }}"}}}
    done = resolved(some, [join], params={"z": {"value": {"a": [3.0, 2**64]}, "contextOnly": True}})
    (value,) = done.params["x"].value
    assert value == [1, 0, float(2**63), 1e300, "\ufffd"]
    assert [type(one) for one in value] == [int, int, float, float, str]
    assert [type(one) for one in done.params["y"].value] == [int]
    assert [type(one) for one in done.params["z"].value["a"]] == [int, float]


@pytest.mark.spec("1:128", "1:97")
def test_status_holds_small_values_and_sums_up_large_ones() -> None:
    many = store_of(*(run(n, inputs={"x": "v" * 40, "n": n}) for n in range(300)))
    join = {
        "query": "",
        "sort": "created_at",
        "params": {"ns": {"value": "inputs.n"}, "xs": {"value": "inputs.x"}, "f": {"value": {"files": ["a/b/c"]}}},
    }
    done = resolved(many, [join])
    status = to_status(done, limits=Limits(inline_param_bytes=4000))
    assert status["digest"] == done.digest
    assert status["joined"] == 300
    assert status["params"]["ns"]["value"] == list(range(300))
    large = status["params"]["xs"]
    packed = canonical(done.params["xs"].value)
    assert "value" not in large
    assert (large["count"], large["size"]) == (300, len(packed))
    assert large["sha256"] == hashlib.sha256(packed).hexdigest()
    assert large["first"] == ["v" * 40] * 3
    assert status["params"]["f"]["first"]["files"][0] == f"{uuid(0)}/a/b/c"
    (record,) = status["joins"]
    assert len(record["runs"]) == 100
    assert record["runs"][0] == {
        "uuid": uuid(0),
        "name": "run-0",
        "resourceVersion": "100",
        "sortKeys": record["runs"][0]["sortKeys"],
    }
    assert (record["taken"], record["matched"], record["candidates"]) == (300, 300, 300)
    in_all = to_status(done, limits=Limits(inline_total_bytes=100))
    assert not any("value" in param for param in in_all["params"].values())
    assert orjson.loads(orjson.dumps(status)) == status
    V1OperationStatus.from_dict({**status, "now": status["now"]})


@pytest.mark.spec("1:126")
def test_a_resolution_is_frozen(store: RunStore) -> None:
    done = resolved(store, [JOIN], params=MOST)
    with pytest.raises(AttributeError):
        done.digest = "x"  # type: ignore[misc]


@pytest.mark.spec("1:133", "1:134", "1:135", "1:136", "1:137")
@pytest.mark.parametrize(
    ("join", "expected"),
    [
        ({"query": "metrics.los: <1"}, "`metrics.loss`"),
        ({"query": "", "sort": "metrics.los"}, "metrics.los"),
        ({"query": "inputs.mixed: >1"}, "inputs.mixed"),
        ({"query": "metrics.loss: >100"}, "match"),
        ({"query": "status: succeeded kind: job"}, "comma"),
        ({"query": "", "params": {"x": {"value": "inputs.lrr"}}}, "inputs.lrr"),
    ],
)
def test_what_looks_wrong_is_a_warning(join: dict[str, Any], expected: str) -> None:
    some = store_of(
        run(1, inputs={"lr": 1, "mixed": 2}, metrics={"loss": 1}),
        run(2, inputs={"lr": 2, "mixed": "x"}, metrics={"loss": 0.5}),
    )
    full = {"query": "", "params": {"lrs": {"value": "inputs.lr"}}, **join}
    try:
        warnings = resolved(some, [full]).warnings
    except InvalidOperation as error:
        warnings = error.problems
    shown = "\n".join(map(str, warnings))
    assert expected in shown
    assert all(one.path.startswith("spec.joins[0]") for one in warnings), shown


@pytest.mark.spec("1:136")
def test_damaged_and_doubled_runs_are_named(store: RunStore) -> None:
    some = store_of(run(1, inputs={"lr": 1}), run(1, name="again", inputs={"lr": 2}, labels={"x": "y"}))
    some.note_damaged("default", "broken", "uid-broken", "spec.inputs is no mapping")
    shown = "\n".join(map(str, resolved(some, [{"query": "", "params": {"lr": {"value": "inputs.lr"}}}]).warnings))
    assert "broken" in shown


@pytest.mark.spec("1:137")
@pytest.mark.parametrize(
    ("join", "nearest"),
    [
        ({"query": "metric.loss: <1"}, "metrics"),
        ({"query": "status: succeded"}, "succeeded"),
        ({"query": "", "sort": "create_at"}, "created_at"),
        ({"query": "inputs.lr: {{ x | lenght }}"}, "length"),
    ],
)
def test_what_is_unknown_is_an_error_with_the_nearest_name(store: RunStore, join: dict[str, Any], nearest: str) -> None:
    with pytest.raises(InvalidOperation) as caught:
        resolved(
            store,
            [{"params": {"lrs": {"value": "inputs.lr"}}, **join}],
            params={"x": {"value": [], "contextOnly": True}},
        )
    assert caught.value.reason == "Invalid"
    assert nearest in (caught.value.problems[0].hint or "")


@pytest.mark.spec("1:131")
def test_what_json_cannot_hold_never_stops_a_record() -> None:
    some = store_of(run(1, inputs={"x": "9" * 30, "y": "\ud800"}))
    join = {"query": "", "params": {"x": {"value": "inputs.x"}}}
    inputs = [{"name": "x", "type": "int", "isList": True}, {"name": "n", "value": 2**70}]
    done = resolved(some, [join], inputs=inputs)
    assert done.params["x"].value == [float("9" * 30)]
    assert done.params["n"].value == float(2**70)
    assert orjson.loads(orjson.dumps(to_status(done)["params"]))["n"]["value"] == float(2**70)
