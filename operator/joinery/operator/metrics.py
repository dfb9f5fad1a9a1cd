"""Prometheus metrics: those of the work queue and the passes named as controller-runtime names its own, and ours.

All of one process hang on a registry of their own, so that two operators in one test do not meet.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from joinery.joins import Resolution

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
COUNTS = (0, 1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000)


class _Readings(Collector):
    """Gauges read when Prometheus asks: nothing has to remember to set them."""

    def __init__(self) -> None:
        self.sources: dict[str, tuple[str, str | None, Callable[[], dict[str, float]]]] = {}

    def collect(self) -> list[GaugeMetricFamily]:
        families = []
        for name, (text, label, read) in self.sources.items():
            family = GaugeMetricFamily(name, text, labels=[label] if label else [])
            for value, number in read().items():
                family.add_metric([value] if label else [], number)
            families.append(family)
        return families


class Metrics:
    """What the operator counts; it is the :class:`joinery.control.ports.Meter` of the control loop."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self._passes = Counter(
            "controller_runtime_reconcile", "Passes of the control loop.", ["controller", "result"], registry=registry
        )
        self._errors = Counter(
            "controller_runtime_reconcile_errors", "Passes that failed.", ["controller"], registry=registry
        )
        self._pass_seconds = Histogram(
            "controller_runtime_reconcile_time_seconds", "Length of a pass.", ["controller"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._queue_seconds = Histogram(
            "workqueue_queue_duration_seconds", "How long a key waited for a worker.", ["name"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._work_seconds = Histogram(
            "workqueue_work_duration_seconds", "How long a worker had a key.", ["name"], buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self._requests = Counter(
            "rest_client_requests", "Requests to the API server.", ["method", "code"], registry=registry
        )
        self._resolve_seconds = Histogram(
            "joinery_resolve_seconds", "Resolving one operation.", buckets=SECONDS, registry=registry
        )
        self._candidates, self._matched, self._taken = (
            Histogram(f"joinery_join_{what}_runs", text, buckets=COUNTS, registry=registry)
            for what, text in (
                ("candidate", "Runs in scope of a join."),
                ("matched", "Runs that a join's query is true of."),
                ("taken", "Runs that a join took."),
            )
        )
        self._kept = Counter(
            "joinery_result_configmap_bytes", "Compressed bytes written to result ConfigMaps.", registry=registry
        )
        self.store_lag = Histogram(
            "joinery_store_lag_seconds", "From the arrival of a change of a Run to its being searchable.",
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._readings = _Readings()
        registry.register(self._readings)

    def read(self, name: str, text: str, source: Callable[[], dict[str, float]], *, label: str | None = None) -> None:
        """A gauge that ``source`` is asked for: values by the value of ``label``, or one under any key."""
        self._readings.sources[name] = (text, label, source)

    def reconciled(self, controller: str, outcome: str, seconds: float) -> None:
        self._passes.labels(controller, outcome).inc()
        if outcome == "error":
            self._errors.labels(controller).inc()
        self._pass_seconds.labels(controller).observe(seconds)
        self._work_seconds.labels(controller).observe(seconds)

    def waited(self, name: str) -> Callable[[float], None]:
        """Told how long keys of that queue waited."""
        return self._queue_seconds.labels(name).observe

    def resolved(self, resolution: Resolution, seconds: float) -> None:
        self._resolve_seconds.observe(seconds)
        for join in resolution.joins:
            self._candidates.observe(join.candidates)
            self._matched.observe(join.matched)
            self._taken.observe(len(join.runs))

    def kept(self, size: int) -> None:
        self._kept.inc(size)

    def requested(self, method: str, _path: str, status: int, _seconds: float) -> None:
        """Told of every request to the API server; status 0 had no answer."""
        self._requests.labels(method, str(status) if status else "<error>").inc()

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
