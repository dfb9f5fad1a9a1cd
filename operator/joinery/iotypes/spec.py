"""One declared input or output, as the engine sees it. Source: spec 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joinery.iotypes.types import DictOf, IOType, ListOf, LiteralOf, OptionalOf, Plain, UnionOf, parse_type


@dataclass(frozen=True, slots=True, kw_only=True)
class IOSpec:
    """An input or output. ``value`` is its default, there when ``has_value``; it makes it optional.
    ``validation`` has its rules under their names in YAML (``minLength``)."""

    name: str
    type: str = "any"
    is_list: bool = False
    is_optional: bool = False
    is_flag: bool = False
    value: Any = None
    has_value: bool = False
    arg_format: str | None = None
    connection: str | None = None
    to_init: bool = False
    to_env: str | None = None
    validation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def may_be_absent(self) -> bool:
        """Whether no param need give it."""
        return self.is_optional or self.has_value


def type_of(spec: IOSpec) -> IOType:
    """Its whole type: ``isList`` of ``T`` is ``List[T]``. Raises :class:`joinery.problems.InvalidValue`."""
    found = parse_type(spec.type or "any")
    return ListOf(found) if spec.is_list else found


def takes_list(spec: IOSpec) -> bool:
    """Whether a join may give it a list: ``isList``, or type ``artifacts``, ``list``, ``any`` or ``List[T]`` (spec 1,
    *Against the component's inputs and outputs*); an ``Optional`` or ``Union`` of these too."""
    return _takes_list(type_of(spec))


def _takes_list(found: IOType) -> bool:
    match found:
        case ListOf():
            return True
        case Plain(name):
            return name in ("artifacts", "list", "any")
        case OptionalOf(item):
            return _takes_list(item)
        case UnionOf(options):
            return any(map(_takes_list, options))
        case DictOf() | LiteralOf():
            return False


def takes_null(found: IOType) -> bool:
    """Whether null is a value of the type, as an element of a list: ``any``, ``Optional[…]``."""
    match found:
        case Plain(name):
            return name in ("any", "null")
        case OptionalOf():
            return True
        case UnionOf(options):
            return any(map(takes_null, options))
        case LiteralOf(values):
            return None in values
        case ListOf() | DictOf():
            return False


def takes_text(found: IOType) -> bool:
    """Whether a text is kept as it is before it is looked at; other types read a text as JSON first (spec 3)."""
    match found:
        case Plain(name):
            return name in _TEXTS
        case OptionalOf(item):
            return takes_text(item)
        case UnionOf(options):
            return any(map(takes_text, options))
        case LiteralOf() | ListOf() | DictOf():
            return False


_TEXTS = frozenset(
    {"any", "bool", "str", "uri", "path", "uuid", "email", "date", "datetime", "image", "s3", "gcs", "wasb"}
)
