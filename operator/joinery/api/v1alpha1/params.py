"""An ordinary param: V1Param. Source: spec 3, *Ordinary params*."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, PlainValidator, WithJsonSchema, model_validator

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import FreeModel
from joinery.api.v1alpha1.errors import describe, refuse
from joinery.api.v1alpha1.joins import init_or_context
from joinery.api.v1alpha1.types import Bool, ObjectName, VariableName
from joinery.problems import Problem, nearest

_REFS = "`ref` is `runs.UUID`, `runs.NAME` or `ops.NAME`"


def _reference(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse(Problem(message=f"must be text, and is {describe(value)}", rule="wrong-type", hint=_REFS))
    if value == "dag" or value.startswith("dag."):
        raise refuse(
            Problem(
                message=f"{describe(value).removeprefix('the text ')}: there is no DAG here to refer to",
                rule="refused-ref",
                hint="name the operation whose run is meant: `ops.NAME`",
            )
        )
    scope, dot, name = value.partition(".")
    if scope not in ("runs", "ops") or not dot or not name or len(value) > limits.MAX_WORD:
        raise refuse(Problem(message=f"cannot be {describe(value)}", rule="ref-form", hint=_REFS))
    return value


class V1Param(FreeModel):
    """A param that an operation gives: a value, or with ``ref`` a value expression on one run."""

    model_config = ConfigDict(
        json_schema_extra={
            "x-kubernetes-preserve-unknown-fields": True,
            "x-joinery-snake-case": True,
            "x-joinery-bare": True,
        }
    )
    null_is_a_value: ClassVar[frozenset[str]] = frozenset({"value"})

    value: Any = Field(
        default=None,
        description="Any value; texts may hold {{ }}. With ref: a value expression on that one run, such as outputs.x.",
    )
    ref: (
        Annotated[
            str,
            PlainValidator(_reference),
            WithJsonSchema(
                {"type": "string", "maxLength": limits.MAX_WORD, "pattern": r"^(runs|ops)\..+$"},
            ),
        ]
        | None
    ) = Field(default=None, description="The run that value is taken from: runs.UUID, runs.NAME or ops.NAME.")
    context_only: Bool = Field(
        default=False, description="The value is for templates alone: the component need not declare it."
    )
    connection: ObjectName | None = Field(
        default=None, description="The Connection of the namespace that the artifacts are fetched from."
    )
    to_init: Bool = Field(
        default=False, description="An init container delivers the files. Not together with contextOnly."
    )
    to_env: VariableName | None = Field(
        default=None, description="Also set this environment variable to the value; what is no text, as compact JSON."
    )

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """A value there must be; with ``ref`` it is an expression."""
        yield from init_or_context(given)
        if "value" not in given:
            hint = None if "ref" in given else "a mapping as the value itself is written `{value: {…}}`"
            yield Problem(message="is required", path="value", rule="required", hint=hint)
        elif "ref" in given and not isinstance(given["value"], str | Mapping):
            yield Problem(
                message=f"with `ref`, must be a value expression, and is {describe(given['value'])}",
                path="value",
                rule="value-form",
                hint="such as `outputs.model` or `inputs.lr`",
            )

    @model_validator(mode="wrap")
    @classmethod
    def _bare(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """A bare value is short for ``{value: …}``, and so is a mapping that has no key of a param, nor one like it."""
        return handler(data if isinstance(data, V1Param) or cls._is_written_out(data) else {"value": data})

    @classmethod
    def _is_written_out(cls, data: Any) -> bool:
        if not isinstance(data, Mapping) or not data or not all(isinstance(key, str) for key in data):
            return isinstance(data, Mapping)
        known = [spelling for names in cls._names().items() for spelling in names]
        return any(key in known or nearest(key, known) for key in data)
