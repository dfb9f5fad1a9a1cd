"""One plain schema for each kind, out of its model: nothing referred to elsewhere, nothing that only pydantic says.

The CRDs and the JSON Schemas for editors are both made from this. Markers of ours, ``x-joinery-…``, say where
the two differ; each of the two takes them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from joinery.api.v1alpha1.base import Model

Schema = dict[str, Any]

OPAQUE = "x-joinery-opaque"  # in the CRD: an object that keeps unknown fields, and no more is said
BARE = "x-joinery-bare"  # a bare value may stand for {value: …}
VALUE = "x-joinery-value"  # a value expression: text, or a mapping of files and dirs
SNAKE = "x-joinery-snake-case"  # keys may be spelled in snake_case

_DROPPED = ("title", "$defs", "default")


class _Generator(GenerateJsonSchema):
    """Pydantic's own schema; what it says of Python types that JSON does not have is passed over."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic declares it


@lru_cache(maxsize=8)
def plain_schema(model: type[Model]) -> Schema:
    """The schema of a model, references put in place. Shared: copy before changing."""
    schema = model.model_json_schema(schema_generator=_Generator, mode="validation")
    inlined = _inline(schema, schema.get("$defs", {}))
    return dict(inlined)


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[-1]]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return _inline(node, definitions)
    choices = [choice for choice in node.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        return _inline({**choices[0], **rest}, definitions)
    out: Schema = {}
    for key, value in node.items():
        if key in ("properties", "patternProperties"):
            out[key] = {name: _inline(item, definitions) for name, item in value.items()}
        elif key == "description":
            out[key] = describe(value)
        elif key not in _DROPPED:
            out[key] = _inline(value, definitions)
    return out


def describe(text: str) -> str:
    """A docstring or description as one paragraph of plain text: the first one."""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`")


def walk(node: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """A copy with ``change`` applied to every schema in it, the innermost first."""
    out: Schema = {}
    for key, value in node.items():
        if key in ("properties", "patternProperties"):
            out[key] = {name: walk(item, change) for name, item in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            out[key] = walk(value, change)
        elif key == "anyOf":
            out[key] = [walk(item, change) for item in value]
        else:
            out[key] = value
    return change(out)
