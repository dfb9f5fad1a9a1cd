"""From a committed resolution to the Job, its ConfigMaps and its init containers. Pure. Source: spec 4."""

from joinery.workload.build import build
from joinery.workload.check import check_workload
from joinery.workload.connections import connections_needed
from joinery.workload.request import Workload, WorkloadRequest, WorkloadSettings

__all__ = ["Workload", "WorkloadRequest", "WorkloadSettings", "build", "check_workload", "connections_needed"]
