"""What an operation of the cluster has recorded about one run, beside what is true of it now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from joinery.cli.blocks import Block, Line, heading
from joinery.cli.text import plain
from joinery.joins import ChangedRun, Explanation
from joinery.local.facade import Runs
from joinery.runs import parse_time

if TYPE_CHECKING:
    from joinery.cli.live.recorded import Recorded


def instant_of(recorded: Recorded, *, default: int) -> int:
    """The instant of the recorded resolution, in microseconds since 1970; ``default`` where it cannot be read."""
    try:
        return parse_time(recorded.now)
    except ValueError:
        return default


def changed_since(recorded: Recorded, runs: Runs) -> tuple[ChangedRun, ...]:
    """Of all runs that were recorded, those that are gone or have changed."""
    return runs.changed_of(recorded.runs(), namespace=recorded.namespace)


def places(recorded: Recorded, uuid: str) -> Iterator[tuple[int, int | None, int]]:
    """For each recorded join: its index, the run's place among the taken ones (from 1) or None, and their number."""
    for index, join in enumerate(recorded.joins):
        uuids = [run.get("uuid") for run in join.get("runs") or ()]
        yield index, uuids.index(uuid) + 1 if uuid in uuids else None, len(uuids)


def recorded_blocks(recorded: Recorded | None, found: Explanation) -> list[Block]:
    """One line a join: what above is said of the run as it is now may differ from what was recorded."""
    if recorded is None:
        return []
    blocks: list[Block] = [heading(f"recorded by {plain(recorded.name)} at {plain(recorded.resolved_at)}")]
    for index, place, taken in places(recorded, found.run.uuid):
        if place is None:
            blocks.append(Line(f"  ✗ joins[{index}] did not take it (it took {taken:,})", "warning"))
        else:
            blocks.append(Line(f"  ✓ joins[{index}] took it, as number {place:,} of {taken:,}", "good"))
    return blocks


def recorded_data(recorded: Recorded | None, found: Explanation) -> dict[str, Any]:
    """The same for programs."""
    if recorded is None:
        return {}
    joins = [
        {"index": index, "taken": place is not None, "place": place, "of": taken}
        for index, place, taken in places(recorded, found.run.uuid)
    ]
    return {
        "recorded": {
            "operation": recorded.name,
            "resolvedAt": recorded.resolved_at,
            "digest": recorded.digest,
            "joins": joins,
        }
    }
