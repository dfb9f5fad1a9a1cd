"""What the API server says instead of what was asked for: pure reading of answers, paths and delays."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.kube import errors
from joinery.kube.backoff import Backoff
from joinery.kube.paths import BY_KIND, CONFIG_MAPS, JOBS, NAMESPACES, RUNS
from joinery.kube.transport import encode


def status(**fields: object) -> bytes:
    return orjson.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", **fields})


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (400, "BadRequest", errors.Refused),
        (401, "Unauthorized", errors.Unauthorized),
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (409, "Conflict", errors.Conflict),
        (409, "AlreadyExists", errors.AlreadyExists),
        (410, "Expired", errors.Gone),
        (410, "Gone", errors.Gone),
        (413, "RequestEntityTooLarge", errors.Refused),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.TooManyRequests),
        (500, "InternalError", errors.ServerError),
        (503, "ServiceUnavailable", errors.ServerError),
    ],
)
def test_each_answer_has_its_class(code: int, reason: str, error: type[errors.ApiError]) -> None:
    read = errors.error_from(code, status(reason=reason, message="because", code=code))
    assert type(read) is error
    assert (read.code, read.reason, read.message) == (code, reason, "because")
    assert read.transient == (code in {429, 500, 503})


def test_every_invalid_field_is_a_problem_of_its_own() -> None:
    causes = [{"field": "spec.a", "message": "too long"}, {"field": "spec.b[0]", "message": "Required value"}]
    read = errors.error_from(422, status(reason="Invalid", message="all of it", details={"causes": causes}))
    assert [(problem.path, problem.message) for problem in read.problems] == [
        ("spec.a", "too long"),
        ("spec.b[0]", "Required value"),
    ]


def test_retry_after_is_read_from_the_header_or_the_status() -> None:
    body = status(details={"retryAfterSeconds": 9})
    assert errors.error_from(429, body, retry_after="4").retry_after == 4
    assert errors.error_from(429, body).retry_after == 9
    assert errors.error_from(429, b"", retry_after="soon").retry_after is None


@given(st.integers(300, 599), st.binary(max_size=200), st.none() | st.text(max_size=5))
def test_no_answer_is_too_strange(code: int, body: bytes, retry_after: str | None) -> None:
    read = errors.error_from(code, body, retry_after=retry_after)
    assert read.code == code
    assert read.problems


@given(
    st.recursive(
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
        lambda part: st.lists(part) | st.dictionaries(st.text(max_size=9), part),
    )
)
def test_no_status_is_too_strange(strange: object) -> None:
    for fields in ({"details": strange}, {"details": {"causes": strange}}, {"details": {"retryAfterSeconds": strange}}):
        assert errors.error_from(500, status(**fields)).problems
    assert errors.error_from(500, status(message=strange, reason=strange, code=strange)).problems


def test_a_long_message_is_cut() -> None:
    assert len(errors.error_from(500, b"x" * 100_000).message) == errors.MESSAGE_LIMIT


def test_paths() -> None:
    assert RUNS.collection() == "/apis/joinery.dev/v1alpha1/runs"
    assert RUNS.collection("a") == "/apis/joinery.dev/v1alpha1/namespaces/a/runs"
    assert CONFIG_MAPS.object("a", "b") == "/api/v1/namespaces/a/configmaps/b"
    assert JOBS.object("a", "b", subresource="status") == "/apis/batch/v1/namespaces/a/jobs/b/status"
    assert NAMESPACES.object(None, "b") == "/api/v1/namespaces/b"
    assert all(kind == resource.kind for kind, resource in BY_KIND.items())


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        RUNS.object("a", name)


@given(
    st.text(min_size=1).filter(
        lambda name: name not in {".", ".."} and not any("\ud800" <= c <= "\udfff" for c in name)
    )
)
def test_nothing_in_a_name_leads_to_another_path(name: str) -> None:
    assert RUNS.object(name, name, subresource="status").count("/") == 8
    assert not set("?#\n ") & set(RUNS.object("a", name))


def test_delays_double_up_to_a_cap_and_never_undercut_what_was_asked() -> None:
    backoff = Backoff(first=1, cap=10, jitter=0)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 8, 10]
    assert backoff.next(at_least=60) == 60
    for _ in range(5_000):
        assert backoff.next() == 10
    backoff.reset()
    assert backoff.next() == 1
    assert all(1 <= Backoff(first=1, jitter=0.5).next() <= 1.5 for _ in range(100))


def test_bodies_keep_whole_numbers_whole() -> None:
    assert encode({"n": 2**70}) == b'{"n":1180591620717411303424}'
    assert encode({"n": 2**53 + 1}) == b'{"n":9007199254740993}'
