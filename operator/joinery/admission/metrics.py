"""Prometheus metrics of admission: the webhook's named as controller-runtime names its own, and ours."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from joinery.admission.review import Judged

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """What the server counts, on a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self._requests = Counter(
            "controller_runtime_webhook_requests", "Requests by HTTP status.", ["webhook", "code"], registry=registry
        )
        self._seconds = Histogram(
            "controller_runtime_webhook_latency_seconds", "From the first byte of a review to its answer.", ["webhook"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self.in_flight = Gauge(
            "controller_runtime_webhook_requests_in_flight", "Reviews under way.", ["webhook"], registry=registry
        )
        self._reviews = Counter(
            "joinery_admission_reviews", "Reviews by kind, operation and verdict.", ["kind", "operation", "verdict"],
            registry=registry,
        )  # fmt: skip
        self._problems = Counter("joinery_admission_problems", "Problems of refused objects.", registry=registry)
        self._expiry = Gauge(
            "joinery_admission_certificate_expiry_timestamp_seconds", "When the certificate in use ends.",
            registry=registry,
        )  # fmt: skip

    def answered(self, path: str, code: int, seconds: float) -> None:
        """One HTTP request was answered."""
        self._requests.labels(path, str(code)).inc()
        self._seconds.labels(path).observe(seconds)

    def judged(self, judged: Judged) -> None:
        """One review was judged."""
        verdict = "allowed" if judged.allowed else "refused"
        self._reviews.labels(judged.kind, judged.operation, verdict).inc()
        self._problems.inc(len(judged.problems))

    def certificate(self, end: datetime | None) -> None:
        """The certificate in use ends then."""
        self._expiry.set(end.timestamp() if end is not None else 0)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
