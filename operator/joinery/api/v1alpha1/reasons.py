"""Why a condition is what it is: one CamelCase word each. Source: spec 5, the table of states.

Each docstring names the conditions that carry the reason, and the state it stands for.
"""

from __future__ import annotations

from typing import Final

# Accepted
VALID: Final = "Valid"
"""Accepted True."""

INVALID: Final = "Invalid"
"""Accepted False, Ready False, Stalled: the spec cannot be accepted as it is; edit it."""

COMPONENT_NOT_FOUND: Final = "ComponentNotFound"
"""Accepted Unknown, Reconciling: the Component named does not exist yet; it is waited for."""

SEARCH_NOT_FOUND: Final = "SearchNotFound"
"""Accepted Unknown, Reconciling: a Search named does not exist yet; it is waited for."""

# Resolved
PENDING: Final = "Pending"
"""Resolved or Launched Unknown: its turn has not come; Reconciling: the pod is not there or not scheduled yet."""

RESOLVING: Final = "Resolving"
"""Resolved Unknown, Reconciling: the operation's own Run has not come back through the watch yet."""

RESOLVED: Final = "Resolved"
"""Resolved True: recorded, for good."""

WAITING_FOR_RUNS: Final = "WaitingForRuns"
"""Resolved Unknown, Reconciling: fewer runs match than a join's minRuns, and waitFor is not over."""

WAITING_FOR_OPERATIONS: Final = "WaitingForOperations"
"""Resolved Unknown, Reconciling: an operation that a param refers to is not final."""

TOO_FEW_RUNS: Final = "TooFewRuns"
"""Resolved False, Stalled: fewer runs matched than minRuns, and waitFor is over."""

UPSTREAM_FAILED: Final = "UpstreamFailed"
"""Resolved False, Stalled: an operation that a param refers to failed."""

NULL_VALUE: Final = "NullValue"
"""Resolved False, Stalled: a run lacks a value, and the join says onNull Fail."""

INVALID_PARAMS: Final = "InvalidParams"
"""Resolved False, Stalled: the values do not fit the component's inputs and outputs, or cannot be rendered."""

TOO_LARGE: Final = "TooLarge"
"""Resolved False, Stalled: the result is over the cap of one operation."""

STORE_FULL: Final = "StoreFull"
"""Resolved False, Stalled: the results of the namespace or of the cluster are over their cap."""

# Launched
NOT_RESOLVED: Final = "NotResolved"
"""Launched False: the resolution failed, so nothing is launched."""

SUSPENDED: Final = "Suspended"
"""Launched False, Ready False: spec.suspend holds the launch; a person may lift it."""

LAUNCHING_OFF: Final = "LaunchingOff"
"""Launched Unknown, for good: this operator resolves and records, and launches nothing (`--no-launch`)."""

CONNECTION_NOT_FOUND: Final = "ConnectionNotFound"
"""Launched False, Reconciling: a Connection does not exist yet, or no default one; it is waited for."""

CONNECTION_AMBIGUOUS: Final = "ConnectionAmbiguous"
"""Launched False, Reconciling: the namespace has two default Connections."""

JOB_REFUSED: Final = "JobRefused"
"""Launched False, Stalled: the API server refused the Job; tried again."""

NAME_TAKEN: Final = "NameTaken"
"""Launched False, Stalled: another object has the name of the Job, Run or ConfigMap; tried again."""

ARGUMENT_TOO_LONG: Final = "ArgumentTooLong"
"""Launched False, Succeeded False, Stalled: a rendered argument or variable is over 128 KiB."""

SNAPSHOT_LOST: Final = "SnapshotLost"
"""Launched False, Succeeded False, Stalled: the recorded results are gone, and are never searched anew."""

JOB_CREATED: Final = "JobCreated"
"""Launched True."""

JOB_SUSPENDED: Final = "JobSuspended"
"""Launched True, Reconciling: the Job exists and is held, by Kueue or by hand."""

# Reconciling while the Job goes on
UNSCHEDULABLE: Final = "Unschedulable"
"""Reconciling: no node takes the pod."""

PODS_REFUSED: Final = "PodsRefused"
"""Reconciling: the Job's pod cannot be created (quota, Pod Security)."""

RUNNING: Final = "Running"
"""Reconciling: the main container runs."""

RETRYING: Final = "Retrying"
"""Reconciling: a pod failed, and another one follows."""

COLLECTING: Final = "Collecting"
"""Reconciling: the main container has ended, and what it left behind is being collected."""

# Succeeded and Ready, for good
JOB_COMPLETE: Final = "JobComplete"
"""Succeeded True, Ready True."""

JOB_FAILED: Final = "JobFailed"
"""Succeeded False, Stalled: the container failed as often as it may."""

DEADLINE_EXCEEDED: Final = "DeadlineExceeded"
"""Succeeded False, Stalled: termination.timeout is over."""

ARTIFACTS_MISSING: Final = "ArtifactsMissing"
"""Succeeded False, Stalled: a file to fetch is not there, and onMissing is Fail."""

OUTPUTS_NOT_COLLECTED: Final = "OutputsNotCollected"
"""Succeeded False, Stalled: what the main container left behind could not be collected."""

JOB_DELETED: Final = "JobDeleted"
"""Succeeded False, Stalled: the Job was deleted before its end."""

STOPPED: Final = "Stopped"
"""Succeeded False, Stalled: spec.stop ended it; Launched False where there was no Job."""

# Warnings in status, and what a Run's own conditions say
OUTPUTS_LOST: Final = "OutputsLost"
"""A warning: what the container recorded could no longer be read."""

OUTPUTS_TRUNCATED: Final = "OutputsTruncated"
"""A warning: what the container recorded is not one whole JSON object."""

OPERATION_DELETED: Final = "OperationDeleted"
"""The reason of a Run that is Stopped since its operation was deleted."""
