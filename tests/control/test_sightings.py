"""What the watch has shown spares a read; what a pass wrote itself wakes nobody; an old copy is never trusted twice."""

from __future__ import annotations

from typing import Any

from joinery.control.sightings import SHOWN_KEPT, WRITTEN_KEPT, Sightings

KEY = ("a", "select")


def manifest(version: int, *, uid: str = "u") -> dict[str, Any]:
    return {"metadata": {"uid": uid, "resourceVersion": str(version)}}


def seeing() -> tuple[Sightings, list[tuple[str, str]]]:
    woken: list[tuple[str, str]] = []
    return Sightings(wake=woken.append), woken


def test_what_is_shown_is_taken_once() -> None:
    sightings, woken = seeing()
    sightings.show(KEY, manifest(1))
    sightings.show(KEY, manifest(2))
    assert woken == [KEY, KEY]
    assert sightings.take(KEY) == manifest(2)
    assert sightings.take(KEY) is None


def test_what_was_written_here_wakes_nobody_before_or_after_the_answer() -> None:
    sightings, woken = seeing()
    with sightings.writing(KEY):
        sightings.show(KEY, manifest(5))
        sightings.wrote(manifest(5))
    sightings.show(KEY, manifest(5))
    assert woken == []
    assert sightings.take(KEY) is None


def test_what_others_write_meanwhile_wakes_afterwards() -> None:
    sightings, woken = seeing()
    with sightings.writing(KEY):
        sightings.wrote(manifest(5))
        sightings.show(KEY, manifest(6))
        assert woken == []
    assert woken == [KEY]
    assert sightings.take(KEY) == manifest(6)


def test_what_came_while_a_write_failed_wakes_too() -> None:
    sightings, woken = seeing()
    try:
        with sightings.writing(KEY):
            sightings.show(KEY, manifest(6))
            raise ConnectionError
    except ConnectionError:
        pass
    assert woken == [KEY]


def test_a_copy_older_than_what_was_written_here_is_not_used() -> None:
    sightings, _ = seeing()
    sightings.show(KEY, manifest(9))
    sightings.wrote(manifest(10))
    assert sightings.take(KEY) is None
    sightings.show(KEY, manifest(11))
    assert sightings.take(KEY) == manifest(11)
    # Another object of that name has a version of its own.
    sightings.show(KEY, manifest(8, uid="other"))
    assert sightings.take(KEY) == manifest(8, uid="other")


def test_after_a_conflict_the_next_pass_asks() -> None:
    sightings, _ = seeing()
    sightings.show(KEY, manifest(1))
    sightings.distrust(KEY)
    assert sightings.take(KEY) is None
    sightings.show(KEY, manifest(3))
    assert sightings.take(KEY) == manifest(3)


def test_a_deletion_wakes_and_leaves_nothing_behind() -> None:
    sightings, woken = seeing()
    sightings.show(KEY, manifest(1))
    sightings.gone(KEY)
    assert woken == [KEY, KEY]
    assert sightings.take(KEY) is None


def test_it_keeps_a_bounded_number() -> None:
    sightings, woken = seeing()
    for number in range(SHOWN_KEPT + 5):
        sightings.show(("a", str(number)), manifest(1, uid=str(number)))
    assert len(woken) == SHOWN_KEPT + 5
    assert sum(sightings.take(("a", str(number))) is not None for number in range(SHOWN_KEPT + 5)) == SHOWN_KEPT
    for number in range(WRITTEN_KEPT + 1):
        sightings.wrote(manifest(1, uid=str(number)))
    assert not sightings.is_own(manifest(1, uid="0"))
    assert sightings.is_own(manifest(1, uid="1"))
