"""What every object has: metadata, conditions, references, and the shape of a Kubernetes object."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import Model, base_init
from joinery.api.v1alpha1.errors import describe, refuse
from joinery.api.v1alpha1.types import OBJECT_NAME, Int, Time, Word, text
from joinery.problems import Problem

GROUP = "joinery.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _time(value: str) -> str:
    try:
        if _TIME.fullmatch(value) and datetime.fromisoformat(value.upper()):
            return value
    except ValueError:
        pass
    raise refuse(
        Problem(
            message=f"must be a time as RFC 3339 writes it, and is {describe(value)}",
            rule="time",
            hint="date, time and offset, such as `2024-05-01T12:30:00Z`",
        )
    )


Timestamp = Annotated[Time, AfterValidator(_time)]


class V1ObjectMeta(Model):
    """Metadata as Kubernetes defines it; what Joinery does not read is kept as it is."""

    model_config = ConfigDict(extra="allow")

    name: Annotated[str, text(limits.MAX_NAME)] | None = Field(default=None, description="The object's name.")
    generate_name: Annotated[str, text(limits.MAX_NAME)] | None = Field(
        default=None, description="A prefix that the API server makes a name from."
    )
    namespace: Annotated[str, text(limits.MAX_NAME)] | None = Field(default=None, description="The namespace.")
    uid: Word | None = Field(default=None, description="Set by the API server.")
    resource_version: Word | None = Field(default=None, description="Set by the API server.")
    creation_timestamp: Word | None = Field(default=None, description="Set by the API server.")
    labels: dict[str, Annotated[str, text(limits.MAX_TEXT)]] = Field(default_factory=dict, description="Labels.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations.")


class V1Condition(Model):
    """One condition, as Kubernetes defines it."""

    type: Annotated[str, text(316, least=1)] = Field(description="What the condition is about, one word.")
    status: Annotated[str, text(16)] = Field(
        description="True, False or Unknown.", json_schema_extra={"enum": ["True", "False", "Unknown"]}
    )
    reason: Annotated[str, text(1024)] | None = Field(default=None, description="Why, in one CamelCase word.")
    message: Annotated[str, text(limits.MAX_TEXT)] | None = Field(default=None, description="Why, for people.")
    observed_generation: Int | None = Field(default=None, description="The generation that the condition speaks of.")
    last_transition_time: Timestamp | None = Field(default=None, description="When the status last changed.")


Conditions = Annotated[
    list[V1Condition],
    Field(
        max_length=limits.MAX_CONDITIONS,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]


class V1ObjectRef(Model):
    """An object of the same namespace."""

    name: Annotated[str, text(limits.MAX_NAME)] = Field(description="Its name.")
    uid: Word | None = Field(default=None, description="Its uid.")
    uuid: Word | None = Field(default=None, description="For a Run: its uuid.")


class Resource(Model):
    """A Kubernetes object of one of our kinds.

    In Python, ``name``, ``namespace``, ``labels`` and ``annotations`` and every field of the spec may be
    given to the constructor directly: ``V1Operation(name="report", joins=[…])``.
    """

    KIND: ClassVar[str]
    PLURAL: ClassVar[str]
    SHORT: ClassVar[tuple[str, ...]] = ()
    LONGEST_NAME: ClassVar[int] = limits.MAX_NAME

    api_version: Annotated[str, text(limits.MAX_WORD)] = Field(
        default=API_VERSION, description="The version of the API: joinery.dev/v1alpha1."
    )
    kind: Annotated[str, text(limits.MAX_WORD)] = Field(default="", description="The kind of object.")
    metadata: V1ObjectMeta = Field(default_factory=V1ObjectMeta, description="Standard metadata of the object.")

    @base_init
    def __init__(self, /, **data: Any) -> None:
        own, spec_model = set(type(self).model_fields) | set(self._names()), self._spec_model()
        meta = {key: data.pop(key) for key in ("name", "namespace", "labels", "annotations") if key in data}
        flat = {key: data.pop(key) for key in list(data) if key not in own}
        if meta:
            data["metadata"] = {**_as_dict(data.get("metadata")), **meta}
        if flat or ("spec" not in data and type(self).model_fields["spec"].is_required()):
            data["spec"] = spec_model(**{**_fields(data.get("spec")), **flat})
        data.setdefault("kind", self.KIND)
        super().__init__(**data)

    @classmethod
    def _spec_model(cls) -> type[Model]:
        raise NotImplementedError(cls)

    @property
    def name(self) -> str:
        """``metadata.name``; empty when there is none."""
        return self.metadata.name or ""

    @property
    def namespace(self) -> str | None:
        """``metadata.namespace``."""
        return self.metadata.namespace

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """The kind and version are ours, and the name is one that the API server takes."""
        kind, version = given.get("kind", cls.KIND), given.get("apiVersion", API_VERSION)
        if kind != cls.KIND:
            yield Problem(message=f"must be `{cls.KIND}`, and is {describe(kind)}", path="kind", rule="kind")
        if version != API_VERSION:
            message = f"must be `{API_VERSION}`, and is {describe(version)}"
            yield Problem(message=message, path="apiVersion", rule="api-version")
        metadata = given.get("metadata")
        name = metadata.name if isinstance(metadata, V1ObjectMeta) else _as_dict(metadata).get("name")
        if isinstance(name, str) and name:
            if not OBJECT_NAME.fullmatch(name):
                yield Problem(
                    message=f"{describe(name).removeprefix('the text ')} is no name for a Kubernetes object",
                    path="metadata.name",
                    rule="object-name",
                    hint="lower-case letters, digits, `-` and `.`, starting and ending with a letter or digit",
                )
            elif len(name) > cls.LONGEST_NAME:
                yield Problem(
                    message=f"has {len(name)} characters; the name of this kind has at most {cls.LONGEST_NAME}",
                    path="metadata.name",
                    rule="too-long",
                )

    def to_manifest(self) -> dict[str, Any]:
        """The object as YAML would have it: what was not given is left out."""
        given = self.to_dict()
        manifest: dict[str, Any] = {"apiVersion": self.api_version, "kind": self.KIND}
        if metadata := given.get("metadata"):
            manifest["metadata"] = metadata
        return manifest | {key: given[key] for key in ("spec", "status") if key in given}


def _as_dict(value: Any) -> dict[str, Any]:
    if isinstance(value, Model):
        return value.to_dict()
    return dict(value) if isinstance(value, Mapping) else {}


def _fields(value: Any) -> dict[str, Any]:
    if isinstance(value, Model):
        return {name: getattr(value, name) for name in value.model_fields_set}
    return dict(value) if isinstance(value, Mapping) else {}
