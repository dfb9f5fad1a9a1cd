"""Declared inputs and outputs: V1IO and its validation. Source: spec 3."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from joinery.api.v1alpha1 import limits
from joinery.api.v1alpha1.base import FreeModel
from joinery.api.v1alpha1.types import Bool, ObjectName, ParamName, Text, VariableName, Word, text
from joinery.problems import InvalidValue, Problem

if TYPE_CHECKING:
    from joinery.iotypes import IOSpec

_Length = Annotated[int, Field(strict=True, ge=0, le=2**53)]
_Number = Annotated[float, Field(strict=True)]
_UNFETCHED = {
    "git": "clone it in a container of `run.init`, and give the param the address as text",
    "dockerfile": "build the image beforehand, and give its name in `run.container.image`",
}


class V1Validation(FreeModel):
    """Rules on a value. Scalar rules hold for each element of a list, item rules for the list."""

    refused_keys: ClassVar[Mapping[str, str]] = {
        "delay": "`delay` has no meaning here: inputs are checked when they are resolved, defaults at admission",
        **dict.fromkeys(
            ("minDigits", "maxDigits", "decimalPlaces"),
            "digits are not counted here: bound a number with `ge`, `le` and `multipleOf`, a text with `regex`",
        ),
        **dict.fromkeys(
            ("containsKeys", "excludesKeys"),
            "a part of a mapping's keys is not checked here: `keys` names all of them",
        ),
    }

    gt: _Number | None = Field(default=None, description="The value is greater than this number.")
    ge: _Number | None = Field(default=None, description="The value is at least this number.")
    lt: _Number | None = Field(default=None, description="The value is less than this number.")
    le: _Number | None = Field(default=None, description="The value is at most this number.")
    multiple_of: _Number | None = Field(default=None, description="The value is a multiple of this number.")
    min_length: _Length | None = Field(default=None, description="The text has at least this many characters.")
    max_length: _Length | None = Field(default=None, description="The text has at most this many characters.")
    regex: Annotated[str, text(limits.MAX_PATH)] | None = Field(
        default=None, description="The text matches this regular expression."
    )
    options: Annotated[list[Any], Field(min_length=1, max_length=limits.MAX_OPTIONS)] | None = Field(
        default=None, description="The value is one of these."
    )
    contains: Any = Field(default=None, description="The text or list contains this, or each of these.")
    excludes: Any = Field(default=None, description="The text or list contains neither this, nor any of these.")
    min_items: _Length | None = Field(default=None, description="The list has at least this many elements.")
    max_items: _Length | None = Field(default=None, description="The list has at most this many elements.")
    keys: Annotated[list[Word], Field(max_length=limits.MAX_OPTIONS)] | None = Field(
        default=None, description="The mapping has these keys."
    )

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """A regular expression must be one."""
        pattern = given.get("regex")
        if isinstance(pattern, str) and len(pattern) <= limits.MAX_PATH:
            try:
                re.compile(pattern)
            except (re.error, RecursionError, OverflowError) as error:
                yield Problem(message=f"is no regular expression: {error}", path="regex", rule="regex")


class V1IO(FreeModel):
    """One input or output of a component, with its type."""

    name: ParamName = Field(description="The name, unique in the component.")
    type: Annotated[str, text(limits.MAX_PATH)] | None = Field(
        default=None, description="The type, such as float, List[int], Optional[str] or artifacts; any when absent."
    )
    description: Text | None = Field(default=None, description="What it is, for people.")
    is_list: Bool = Field(default=False, description="It is a list of the type; the same as List[T].")
    is_optional: Bool = Field(default=False, description="It may be left out, and its elements may be null.")
    is_flag: Bool = Field(default=False, description="For type bool: as an argument, present or not.")
    value: Any = Field(default=None, description="The default. An input that has one may be left out.")
    arg_format: Annotated[str, text(limits.MAX_PATH)] | None = Field(
        default=None, description="How params.NAME.as_arg is written, such as --lr={{ lr }}."
    )
    connection: ObjectName | None = Field(
        default=None, description="The Connection of the namespace that the artifacts are fetched from."
    )
    to_init: Bool = Field(default=False, description="An init container delivers the files.")
    to_env: VariableName | None = Field(default=None, description="Also set this environment variable to the value.")
    validation: V1Validation | None = Field(default=None, description="Rules that the value must keep.")

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """The type can be read, and the flags fit it."""
        kind = given.get("type", "any")
        if not isinstance(kind, str) or len(kind) > limits.MAX_PATH:
            return
        problems = _type_problems(kind)
        yield from problems
        if problems:
            return
        if given.get("isFlag") is True and kind.strip() != "bool":
            message = f"goes with type `bool` alone, and the type is `{kind}`"
            yield Problem(message=message, path="isFlag", rule="flag-type")
        if given.get("toInit") is True and kind.strip() in _UNFETCHED:
            yield Problem(
                message=f"nothing is fetched for type `{kind.strip()}`",
                path="toInit",
                rule="init-type",
                hint=_UNFETCHED[kind.strip()],
            )

    def to_spec(self) -> "IOSpec":
        """The same as the type room takes it."""
        from joinery.iotypes import IOSpec

        return IOSpec(
            name=self.name,
            type=self.type or "any",
            is_list=self.is_list,
            is_optional=self.is_optional,
            is_flag=self.is_flag,
            value=self.value,
            has_value=self.value is not None,
            arg_format=self.arg_format,
            connection=self.connection,
            to_init=self.to_init,
            to_env=self.to_env,
            validation=self.validation.to_dict() if self.validation else {},
        )


def _type_problems(kind: str) -> list[Problem]:
    from joinery.iotypes import parse_type

    try:
        parse_type(kind)
    except InvalidValue as error:
        return [problem.at("type") for problem in error.problems]
    return []
