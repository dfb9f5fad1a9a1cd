"""What all models share: both spellings of keys, every problem at once, and a dump that says only what was said.

A model reports its own mistakes: unknown keys with the nearest known one, keys given in both
spellings, rules that span fields, and what pydantic finds of the types. Each level hands its problems
to the level above, which puts its own path before theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from joinery.api.v1alpha1.errors import describe, path_of, problems_of, refuse
from joinery.problems import InvalidManifest, Problem, did_you_mean

_F = TypeVar("_F", bound=Callable[..., Any])


def base_init(function: _F) -> _F:
    """Mark a constructor that only prepares its arguments: nested models are still built by pydantic, not by it."""
    function.__dict__["__pydantic_base_init__"] = True
    return function


# By model: asked for each node of each manifest, and pydantic makes them anew each time.
_NAMES: dict[type[BaseModel], dict[str, str]] = {}


class Model(BaseModel):
    """Base of all models. In Python, fields go by their snake_case names; in manifests by camelCase.

    ``null`` stands for "not given", as the API server treats it, save where a field takes any JSON value.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, protected_namespaces=(), defer_build=True
    )

    accepts_snake_case: ClassVar[bool] = False
    """Whether a manifest may spell the keys of this model in snake_case too."""

    refused_keys: ClassVar[Mapping[str, str]] = {}
    """Keys that people may well write, each with why it is refused and what to do instead."""

    null_is_a_value: ClassVar[frozenset[str]] = frozenset()
    """Fields (by Python name) where an explicit null is a value and not an absence."""

    @base_init
    def __init__(self, /, **data: Any) -> None:
        known = {name: alias for alias, name in type(self)._names().items()}
        spelled = {known[key] if key in known and known[key] not in data else key: data[key] for key in data}
        try:
            super().__init__(**spelled)
        except ValidationError as error:
            raise InvalidManifest(problems_of(error)) from None

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Read a mapping as it stands in a manifest. Raises ``InvalidManifest`` with every problem."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise InvalidManifest(problems_of(error)) from None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types in camelCase; what was not given is left out, and defaults are not added."""
        given: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            if name not in self.model_fields_set:
                continue
            value = getattr(self, name)
            if value is not None or name in self.null_is_a_value:
                given[field.alias or name] = _plain(value)
        given.update({key: value for key, value in (self.model_extra or {}).items() if value is not None})
        return given

    @classmethod
    def rules(cls, given: Mapping[str, Any]) -> Iterable[Problem]:
        """What spans more than one field. ``given`` has the keys in camelCase and values not yet checked."""
        del given
        return ()

    @classmethod
    def _names(cls) -> dict[str, str]:
        if (known := _NAMES.get(cls)) is not None:
            return known
        names = {field.alias or name: name for name, field in cls.model_fields.items()}
        if all(field.alias for field in cls.model_fields.values()):  # they are given when the model is first built
            _NAMES[cls] = names
        return names

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            raise refuse(Problem(message=f"must be a mapping, and is {describe(data)}", rule="wrong-type"))
        given, problems = cls._spelled(data)
        problems += cls.rules(given)
        try:
            model = handler(given)
        except ValidationError as error:
            raise refuse(*problems, *problems_of(error)) from None
        if problems:
            raise refuse(*problems)
        return model

    @classmethod
    def _spelled(cls, data: Mapping[Any, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """The known keys in camelCase, and what is wrong with the others."""
        names = cls._names()
        snake = {name: alias for alias, name in names.items()}
        given: dict[str, Any] = {}
        problems: list[Problem] = []
        for key, value in data.items():
            alias = snake.get(key, key) if cls.accepts_snake_case else key
            if alias in names:
                if alias in given:
                    first, second = (alias, snake_key(alias)) if key != alias else (snake_key(alias), alias)
                    problems.append(
                        Problem(
                            message=f"`{first}` and `{second}` are two spellings of one key: give one of them",
                            path=key,
                            rule="both-spellings",
                        )
                    )
                elif value is not None or names[alias] in cls.null_is_a_value:
                    given[alias] = value
            elif cls.model_config.get("extra") == "allow":
                given[key] = value
            else:
                problems.append(cls._unknown(key, names))
        return given, problems

    @classmethod
    def _unknown(cls, key: Any, names: Mapping[str, str]) -> Problem:
        if not isinstance(key, str):
            return Problem(message=f"the key {describe(key)} is not text", rule="key-not-text")
        shown, path = key if len(key) <= 80 else key[:80] + "…", path_of((key,))
        for spelling in (key, to_camel(key)):
            if spelling in cls.refused_keys:
                return Problem(message=cls.refused_keys[spelling], path=path, rule="refused-field")
        known = sorted(names)
        camel = to_camel(key) if key.isascii() else key
        same = [name for name in known if name.casefold() == camel.casefold()]
        hint = f"write it `{same[0]}`" if same else did_you_mean(key, known)
        return Problem(
            message=f"unknown field `{shown}`",
            path=path,
            rule="unknown-field",
            hint=hint or "known here: " + ", ".join(f"`{name}`" for name in known),
        )


class FreeModel(Model):
    """A node of joins, params or a component: snake_case is accepted, and the CRD keeps unknown fields.

    The API server would drop unknown fields in silence; kept, admission and operator see and refuse them (spec 1).
    """

    model_config = ConfigDict(
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True, "x-joinery-snake-case": True}
    )
    accepts_snake_case: ClassVar[bool] = True


def snake_key(alias: str) -> str:
    """``contextOnly`` → ``context_only``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in alias)


def _plain(value: Any) -> Any:
    match value:
        case Model():
            return value.to_dict()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
