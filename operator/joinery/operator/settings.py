"""What an operator is told at its start: flags of `joinery operator`, environment variables, chart values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from joinery.control.ending import RESULTS_KEPT
from joinery.control.room import CLUSTER_CAP, NAMESPACE_CAP
from joinery.control.snapshot import COMPRESSED_CAP
from joinery.joins import DEFAULT_LIMITS, Limits
from joinery.kube.bounded_store import MAX_NAMESPACE_VALUES
from joinery.workload import WorkloadSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One operator process.

    * ``namespaces``: those it serves; None for all (needs cluster-wide rights).
    * ``database``: where Runs are mirrored, as a SQLAlchemy URL; None for memory.
    * ``listen``: address and port of /livez, /readyz and /metrics.
    * ``leader_election``: take a Lease in ``lease_namespace`` before anything else; lose it, exit.
    * ``launch``: whether Jobs are made; else operations end at resolved. ``workload`` says how they are made.
    * ``namespace_values``: how many values of Runs are searched of one namespace.
    * ``operation_result_bytes``: the cap of one operation's results, compressed; the others are of all that is held.
    * ``results_kept``: seconds that an operation's ConfigMaps stay after its end.
    * ``resync``: seconds between two looks at every operation that has not ended, whatever the watches showed.
    * ``grace``: seconds that a stop may take; what hangs then is left.
    """

    namespaces: tuple[str, ...] | None = None
    kubeconfig: str | None = None
    context: str | None = None
    database: str | None = None
    listen: tuple[str, int] = ("0.0.0.0", 8080)  # noqa: S104 - probes and Prometheus come from outside the pod
    leader_election: bool = False
    lease_namespace: str | None = None
    lease_name: str = "joinery-operator"
    workers: int = 8
    grace: float = 4.5
    log_format: Literal["text", "json"] = "text"
    log_level: str = "info"
    launch: bool = True
    workload: WorkloadSettings = field(default_factory=WorkloadSettings)
    limits: Limits = field(default=DEFAULT_LIMITS)
    namespace_values: int = MAX_NAMESPACE_VALUES
    operation_result_bytes: int = COMPRESSED_CAP
    namespace_result_bytes: int = NAMESPACE_CAP
    cluster_result_bytes: int = CLUSTER_CAP
    results_kept: float = RESULTS_KEPT
    resync: float = 600.0
