"""Gauges of the operator: read from what there is when Prometheus asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from joinery.control.ports import Key
from joinery.control.queue import WorkQueue
from joinery.control.room import Room
from joinery.control.waiting import Waiters
from joinery.kube.mirror_store import MirrorStore
from joinery.operator.metrics import Metrics


def add_gauges(
    metrics: Metrics,
    *,
    store: MirrorStore,
    left_out: Callable[[], dict[str, int]],
    queues: Mapping[str, WorkQueue[Key]],
    waiters: Waiters,
    room: Room,
) -> None:
    """Depths of the queues, what the store holds, who waits, and how much results take."""
    read = metrics.read
    read(
        "workqueue_depth", "Keys that are ready for a worker.",
        lambda: {name: len(queue) for name, queue in queues.items()}, label="name",
    )  # fmt: skip
    read("joinery_store_runs", "Runs in the store.", lambda: {"": store.counts().runs})
    read("joinery_store_values", "Indexed values in the store.", lambda: {"": store.counts().values})
    read("joinery_store_damaged_runs", "Runs that could not be read.", lambda: {"": store.counts().damaged})
    read(
        "joinery_store_left_out_runs", "Runs that are not searched, since their namespace has too many values.",
        lambda: dict(left_out()), label="namespace",
    )  # fmt: skip
    read("joinery_operations_waiting", "Operations that wait for Runs.", lambda: {"": len(waiters)})
    read("joinery_result_bytes", "Bytes of results in ConfigMaps.", lambda: {"": room.used()})
