"""Reviews as tables: what is refused, what is warned of, what is never in the way."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviews import COMPONENT, CONNECTION, OPERATION, SEARCH, answer, body, causes, changed, request, resolved

from joinery.admission import review
from joinery.admission.edits import same
from joinery.admission.request import MAX_BODY


@pytest.mark.parametrize("manifest", [OPERATION, COMPONENT, SEARCH, CONNECTION], ids=lambda one: one["kind"])
def test_what_is_valid_is_let_in_and_nothing_is_said(manifest: dict[str, Any]) -> None:
    for response in (
        answer("CREATE", manifest),
        answer("UPDATE", changed(manifest, "spec.description", "x"), manifest) if manifest is not SEARCH else None,
    ):
        assert response is None or response == {"uid": response["uid"], "allowed": True}


@pytest.mark.parametrize(
    ("manifest", "path", "value", "where", "said"),
    [
        (OPERATION, "spec.joins.0.query", "metric.loss: <1", "spec.joins[0].query", "metrics.loss"),
        (OPERATION, "spec.joins.0.limt", 3, "spec.joins[0].limt", "did you mean `limit`?"),
        (OPERATION, "spec.joins.0.params.lrs.value", "input.lr", "spec.joins[0].params.lrs.value", "input.lr"),
        (OPERATION, "spec.component.inputs.0.type", "flot", "spec.component.inputs[0].type", "float"),
        (OPERATION, "spec.component.run", ..., "spec.component.run", "suspend: true"),
        (OPERATION, "spec.component.run.environment", {"nodeSelectr": {}}, "spec.component.run.environment", "node"),
        (OPERATION, "metadata.name", "x" * 60, "metadata.name", "52"),
        (COMPONENT, "spec.inputs.0.type", "flot", "spec.inputs[0].type", "float"),
        (COMPONENT, "spec.run.container.args", ["{% if x %}"], "spec.run.container.args[0]", "if"),
        (SEARCH, "spec.query", "status: suceeded", "spec.query", "succeeded"),
        (SEARCH, "spec.sort", "--metrics.loss", "spec.sort", "-"),
        (SEARCH, "spec.limit", 0, "spec.limit", "5000"),
        (CONNECTION, "spec.kind", "s4", "spec.kind", "s3"),
        (CONNECTION, "spec.schema", {}, "spec.schema.claim", "required"),
    ],
)  # fmt: skip
def test_what_is_invalid_is_refused_where_it_is(
    manifest: dict[str, Any], path: str, value: Any, where: str, said: str
) -> None:
    wrong = changed(manifest, path, value)
    for response in (answer("CREATE", wrong), answer("UPDATE", wrong, manifest)):
        if response["allowed"]:
            assert path.startswith("metadata.")  # the spec is as it was: an edit of metadata is never refused
            continue
        assert response["status"]["code"] == 422
        assert response["status"]["reason"] == "Invalid"
        found = {field: text for field, text in causes(response).items() if field.startswith(where)}
        assert found, causes(response)
        assert said in "\n".join(found.values())
        assert where in response["status"]["message"]
    assert not answer("CREATE", wrong)["allowed"]


def test_every_problem_is_in_the_one_message_with_its_path() -> None:
    wrong = changed(OPERATION, "spec.joins.0.query", "metric.loss: <1, metrics.acc: >=")
    wrong = changed(wrong, "spec.params", {"lrs": {"value": 1, "typ": 2}})
    wrong = changed(wrong, "spec.component.inputs.0.type", "flot")
    wrong["spec"]["suspend"] = "yes"
    response = answer("CREATE", wrong)
    text, found = response["status"]["message"], causes(response)
    for path in ("spec.joins[0].query", "spec.params.lrs.typ", "spec.component.inputs[0].type", "spec.suspend"):
        assert f"{path}: " in text
        assert path in found
    assert response["status"]["details"] | {"causes": []} == {
        "group": "joinery.dev", "kind": "Operation", "name": "report", "causes": [],
    }  # fmt: skip
    assert "    ^" in text or "  ^" in text  # the caret under the place in the query


def test_thousands_of_problems_are_counted_and_not_all_written() -> None:
    params = {f"p{number}": {"value": "nothing.at.all"} for number in range(128)}
    joins = [{"query": "metrics.a: 1", "params": params} for _ in range(32)]
    response = answer("CREATE", changed(OPERATION, "spec.joins", joins))
    assert len(response["status"]["message"]) < 40_000
    assert len(response["status"]["details"]["causes"]) <= 256
    assert response["status"]["message"].splitlines()[-1].startswith("and ")
    assert "joinery lint" in response["status"]["message"]


def test_warnings_go_back_as_lines_that_kubernetes_takes() -> None:
    odd = changed(OPERATION, "spec.component.run.container.command", ["sh", "-c"])
    odd = changed(odd, "spec.component.run.container.args", ["echo {{ lrs | join('→é') }}\n"])
    odd = changed(odd, "spec.joins.0.waitFor", "1h")
    odd = changed(odd, "spec.component.plugins", {})
    response = answer("CREATE", odd)
    assert response["allowed"]
    lines = response["warnings"]
    assert len(lines) == 3
    for line in lines:
        assert line.isascii()
        assert line.isprintable()
        assert len(line) <= 256
        assert line.startswith("spec.")
    refused = answer("CREATE", changed(odd, "spec.joins.0.query", "metric.x: 1"))
    assert not refused["allowed"]
    assert len(refused["warnings"]) == 3


def test_more_warnings_than_kubernetes_takes_are_counted() -> None:
    names = {f"p{number}": {"value": f"inputs.{'a' * 40}-inputs.b{number}"} for number in range(60)}
    inputs = [{"name": name, "isList": True} for name in names]
    odd = changed(changed(OPERATION, "spec.joins.0.params", names), "spec.component.inputs", inputs)
    odd = changed(odd, "spec.component.run.container.args", ["x"])
    response = answer("CREATE", odd)
    assert response["allowed"], causes(response)
    assert sum(map(len, response["warnings"])) < 4_096
    assert response["warnings"][-1].endswith("more warnings; `joinery lint` shows all")


@pytest.mark.parametrize("manifest", [OPERATION, COMPONENT, SEARCH, CONNECTION], ids=lambda one: one["kind"])
def test_metadata_status_and_deletion_are_never_refused(manifest: dict[str, Any]) -> None:
    """Of an object that is invalid through and through, since the webhook was off when it came."""
    wrong = changed(manifest, "spec", {"query": 3, "joins": "x", "kind": {}})
    finalized = changed(wrong, "metadata.finalizers", ["a/b"])
    going = changed(finalized, "metadata.deletionTimestamp", "2026-05-01T12:00:00Z")
    for response in (
        answer("UPDATE", changed(wrong, "metadata.labels", {"a": "b"}), wrong),
        answer("UPDATE", changed(wrong, "metadata.annotations", {"a": "b"}), finalized),
        answer("UPDATE", changed(wrong, "metadata.ownerReferences", []), wrong),
        answer("UPDATE", changed(wrong, "status", {"x": 1}), wrong, subResource="status"),
        answer("UPDATE", changed(wrong, "status", {"x": 1}), wrong),
        answer("UPDATE", changed(going, "metadata.finalizers", []), going),
        answer("UPDATE", changed(going, "spec", {}), going),
        answer("DELETE", None, wrong),
    ):
        assert response == {"uid": response["uid"], "allowed": True}
    assert not answer("CREATE", wrong)["allowed"]
    assert not answer("CREATE", going)["allowed"]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("spec.joins.0.query", "metrics.loss: <0.6", "joins"),
        ("spec.joins.0.params.lrs.contextOnly", False, "joins"),
        ("spec.joins", ..., "joins"),
        ("spec.params", {"x": {"value": {"deep": [1]}, "contextOnly": True}}, "params"),
        ("spec.component.run.container.args.0", "other", "component"),
        ("spec.component", ..., "component"),
        ("spec.componentRef", {"name": "x"}, "componentRef"),
    ],
)
def test_what_was_asked_cannot_change_once_resolved(path: str, value: Any, field: str) -> None:
    response = answer("UPDATE", changed(resolved(), path, value), resolved())
    assert not response["allowed"]
    assert list(causes(response)) == [f"spec.{field}"]
    assert "create a new operation" in response["status"]["message"]


def test_true_is_not_one() -> None:
    before = resolved(changed(OPERATION, "spec.params", {"x": {"value": {"deep": [1]}, "contextOnly": True}}))
    response = answer("UPDATE", changed(before, "spec.params.x.value.deep", [True]), before)
    assert list(causes(response)) == ["spec.params"]
    assert same([{"a": 1.5}], [{"a": 1.5}])
    assert not same([{"a": 1}], [{"a": 1.0}])


def test_a_stricter_joinery_forbids_nobody_to_stop_what_is_resolved() -> None:
    old = resolved(changed(OPERATION, "spec.joins.0.query", "no such: thing :"))
    assert answer("UPDATE", changed(old, "spec.stop", True), old)["allowed"]
    assert answer("UPDATE", changed(old, "spec.suspend", True), old)["allowed"]
    response = answer("UPDATE", changed(changed(old, "spec.stop", True), "spec.tags", "x"), old)
    assert list(causes(response)) == ["spec.tags"]


def test_an_operation_without_a_run_stays_suspended() -> None:
    old = changed(changed(OPERATION, "spec.component.run", ...), "spec.suspend", True)
    assert answer("CREATE", old)["allowed"]
    for before in (old, resolved(old)):
        response = answer("UPDATE", changed(before, "spec.suspend", False), before)
        assert list(causes(response)) == ["spec.component.run"]


@pytest.mark.parametrize(
    ("status", "path", "before", "after", "said"),
    [
        ({"jobRef": {"name": "x"}}, "spec.suspend", False, True, "the Job exists"),
        ({"jobRef": {"name": "x"}}, "spec.termination", {"timeout": 1}, {"timeout": 2}, "the Job exists"),
        ({}, "spec.stop", True, False, "stays stopped"),
    ],
)
def test_edits_that_do_nothing_are_warned_of(
    status: dict[str, Any], path: str, before: Any, after: Any, said: str
) -> None:
    old = resolved(changed(OPERATION, path, before), **status)
    response = answer("UPDATE", changed(old, path, after), old)
    assert response["allowed"]
    (warning,) = response["warnings"]
    assert warning.startswith(f"{path}: ")
    assert said in warning


def test_ending_a_suspension_before_the_job_exists_is_what_it_is_for() -> None:
    old = resolved(changed(OPERATION, "spec.suspend", True))
    response = answer("UPDATE", changed(old, "spec.suspend", False), old)
    assert response == {"uid": response["uid"], "allowed": True}


GOOD = request("CREATE", OPERATION)


@pytest.mark.parametrize(
    ("data", "uid", "said"),
    [
        (b"", "", "not JSON"),
        (b"\xff\xfe", "", "not JSON"),
        (b"[" * 100_000, "", "not JSON"),
        (b"[]", "", "a list"),
        (b"{}", "", "must be an AdmissionReview"),
        (body(None), "", "no request"),
        (body({**GOOD, "uid": ""}), "", "no request"),
        (body({**GOOD, "uid": 7}), "", "no request"),
        (body({**GOOD, "uid": "x" * 4_000}), "", "no request"),
        (body(GOOD, apiVersion="admission.k8s.io/v1beta1"), GOOD["uid"], "v1beta1"),
        (body(GOOD, kind="Review"), GOOD["uid"], "Review"),
        (body({**GOOD, "operation": "PATCH"}), GOOD["uid"], "CREATE, UPDATE"),
        (body({**GOOD, "operation": None}), GOOD["uid"], "CREATE, UPDATE"),
        (body({**GOOD, "object": None}), GOOD["uid"], "request.object"),
        (body({**GOOD, "object": [1]}), GOOD["uid"], "request.object"),
        (body({**GOOD, "operation": "UPDATE"}), GOOD["uid"], "request.oldObject"),
        (body({**GOOD, "kind": None}), GOOD["uid"], "mend its rules"),
        (body({**GOOD, "kind": {"group": "", "version": "v1", "kind": "Pod"}}), GOOD["uid"], "Pod"),
        (body({**GOOD, "kind": {**GOOD["kind"], "kind": "Run"}}), GOOD["uid"], "Run"),
        (body({**GOOD, "kind": {**GOOD["kind"], "kind": "Other"}}), GOOD["uid"], "Other"),
        (body({**GOOD, "kind": {**GOOD["kind"], "version": "v1"}}), GOOD["uid"], "v1"),
        (body({**GOOD, "kind": {**GOOD["kind"], "group": "x.dev"}}), GOOD["uid"], "x.dev"),
        (b'{"request": "' + b"x" * MAX_BODY + b'"}', "", str(MAX_BODY)),
    ],
)
def test_what_is_no_review_of_ours_is_refused(data: bytes, uid: str, said: str) -> None:
    response = review(data)["response"]
    assert (response["allowed"], response["uid"]) == (False, uid)
    assert response["status"]["code"] == 400
    assert said in response["status"]["message"]


def test_an_object_of_another_kind_than_announced_is_refused() -> None:
    response = answer("CREATE", SEARCH, kind={"group": "joinery.dev", "version": "v1alpha1", "kind": "Connection"})
    assert not response["allowed"]
    assert "must be a Connection" in response["status"]["message"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = (
    "spec",
    "metadata",
    "status",
    "kind",
    "joins",
    "query",
    "params",
    "component",
    "deletionTimestamp",
    "resolvedAt",
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), JSON | st.dictionaries(st.sampled_from(KEYS), JSON), max_size=5)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_are_let_in_or_crash_it(data: bytes) -> None:
    assert review(data)["response"]["allowed"] is False


@given(
    st.sampled_from(["CREATE", "UPDATE", "DELETE", "CONNECT"]),
    st.sampled_from(["Operation", "Component", "Search", "Connection"]),
    OBJECTS | JSON,
    OBJECTS | JSON,
)
def test_any_object_gets_an_answer_that_json_and_kubernetes_take(operation: str, kind: str, new: Any, old: Any) -> None:
    named = {"apiVersion": "joinery.dev/v1alpha1", "kind": kind, **new} if isinstance(new, dict) else new
    asked = request(operation, named, old, kind={"group": "joinery.dev", "version": "v1alpha1", "kind": kind})
    response = orjson.loads(orjson.dumps(review(body(asked))))["response"]
    assert isinstance(response["allowed"], bool)
    assert response["allowed"] or response["status"]["message"]
    assert all(line.isascii() and line.isprintable() and len(line) <= 256 for line in response.get("warnings", ()))


@given(JSON, JSON)
def test_same_is_the_equality_of_json(one: Any, other: Any) -> None:
    both = (orjson.dumps(value, option=orjson.OPT_SORT_KEYS) for value in (one, other))
    assert same(one, other) == (len(set(both)) == 1)
