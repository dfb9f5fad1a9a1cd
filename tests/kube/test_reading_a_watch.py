"""Bytes to events to batches: no I/O."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joinery.kube.errors import ApiError, Gone, ServerError, TooManyRequests
from joinery.kube.watching import Batch, Bookmark, Changed, Cursor, Lines, older, read_event, watch_parameters


def line(event: str, **subject: object) -> bytes:
    return orjson.dumps({"type": event, "object": subject})


def refusal(code: int, **fields: object) -> bytes:
    return line("ERROR", kind="Status", code=code, **fields)


@given(st.lists(st.binary(min_size=1).filter(lambda b: b"\n" not in b)), st.data())
def test_lines_come_out_whole_however_the_bytes_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(one + b"\n" for one in lines) + b"the rest"
    cutter, got = Lines(), []
    while whole:
        size = data.draw(st.integers(1, len(whole)))
        got += cutter.feed(whole[:size])
        whole = whole[size:]
    assert got == lines
    assert cutter.feed(b"\n") == [b"the rest"]


def test_a_line_without_end_is_refused() -> None:
    cutter = Lines()
    for _ in range(64):
        assert cutter.feed(b"x" * (1 << 20)) == []
    with pytest.raises(ServerError, match="without a line end"):
        cutter.feed(b"x")


@pytest.mark.parametrize(
    ("given_line", "event"),
    [
        (line("ADDED", a=1), Changed({"a": 1})),
        (line("MODIFIED", a=1), Changed({"a": 1})),
        (line("DELETED", a=1), Changed({"a": 1}, deleted=True)),
        (line("BOOKMARK", metadata={"resourceVersion": "7"}), Bookmark("7")),
        (
            line("BOOKMARK", metadata={"resourceVersion": "7", "annotations": {"k8s.io/initial-events-end": "true"}}),
            Bookmark("7", ends_load=True),
        ),
    ],
)
def test_events_are_read(given_line: bytes, event: object) -> None:
    assert read_event(given_line) == event


@pytest.mark.parametrize(
    ("given_line", "error"),
    [
        (refusal(410, reason="Expired", message="too old"), Gone),
        (
            refusal(429, details={"retryAfterSeconds": 3}),
            TooManyRequests,
        ),
        (refusal(500, message="boom"), ServerError),
        (line("NEWS"), ServerError),
        (b"not json", ServerError),
        (b"[1]", ServerError),
        (b'{"type": "ADDED", "object": 3}', ServerError),
        (b'{"type": ["ADDED"], "object": {}}', ServerError),
    ],
)
def test_what_is_no_event_is_an_error_that_says_what_to_do(given_line: bytes, error: type[ApiError]) -> None:
    with pytest.raises(error) as caught:
        read_event(given_line)
    assert type(caught.value) is error
    if error is TooManyRequests:
        assert caught.value.retry_after == 3


def change(uid: str, version: int, *, deleted: bool = False) -> Changed:
    return Changed({"metadata": {"uid": uid, "name": "n", "resourceVersion": str(version)}}, deleted=deleted)


def test_a_batch_keeps_the_last_of_each_object() -> None:
    batch = Batch()
    for one in (change("a", 1), change("b", 2), change("a", 3), change("b", 4, deleted=True), change("c", 5)):
        batch.add(one)
    assert [m["metadata"]["uid"] for m in batch.upserts] == ["a", "c"]
    assert batch.upserts[0]["metadata"]["resourceVersion"] == "3"
    assert [m["metadata"]["uid"] for m in batch.deletes] == ["b"]
    assert (len(batch), batch.version) == (3, "5")


@given(st.integers(0, 10**20), st.integers(0, 10**20))
def test_versions_are_compared_as_the_numbers_they_are(one: int, other: int) -> None:
    assert older(str(one), str(other)) == (one < other)


def test_versions_that_are_no_numbers_are_not_compared() -> None:
    assert not older("", "5")
    assert not older("abc", "5")


def test_going_back_is_noticed() -> None:
    cursor = Cursor()
    cursor.check("5")
    cursor.version = "100"
    cursor.check("100")
    with pytest.raises(Gone, match="from version 100 to 99"):
        cursor.check("99")


def test_a_load_asks_for_what_is_there_and_a_watch_for_what_came_after() -> None:
    assert watch_parameters(None, seconds=300) == {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "300",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "resourceVersion": "",
    }
    assert watch_parameters("42", seconds=300) == {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "300",
        "resourceVersion": "42",
    }
