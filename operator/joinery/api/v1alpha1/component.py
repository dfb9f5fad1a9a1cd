"""What a component is: its inputs, its outputs, and the job that runs. Source: spec 5 (Operation), spec 4 (The Job)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, WithJsonSchema

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import FreeModel
from joinery.api.v1alpha1.errors import describe, refuse
from joinery.api.v1alpha1.io import V1IO
from joinery.api.v1alpha1.types import ObjectName, Opaque, Text, Word
from joinery.problems import Problem, did_you_mean

_RUN_KINDS = (
    "service", "dag", "tfjob", "pytorchjob", "mpijob", "mxjob", "xgbjob", "paddlejob", "rayjob", "daskjob",
    "raycluster", "daskcluster", "spark", "flink", "kfjob", "watchdog", "tuner", "notifier", "cleaner", "builder",
)  # fmt: skip

_Object = Annotated[Opaque, Field(max_length=limits.MAX_OPAQUE_KEYS)]


def _run_kind(kind: str) -> str:
    if kind == "job":
        return kind
    if kind in _RUN_KINDS:
        message = f"a run of kind `{kind}` has no meaning here: what runs is one Job"
        raise refuse(Problem(message=message, rule="refused-kind", hint="write `kind: job`"))
    hint = did_you_mean(kind, ("job",)) or "write `kind: job`"
    raise refuse(Problem(message=f"must be `job`, and is {describe(kind)}", rule="not-one-of", hint=hint))


class V1Collect(FreeModel):
    """How the files that the main container leaves behind become artifacts."""

    connection: ObjectName | None = Field(
        default=None, description="The Connection they go to; the default one of the namespace when absent."
    )
    timeout: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = Field(
        default=None, description="How many seconds the collection may take; 600 when absent."
    )


class V1JobRun(FreeModel):
    """What runs: one Job with one main container. Its pod parts are checked by admission and the operator."""

    kind: Annotated[str, AfterValidator(_run_kind), WithJsonSchema({"type": "string", "enum": ["job"]})] = Field(
        default="job", description="job, the only kind."
    )
    container: _Object | None = Field(default=None, description="The main container, as Kubernetes writes it.")
    init: Annotated[list[_Object], Field(max_length=limits.MAX_CONTAINERS)] = Field(
        default_factory=list, description="Init containers: Kubernetes containers, or {container: …}."
    )
    sidecars: Annotated[list[_Object], Field(max_length=limits.MAX_CONTAINERS)] = Field(
        default_factory=list, description="Containers beside the main one."
    )
    volumes: Annotated[list[_Object], Field(max_length=limits.MAX_VOLUMES)] = Field(
        default_factory=list, description="Volumes of the pod, as Kubernetes writes them."
    )
    connections: Annotated[list[ObjectName], Field(max_length=limits.MAX_CONNECTIONS)] = Field(
        default_factory=list, description="Connections that the main container may use, by name."
    )
    environment: _Object | None = Field(
        default=None, description="Labels, annotations, nodeSelector, tolerations and the like of the pod."
    )
    collect: V1Collect | None = Field(default=None, description="Where files left behind go, and how long it may take.")


class V1ComponentSpec(FreeModel):
    """Inputs, outputs and what runs: the ``spec`` of a Component, and ``spec.component`` of an Operation.

    Keys of a Polyaxon component that have no meaning here are accepted, accepted with a warning
    (``WARNED``), or refused by name (spec 4, The Job).
    """

    WARNED: ClassVar[tuple[str, ...]] = ("plugins", "cache", "presets")
    refused_keys: ClassVar[Mapping[str, str]] = {
        "matrix": "`matrix` has no meaning here: one operation is one run; make an operation for each point",
        "schedule": "`schedule` has no meaning here: create operations from a CronJob or a pipeline",
        "hubRef": "`hubRef` has no meaning here: apply a Component, and name it in `componentRef`",
        "joins": "`joins` belongs to the operation: write it under `spec`, beside `component`",
        "params": "`params` belongs to the operation: write it under `spec`, beside `component`",
        "termination": "`termination` belongs to the operation: write it under `spec`, beside `component`",
    }

    version: Annotated[Any, WithJsonSchema({"x-kubernetes-preserve-unknown-fields": True})] = Field(
        default=None, description="Accepted from Polyaxon, without meaning here."
    )
    kind: Word | None = Field(default=None, description="Accepted from Polyaxon: component.")
    name: Word | None = Field(default=None, description="What the component is called.")
    description: Text | None = Field(default=None, description="What it does, for people.")
    tags: Annotated[list[Word], Field(max_length=limits.MAX_TAGS)] = Field(
        default_factory=list, description="Words to find it by."
    )
    inputs: Annotated[list[V1IO], Field(max_length=limits.MAX_IO)] = Field(
        default_factory=list, description="The declared inputs."
    )
    outputs: Annotated[list[V1IO], Field(max_length=limits.MAX_IO)] = Field(
        default_factory=list, description="The declared outputs."
    )
    run: V1JobRun | None = Field(default=None, description="What runs.")
    plugins: Any = Field(default=None, description="Accepted from Polyaxon with a warning: it has no effect.")
    cache: Any = Field(default=None, description="Accepted from Polyaxon with a warning: it has no effect.")
    presets: Any = Field(default=None, description="Accepted from Polyaxon with a warning: it has no effect.")

    @property
    def io(self) -> tuple[V1IO, ...]:
        """Inputs, then outputs."""
        return (*self.inputs, *self.outputs)

    def warnings(self) -> list[Problem]:
        """Keys that were accepted although they do nothing."""
        return [
            Problem(message=f"`{name}` is accepted, and has no effect here", path=name, rule="no-effect")
            for name in self.WARNED
            if getattr(self, name) is not None
        ]

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """One name, one input or output; the kind, if written, is ``component``."""
        kind = given.get("kind")
        if isinstance(kind, str) and kind.lower() != "component":
            message = f"must be `component`, and is {describe(kind)}"
            yield Problem(message=message, path="kind", rule="not-one-of")
        yield from _names_repeated(given)


def _names_repeated(given: Mapping[str, Any]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for side in ("inputs", "outputs"):
        entries = given.get(side)
        for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
            name = entry.name if isinstance(entry, V1IO) else entry.get("name") if isinstance(entry, Mapping) else None
            if not isinstance(name, str):
                continue
            path = f"{side}[{index}].name"
            if name in seen:
                message = f"`{name[:80]}` is declared twice, first at {seen[name]}"
                yield Problem(message=message, path=path, rule="repeated-name")
            seen.setdefault(name, path)
