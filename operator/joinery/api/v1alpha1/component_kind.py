"""A Component: reusable, referenced by name. Source: spec 5, *Component*."""

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from joinery.api.v1alpha1.base import Model
from joinery.api.v1alpha1.component import V1ComponentSpec, V1JobRun
from joinery.api.v1alpha1.io import V1IO
from joinery.api.v1alpha1.meta import Conditions, Resource
from joinery.api.v1alpha1.types import Int


class V1ComponentStatus(Model):
    """For those who keep a status of it. The operator writes none."""

    observed_generation: Int | None = Field(default=None, description="The generation that the status speaks of.")
    conditions: Conditions = Field(
        default_factory=list, description="The operator writes none: the Operations that use it say what is wrong."
    )


class V1Component(Resource):
    """A reusable component: inputs, outputs and what runs. Operations refer to it by name."""

    KIND: ClassVar[str] = "Component"
    PLURAL: ClassVar[str] = "components"

    spec: V1ComponentSpec = Field(description="Inputs, outputs and what runs.")
    status: V1ComponentStatus | None = Field(
        default=None, description="The operator writes none: the Operations that use it say what is wrong."
    )

    if TYPE_CHECKING:

        def __init__(self, /, **data: Any) -> None:
            """Fields as in a manifest, or those of the spec and ``name`` directly."""

    @classmethod
    def _spec_model(cls) -> type[Model]:
        return V1ComponentSpec

    @property
    def inputs(self) -> list[V1IO]:
        """The declared inputs."""
        return self.spec.inputs

    @property
    def outputs(self) -> list[V1IO]:
        """The declared outputs."""
        return self.spec.outputs

    @property
    def run(self) -> V1JobRun | None:
        """What runs."""
        return self.spec.run


def component_spec(value: Any) -> Any:
    """What ``spec.component`` of an operation takes: a ``V1Component`` stands for its spec, its name kept."""
    if not isinstance(value, V1Component):
        return value
    if value.name and value.spec.name is None:
        return V1ComponentSpec.from_dict({"name": value.name, **value.spec.to_dict()})
    return value.spec
