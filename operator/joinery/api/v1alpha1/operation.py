"""An Operation: what to run, and its joins. Source: spec 5, *Operation*."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import FreeModel, Model
from joinery.api.v1alpha1.component import V1ComponentSpec
from joinery.api.v1alpha1.component_kind import component_spec
from joinery.api.v1alpha1.joins import V1Join
from joinery.api.v1alpha1.meta import Conditions, Resource, Timestamp, V1ObjectRef
from joinery.api.v1alpha1.params import V1Param
from joinery.api.v1alpha1.types import Bool, Int, ObjectName, ParamName, Text, Word, text
from joinery.problems import Problem

_ATOMIC: JsonDict = {"x-kubernetes-map-type": "atomic"}
_ATOMIC_LIST: JsonDict = {"x-kubernetes-list-type": "atomic"}
_Seconds = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class V1ComponentRef(Model):
    """A Component of the namespace."""

    name: ObjectName = Field(description="Its name.")


class V1Termination(Model):
    """When to give up, and when to clean up."""

    max_retries: Annotated[int, Field(strict=True, ge=0, le=1000)] | None = Field(
        default=None, description="How often the pod is tried again after a failure."
    )
    timeout: _Seconds | None = Field(default=None, description="How many seconds the Job may take.")
    ttl: _Seconds | None = Field(default=None, description="How many seconds the Job stays after its end.")


class V1OperationSpec(Model):
    """What to run, with what."""

    refused_keys: ClassVar[Mapping[str, str]] = {
        "matrix": "`matrix` has no meaning here: one operation is one run; make an operation for each point",
        "schedule": "`schedule` has no meaning here: create operations from a CronJob or a pipeline",
        "hubRef": "`hubRef` has no meaning here: apply a Component, and name it in `componentRef`",
        "run": "`run` belongs to the component: write it under `component`",
        "inputs": "`inputs` belongs to the component: write it under `component`",
        "outputs": "`outputs` belongs to the component: write it under `component`",
        "name": "an operation's name is `metadata.name`",
    }

    project: Word | None = Field(default=None, description="The project of the run; the namespace when absent.")
    tags: Annotated[list[Word], Field(max_length=limits.MAX_TAGS)] = Field(
        default_factory=list, description="Tags of the run."
    )
    description: Text | None = Field(default=None, description="What it is, for people.")
    joins: Annotated[list[V1Join], Field(max_length=limits.MAX_JOINS, json_schema_extra=_ATOMIC_LIST)] = Field(
        default_factory=list, description="Searches over past runs, and the params that they give."
    )
    params: Annotated[
        dict[ParamName, V1Param], Field(max_length=limits.MAX_PARAMS, json_schema_extra={"x-joinery-opaque": True})
    ] = Field(default_factory=dict, description="The other params, by name: {value: …}, or a bare value.")
    component: Annotated[V1ComponentSpec, BeforeValidator(component_spec)] | None = Field(
        default=None, description="Inputs, outputs and what runs. Either this or componentRef."
    )
    component_ref: V1ComponentRef | None = Field(
        default=None, description="A Component of the namespace. Either this or component."
    )
    strict_params: Bool | None = Field(
        default=None, description="Accepted from Polyaxon: params are always checked against the component."
    )
    termination: V1Termination | None = Field(default=None, description="When to give up, and when to clean up.")
    suspend: Bool = Field(default=False, description="Resolve and record, and launch nothing yet.")
    stop: Bool = Field(default=False, description="End the Job, for good.")

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """Exactly one of ``component`` and ``componentRef``."""
        if "component" in given and "componentRef" in given:
            message = "`component` and `componentRef` exclude each other"
            yield Problem(message=message, path="componentRef", rule="component-or-ref", hint="drop one of the two")
        elif "component" not in given and "componentRef" not in given:
            message = "is required: what to run, or `componentRef` with the name of a Component"
            yield Problem(message=message, path="component", rule="required")


class V1JoinedRun(FreeModel):
    """One run that a join took."""

    uuid: Word | None = Field(default=None, description="Its uuid.")
    name: Word | None = Field(default=None, description="Its name.")
    resource_version: Word | None = Field(default=None, description="The version of the Run that was read.")
    sort_keys: dict[str, Any] | None = Field(
        default=None, description="What it was sorted by.", json_schema_extra=_ATOMIC
    )


class V1JoinStatus(FreeModel):
    """What one join asked and got."""

    query: Annotated[str, text(limits.MAX_TEXT * 32)] | None = Field(
        default=None, description="The query as it was asked, bound values as JSON."
    )
    sort: Annotated[str, text(limits.MAX_TEXT)] | None = Field(default=None, description="The sort as it was asked.")
    limit: Int | None = Field(default=None, description="The limit that was given.")
    offset: Int | None = Field(default=None, description="The offset.")
    candidates: Int | None = Field(default=None, description="How many runs were in scope.")
    matched: Int | None = Field(default=None, description="How many runs the query was true of.")
    taken: Int | None = Field(default=None, description="How many runs were taken.")
    ref: Word | None = Field(default=None, description="The Search that it referred to.")
    params: Annotated[list[Word], Field(max_length=limits.MAX_JOIN_PARAMS, json_schema_extra=_ATOMIC_LIST)] = Field(
        default_factory=list, description="The params that it gave."
    )
    nulls: Annotated[dict[str, Int], Field(max_length=limits.MAX_JOIN_PARAMS, json_schema_extra=_ATOMIC)] = Field(
        default_factory=dict, description="How many runs lacked the value, by param."
    )
    dropped: Annotated[list[V1JoinedRun], Field(max_length=limits.MAX_SHOWN_RUNS, json_schema_extra=_ATOMIC_LIST)] = (
        Field(default_factory=list, description="The first 100 runs that onNull DropRun left out.")
    )
    dropped_count: Int | None = Field(default=None, description="How many runs were left out so.")
    runs: (
        Annotated[list[V1JoinedRun], Field(max_length=limits.MAX_SHOWN_RUNS, json_schema_extra=_ATOMIC_LIST)] | None
    ) = Field(default=None, description="The first 100 of them, in order.")


class V1ReferredRun(FreeModel):
    """The run that an ordinary param took its value from."""

    param: Word | None = Field(default=None, description="The param.")
    uuid: Word | None = Field(default=None, description="The run's uuid.")
    name: Word | None = Field(default=None, description="The run's name.")


class V1Fetched(FreeModel):
    """What one init container fetched."""

    connection: Word | None = Field(default=None, description="The Connection that it fetched from.")
    files: Int | None = Field(default=None, description="How many files arrived.")
    bytes: Int | None = Field(default=None, description="How many bytes they hold.")
    seconds: float | None = Field(default=None, description="How long it took.")
    skipped: Int | None = Field(default=None, description="How many missing ones were passed over (onMissing Skip).")
    missing: Annotated[list[Annotated[str, text(limits.MAX_PATH)]], Field(max_length=limits.MAX_MISSING)] = Field(
        default_factory=list,
        description="Sources of those that were passed over; the first of them, where they are many.",
    )


class V1StatusWarning(FreeModel):
    """Something a person should know."""

    message: Annotated[str, text(limits.MAX_TEXT)] = Field(description="What was noticed.")
    path: Annotated[str, text(limits.MAX_PATH)] | None = Field(default=None, description="Where in the object.")
    rule: Word | None = Field(default=None, description="The kind of thing, one word with dashes.")


class V1OperationStatus(Model):
    """What became of it. Written by the operator."""

    model_config = ConfigDict(extra="allow")

    observed_generation: Int | None = Field(default=None, description="The generation that the status speaks of.")
    conditions: Conditions = Field(
        default_factory=list, description="Accepted, Resolved, Launched, Succeeded and Ready; see the reference."
    )
    resolved_at: Timestamp | None = Field(default=None, description="When the joins were resolved, for good.")
    digest: Word | None = Field(default=None, description="sha256 of what was resolved; the same inputs give the same.")
    now: Timestamp | None = Field(default=None, description="The one instant that the resolution took for now.")
    runs_version: Word | None = Field(default=None, description="The resource version of the runs that were searched.")
    joins: Annotated[list[V1JoinStatus], Field(max_length=limits.MAX_JOINS, json_schema_extra=_ATOMIC_LIST)] | None = (
        Field(default=None, description="What each join asked and got.")
    )
    referred: (
        Annotated[list[V1ReferredRun], Field(max_length=limits.MAX_PARAMS, json_schema_extra=_ATOMIC_LIST)] | None
    ) = Field(default=None, description="The runs that params referred to by `ref`.")
    params: Annotated[dict[str, Any], Field(max_length=limits.MAX_ALL_PARAMS, json_schema_extra=_ATOMIC)] | None = (
        Field(default=None, description="Each param with its type and value, or a summary and where the value is.")
    )
    component: Annotated[dict[str, Any], Field(json_schema_extra=_ATOMIC)] | None = Field(
        default=None, description="The component that was used."
    )
    warnings: (
        Annotated[list[V1StatusWarning], Field(max_length=limits.MAX_WARNINGS, json_schema_extra=_ATOMIC_LIST)] | None
    ) = Field(default=None, description="What a person should know.")
    joined: Int | None = Field(default=None, description="How many different runs were joined in all.")
    config_maps: Annotated[list[Word], Field(max_length=limits.MAX_RESULT_MAPS, json_schema_extra=_ATOMIC_LIST)] = (
        Field(default_factory=list, description="The ConfigMaps that hold the whole result.")
    )
    run_ref: V1ObjectRef | None = Field(default=None, description="The Run of this operation.")
    job_ref: V1ObjectRef | None = Field(default=None, description="The Job of this operation.")
    fetched: Annotated[list[V1Fetched], Field(max_length=limits.MAX_FETCHED, json_schema_extra=_ATOMIC_LIST)] | None = (
        Field(default=None, description="What was fetched before the container started.")
    )
    started_at: Timestamp | None = Field(default=None, description="When the Job started.")
    finished_at: Timestamp | None = Field(default=None, description="When it ended.")


class V1Operation(Resource):
    """What to run, and which past runs it wants: their values and files become its params."""

    KIND: ClassVar[str] = "Operation"
    PLURAL: ClassVar[str] = "operations"
    SHORT: ClassVar[tuple[str, ...]] = ("op", "ops")
    LONGEST_NAME: ClassVar[int] = limits.MAX_OPERATION_NAME

    spec: V1OperationSpec = Field(description="What to run, with what.")
    status: V1OperationStatus | None = Field(default=None, description="What became of it.")

    if TYPE_CHECKING:

        def __init__(self, /, **data: Any) -> None:
            """Fields as in a manifest, or those of the spec and ``name`` directly."""

    @classmethod
    def _spec_model(cls) -> type[Model]:
        return V1OperationSpec

    @property
    def joins(self) -> list[V1Join]:
        """The joins, in order."""
        return self.spec.joins

    @property
    def params(self) -> dict[str, V1Param]:
        """The ordinary params."""
        return self.spec.params

    @property
    def component(self) -> V1ComponentSpec | None:
        """The component written here; None where ``componentRef`` names one."""
        return self.spec.component
