"""A Run: the record of one execution. Source: spec 5, *Run*."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic.config import JsonDict

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import Model
from joinery.api.v1alpha1.meta import Resource, Timestamp
from joinery.api.v1alpha1.types import Bool, Int, Path, Text, Uuid, Word, one_of

PHASES = (
    "Created", "OnSchedule", "Compiled", "Queued", "Scheduled", "Starting", "Running", "Processing", "Stopping",
    "Resuming", "Retrying", "Warning", "Unschedulable", "Unknown", "Succeeded", "Failed", "UpstreamFailed", "Stopped",
    "Skipped",
)  # fmt: skip
"""The phases of a Run, as its manifest writes them."""

_Recorded = Annotated[
    dict[str, Any],
    Field(max_length=limits.MAX_RECORDED, json_schema_extra={"x-kubernetes-map-type": "atomic"}),
]
_ATOMIC_LIST: JsonDict = {"x-kubernetes-list-type": "atomic"}
_Quantity = Annotated[Any, WithJsonSchema({"x-kubernetes-preserve-unknown-fields": True})]
_Phase = Annotated[str, AfterValidator(one_of(*PHASES)), WithJsonSchema({"type": "string", "enum": list(PHASES)})]


class V1RunSpec(Model):
    """What was run, with what inputs."""

    uuid: Uuid | None = Field(
        default=None,
        description="32 lower-case hex digits; the object's uid without its dashes when absent. Immutable.",
    )
    created_at: Timestamp | None = Field(
        default=None, description="When the execution was created; creationTimestamp when absent."
    )
    managed_by: Word | None = Field(
        default=None, description="Who keeps the record up to date: joinery for runs of operations."
    )
    project: Word | None = Field(default=None, description="The project; the namespace when absent.")
    kind: Word | None = Field(default=None, description="The kind of execution; job when absent.")
    runtime: Word | None = Field(default=None, description="The runtime that it had.")
    name: Word | None = Field(default=None, description="The name to show; the object's name when absent.")
    description: Text | None = Field(default=None, description="What it is, for people.")
    user: Word | None = Field(default=None, description="Who started it.")
    tags: Annotated[list[Word], Field(max_length=limits.MAX_TAGS, json_schema_extra=_ATOMIC_LIST)] = Field(
        default_factory=list, description="Tags to find it by."
    )
    inputs: _Recorded = Field(default_factory=dict, description="The inputs by name: any JSON.")
    meta: _Recorded = Field(default_factory=dict, description="Other facts by name: texts, numbers, booleans.")
    connection: Annotated[str, Field(max_length=limits.MAX_NAME)] | None = Field(
        default=None, description="The Connection where its artifacts live."
    )
    pipeline: Word | None = Field(default=None, description="The uuid of the run that it was a part of.")
    original: Word | None = Field(default=None, description="The uuid of the run that it was cloned from.")
    controller: Word | None = Field(default=None, description="The uuid or name of the run that controls it.")
    cloning_kind: Word | None = Field(default=None, description="How it was cloned: copy, restart or cache.")
    commit: Word | None = Field(default=None, description="The commit of the code that ran.")
    queue: Word | None = Field(default=None, description="The queue it waited in.")
    schedule_at: Timestamp | None = Field(default=None, description="When it was scheduled for.")


class V1RunArtifact(Model):
    """One entry of a run's lineage of files."""

    name: Word = Field(description="Its lineage name.")
    kind: Word | None = Field(default=None, description="What it is: model, file, tensorboard, metric and so on.")
    path: Path | None = Field(default=None, description="Where it is, from the run's own path on unless absolute.")
    is_input: Bool = Field(default=False, description="The run read it rather than made it.")
    summary: Annotated[dict[str, Any], Field(json_schema_extra={"x-kubernetes-map-type": "atomic"})] | None = Field(
        default=None, description="What else was recorded of it: any JSON."
    )


class V1RunResources(Model):
    """Resources that it used; Kubernetes quantities or numbers."""

    cpu: _Quantity = Field(default=None, description="CPUs, such as 2 or 500m.")
    memory: _Quantity = Field(default=None, description="Memory in bytes, such as 1Gi.")
    gpu: _Quantity = Field(default=None, description="GPUs.")
    cost: _Quantity = Field(default=None, description="What it cost, as a number.")


class V1RunUpstream(Model):
    """One run that this run was made from."""

    uuid: Word = Field(description="Its uuid.")
    name: Word | None = Field(default=None, description="Its name.")
    params: Annotated[list[Word], Field(max_length=limits.MAX_PARAMS, json_schema_extra=_ATOMIC_LIST)] = Field(
        default_factory=list, description="The params that it gave."
    )


class V1RunStatus(Model):
    """What came of it. Data like the spec: a Run has no status subresource."""

    phase: _Phase | None = Field(default=None, description="Where it stands.")
    conditions: Annotated[
        list[dict[str, Any]], Field(max_length=limits.MAX_HISTORY, json_schema_extra=_ATOMIC_LIST)
    ] = Field(default_factory=list, description="The phases it went through, oldest first.")
    started_at: Timestamp | None = Field(default=None, description="When it started.")
    finished_at: Timestamp | None = Field(default=None, description="When it ended.")
    outputs: _Recorded = Field(default_factory=dict, description="The outputs by name: any JSON.")
    metrics: _Recorded = Field(
        default_factory=dict,
        description='The metrics by name: a number, or {last, min, max, step}; "NaN" and "Infinity" as texts.',
    )
    artifacts: Annotated[
        list[V1RunArtifact], Field(max_length=limits.MAX_ARTIFACTS, json_schema_extra=_ATOMIC_LIST)
    ] = Field(default_factory=list, description="The files it read and made.")
    resources: V1RunResources | None = Field(default=None, description="What it used.")
    upstream: Annotated[list[V1RunUpstream], Field(max_length=limits.MAX_UPSTREAM, json_schema_extra=_ATOMIC_LIST)] = (
        Field(default_factory=list, description="The runs that it was made from.")
    )
    upstream_count: Int | None = Field(
        default=None, description="How many runs it was made from, where upstream does not hold them all."
    )


class V1Run(Resource):
    """The record of one execution: its inputs, outputs, metrics and artifacts. Joins search these."""

    KIND: ClassVar[str] = "Run"
    PLURAL: ClassVar[str] = "runs"
    SHORT: ClassVar[tuple[str, ...]] = ()

    spec: V1RunSpec = Field(default_factory=V1RunSpec, description="What was run, with what inputs.")
    status: V1RunStatus | None = Field(default=None, description="What came of it.")

    if TYPE_CHECKING:

        def __init__(self, /, **data: Any) -> None:
            """Fields as in a manifest, or those of the spec and ``name`` directly."""

    @classmethod
    def _spec_model(cls) -> type[Model]:
        return V1RunSpec
