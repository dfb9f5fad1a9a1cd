"""A Connection: where artifacts live. Source: spec 5, *Connection*."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, WithJsonSchema

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import Model
from joinery.api.v1alpha1.meta import Conditions, Resource
from joinery.api.v1alpha1.types import Bool, Int, ObjectName, Path, Text, Word, one_of
from joinery.problems import Problem

NEEDED = {
    "volumeClaim": "claim",
    "hostPath": "path",
    "s3": "bucket",
    "gcs": "bucket",
    "wasb": "bucket",
    "http": "endpoint",
}
"""The kinds of store, each with the key of ``schema`` that it cannot do without."""

_Kind = Annotated[str, AfterValidator(one_of(*NEEDED)), WithJsonSchema({"type": "string", "enum": list(NEEDED)})]


class V1ConnectionSchema(Model):
    """Where the store is, and where it is mounted."""

    claim: Annotated[str, Field(max_length=limits.MAX_NAME)] | None = Field(
        default=None, description="For volumeClaim: the PersistentVolumeClaim."
    )
    path: Path | None = Field(default=None, description="The path on the host, or below the volume or bucket.")
    bucket: Path | None = Field(default=None, description="For s3, gcs and wasb: the bucket, with its prefix if any.")
    endpoint: Path | None = Field(default=None, description="The address of the service, where it is not the usual.")
    mount_path: Path | None = Field(default=None, description="Where the main container sees it.")
    read_only: Bool = Field(default=False, description="Nothing is written there.")


class V1ConnectionSecret(Model):
    """The Secret that holds the credentials."""

    name: ObjectName = Field(description="Its name.")
    items: Annotated[list[Word], Field(max_length=limits.MAX_OPTIONS)] = Field(
        default_factory=list, description="The keys that are used; all when absent."
    )


class V1ConnectionSpec(Model):
    """One store of artifacts."""

    kind: _Kind = Field(description="The kind of store.")
    schema_: V1ConnectionSchema = Field(
        default_factory=V1ConnectionSchema, alias="schema", description="Where the store is."
    )
    secret: V1ConnectionSecret | None = Field(default=None, description="The Secret that holds the credentials.")
    default: Bool = Field(
        default=False, description="It is the one that is meant where none is named; one a namespace."
    )
    description: Text | None = Field(default=None, description="What it is, for people.")

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """Each kind has the key that it cannot do without."""
        kind, schema = given.get("kind"), given.get("schema", {})
        needed = NEEDED.get(kind) if isinstance(kind, str) else None
        if isinstance(schema, V1ConnectionSchema):
            schema = schema.to_dict()
        if needed and isinstance(schema, Mapping) and not schema.get(needed):
            message = f"is required for a connection of kind `{kind}`"
            yield Problem(message=message, path=f"schema.{needed}", rule="required")


class V1ConnectionStatus(Model):
    """For those who keep a status of it. The operator writes none."""

    observed_generation: Int | None = Field(default=None, description="The generation that the status speaks of.")
    conditions: Conditions = Field(
        default_factory=list, description="The operator writes none: the Operations that use it say what is wrong."
    )


class V1Connection(Resource):
    """An artifact store: a volume, a host path, a bucket, or a web server."""

    KIND: ClassVar[str] = "Connection"
    PLURAL: ClassVar[str] = "connections"
    SHORT: ClassVar[tuple[str, ...]] = ("conn",)

    spec: V1ConnectionSpec = Field(description="The store.")
    status: V1ConnectionStatus | None = Field(
        default=None, description="The operator writes none: the Operations that use it say what is wrong."
    )

    if TYPE_CHECKING:

        def __init__(self, /, **data: Any) -> None:
            """Fields as in a manifest, or those of the spec and ``name`` directly."""

    @classmethod
    def _spec_model(cls) -> type[Model]:
        return V1ConnectionSpec
