"""A Search: saved, for joins to refer to. Source: spec 5, *Search*."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import Model
from joinery.api.v1alpha1.meta import Conditions, Resource, Timestamp
from joinery.api.v1alpha1.types import Int, Limit, Offset, Text, Word, text


class V1SearchSpec(Model):
    """A search over the runs of the namespace."""

    query: Annotated[str, text(limits.MAX_QUERY)] = Field(
        description='A PQL query, such as "metrics.loss: <0.01"; the empty text means every run.'
    )
    sort: Annotated[str, text(limits.MAX_SORT)] | None = Field(
        default=None, description='A PQL sort, such as "-metrics.accuracy, created_at".'
    )
    limit: Limit | None = Field(default=None, description="How many runs to take at most, 1 to 5000.")
    offset: Offset | None = Field(default=None, description="How many runs to skip first; 0 when absent.")
    description: Text | None = Field(default=None, description="What it finds, for people.")


class V1FoundRun(Model):
    """One run that matches now."""

    uuid: Word = Field(description="Its uuid.")
    name: Word | None = Field(default=None, description="Its name.")


class V1SearchStatus(Model):
    """How many runs match now, and the first few."""

    observed_generation: Int | None = Field(default=None, description="The generation that the status speaks of.")
    conditions: Conditions = Field(default_factory=list, description="The operator writes none: see `message`.")
    candidates: Int | None = Field(default=None, description="How many runs are in scope now.")
    matched: Int | None = Field(default=None, description="How many runs match now.")
    runs: (
        Annotated[
            list[V1FoundRun],
            Field(max_length=limits.MAX_SHOWN_RUNS, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
        ]
        | None
    ) = Field(default=None, description="The first few of them.")
    observed_at: Timestamp | None = Field(default=None, description="When this was found.")
    message: Text | None = Field(default=None, description="What is wrong with the search, if anything.")


class V1Search(Resource):
    """A saved search over past runs. Joins refer to it by name."""

    KIND: ClassVar[str] = "Search"
    PLURAL: ClassVar[str] = "searches"

    spec: V1SearchSpec = Field(description="The search.")
    status: V1SearchStatus | None = Field(default=None, description="What it finds now.")

    if TYPE_CHECKING:

        def __init__(self, /, **data: Any) -> None:
            """Fields as in a manifest, or those of the spec and ``name`` directly."""

    @classmethod
    def _spec_model(cls) -> type[Model]:
        return V1SearchSpec
