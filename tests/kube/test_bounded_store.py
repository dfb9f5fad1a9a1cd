"""So many values of a namespace and no more: what is left out, what is refused then, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joinery.kube.bounded_store import BoundedStore, NamespaceFull, values_of
from joinery.kube.mirror import Mirror
from joinery.pql import check_query, check_sort
from joinery.pql.ast import EVERY_RUN, NEWEST_FIRST
from joinery.runs import read_run
from joinery.runs.limits import MAX_VALUES
from joinery.runs.record import RunRecord
from joinery.runs.search import LabelRequirement, SearchRequest
from joinery.store import SqlStore


def manifest(name: str, values: int, *, namespace: str = "lab", version: int = 1, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", "resourceVersion": str(version),
            "creationTimestamp": "2025-01-01T00:00:00Z", "labels": labels,
        },
        "spec": {"uuid": f"{abs(hash((namespace, name))) % 16**12:032x}"},
        "status": {"phase": "Running", "outputs": {f"o{number}": number for number in range(values)}},
    }  # fmt: skip


def record(name: str, values: int, **more: Any) -> RunRecord:
    return read_run(manifest(name, values, **more))


def search(store: BoundedStore, query: str = "outputs.o0: 0", *, namespace: str = "lab") -> list[str]:
    request = SearchRequest(namespace=namespace, query=check_query(query, now=0), sort=check_sort(""))
    return sorted(found.name for found in store.search(request).runs)


@pytest.fixture
def store() -> BoundedStore:
    return BoundedStore(SqlStore.in_memory(), cap=10)


def test_up_to_the_bound_everything_is_searched(store: BoundedStore) -> None:
    store.upsert([record("a", 6), record("b", 4), record("a", 10, namespace="other")])
    assert search(store) == ["a", "b"]
    assert search(store, namespace="other") == ["a"]
    assert store.left_out() == {}


def test_beyond_it_its_searches_are_refused_and_those_of_others_are_not(store: BoundedStore) -> None:
    store.upsert([record("a", 6), record("b", 5), record("a", 10, namespace="other")])
    assert store.left_out() == {"lab": 1}
    with pytest.raises(NamespaceFull, match="namespace lab holds more than the 10 values"):
        search(store)
    assert search(store, namespace="other") == ["a"]
    for query, sort, parts in (("", "outputs.o0", []), ("", "", ["outputs"]), ("status: running", "", [])):
        request = SearchRequest(
            namespace="lab", query=check_query(query, now=0), sort=check_sort(sort), parts=frozenset(parts)
        )
        with pytest.raises(NamespaceFull):
            store.search(request)
        with pytest.raises(NamespaceFull):
            store.search_many([request])


def test_who_a_run_is_stays_known(store: BoundedStore) -> None:
    """What the operator keeps its own Runs by: uid, labels and phase."""
    store.upsert([record("a", 6), record("b", 5, mark="yes")])
    found = store.get("lab", uid="uid-lab-b")
    assert found is not None
    assert (found.phase, found.outputs) == ("running", {})
    marked = LabelRequirement(key="mark", operator="Exists")
    request = SearchRequest(namespace="lab", query=EVERY_RUN, sort=NEWEST_FIRST, selector=(marked,))
    assert [one.name for one in store.search(request).runs] == ["b"]
    with pytest.raises(NamespaceFull):
        store.get("lab", name="b")
    assert store.get("lab", name="a") is not None


@pytest.mark.parametrize(
    "make_room",
    [
        lambda store: store.delete(["uid-lab-a"]),
        lambda store: store.upsert([record("a", 5)]),
        lambda store: store.note_damaged("lab", "a", "uid-lab-a", "damaged"),
    ],
    ids=["deleted", "smaller", "damaged"],
)
def test_room_is_told_and_what_comes_then_fits(store: BoundedStore, make_room: Callable[[BoundedStore], None]) -> None:
    store.upsert([record("a", 6), record("b", 5)])
    assert store.roomy() == []
    make_room(store)
    assert store.roomy() == ["lab"]
    store.upsert([record("b", 5)])
    assert store.left_out() == {}
    assert "b" in search(store)


def test_a_left_out_run_that_goes_is_out_of_nobody_s_way(store: BoundedStore) -> None:
    store.upsert([record("a", 6), record("b", 5)])
    store.delete(["uid-lab-b"])
    assert search(store) == ["a"]


def test_what_one_run_can_count_is_what_of_it_is_searched() -> None:
    assert values_of(record("a", MAX_VALUES + 500)) == MAX_VALUES
    assert values_of(record("a", 3, mark="yes")) == 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["lab", "other"]), st.integers(-1, 7)), max_size=30))
def test_whatever_comes_and_goes_the_count_holds(changes: list[tuple[str, str, int]]) -> None:
    """-1 deletes. No namespace ever holds more than its values, and once all fits again nothing is left out."""
    store = BoundedStore(SqlStore.in_memory(), cap=10)
    there: dict[tuple[str, str], int] = {}
    for name, namespace, values in changes:
        if values < 0:
            store.delete([f"uid-{namespace}-{name}"])
            there.pop((namespace, name), None)
        else:
            store.upsert([record(name, values, namespace=namespace)])
            there[namespace, name] = values
        for space in ("lab", "other"):
            total = sum(count for (where, _), count in there.items() if where == space)
            assert (space in store.left_out()) or total <= 10
            assert (space in store.roomy()) == (space in store.left_out() and total <= 10)
    for (namespace, name), values in there.items():
        if namespace in store.roomy():
            store.upsert([record(name, values, namespace=namespace)])
    store.close()


async def test_the_mirror_takes_up_what_was_left_out_unless_it_knows_a_newer_one() -> None:
    mirror = Mirror(SqlStore.in_memory, max_values=10)
    await mirror.begin_load("")
    await mirror.apply("", upserts=[manifest("a", 6), manifest("b", 5), manifest("c", 4)], deletes=[], version="")
    await mirror.end_load("", version="10")
    assert mirror.left_out() == {"lab": 1}
    await mirror.apply("", upserts=[manifest("b", 5, version=12)], deletes=[manifest("a", 6)], version="12")
    assert mirror.left_out() == {}
    await mirror.apply("", upserts=[manifest("d", 2, version=13)], deletes=[], version="13")
    assert (mirror.left_out(), mirror.roomy()) == ({"lab": 1}, [])
    await mirror.apply("", upserts=[], deletes=[manifest("b", 5)], version="14")
    assert mirror.roomy() == ["lab"]
    await mirror.readmit("lab", [manifest("d", 9, version=11), manifest("e", 1, version=20)])
    assert mirror.left_out() == {"lab": 1}, "an older one than is known, and one that the watch has not shown"
    await mirror.readmit("lab", [manifest("d", 2, version=13)])
    assert mirror.left_out() == {}
    assert sorted(found.name for found in mirror.store.search(_all()).runs) == ["c", "d"]
    await mirror.close()


def _all() -> SearchRequest:
    return SearchRequest(namespace="lab", query=check_query("outputs.o0: 0", now=0), sort=check_sort(""))
