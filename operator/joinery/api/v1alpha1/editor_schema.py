"""JSON Schemas for editors, from the same models: they accept what ``parse`` accepts, as far as a schema can say."""

from __future__ import annotations

from typing import Any

from joinery.api.v1alpha1.base import snake_key
from joinery.api.v1alpha1.errors import describe
from joinery.api.v1alpha1.limits import MAX_FILES
from joinery.api.v1alpha1.meta import API_VERSION
from joinery.api.v1alpha1.parsing import KINDS, model_of
from joinery.api.v1alpha1.schema import BARE, SNAKE, VALUE, Schema, plain_schema, walk
from joinery.problems import InvalidManifest, Problem, did_you_mean

_PATHS: Schema = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "array",
            "maxItems": MAX_FILES,
            "items": {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]},
        },
    ]
}
_ARTIFACTS: Schema = {
    "type": "object",
    "properties": {"files": _PATHS, "dirs": _PATHS},
    "minProperties": 1,
    "additionalProperties": False,
}


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one kind. Raises ``InvalidManifest`` for a kind that is not ours."""
    if kind not in KINDS:
        known = ", ".join(f"`{name}`" for name in KINDS)
        message = f"must be one of {known}, and is {describe(kind)}"
        raise InvalidManifest(Problem(message=message, path="kind", rule="kind", hint=did_you_mean(kind, KINDS)))
    schema = walk(plain_schema(model_of(kind)), _for_editors)
    schema["properties"]["apiVersion"]["const"] = API_VERSION
    schema["properties"]["kind"]["const"] = kind
    required = ["apiVersion", "kind", "metadata", *schema.get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://joinery.dev/schemas/{kind.lower()}.json",
        "title": kind,
        **schema,
        "required": required,
    }


def _for_editors(node: Schema) -> Schema:
    out = {key: value for key, value in node.items() if not key.startswith(("x-kubernetes-", "x-joinery-"))}
    if node.get(VALUE):
        return {**out, "anyOf": [{"type": "string"}, _ARTIFACTS]}
    if node.get("x-kubernetes-int-or-string"):
        numbers = {key: out.pop(key) for key in ("minimum", "maximum") if key in out}
        texts = {key: out.pop(key) for key in ("maxLength", "pattern") if key in out}
        out["anyOf"] = [{"type": "integer", **numbers}, {"type": "string", **texts}]
    if node.get(SNAKE) and "properties" in node:
        out["properties"] = dict(node["properties"])
        for name, schema in node["properties"].items():
            if (other := snake_key(name)) != name:
                out["properties"].setdefault(other, schema)
        out.pop("required", None)
        out["required"] = [name for name in node.get("required", ()) if snake_key(name) == name]
    if node.get(BARE):
        no_key = {"type": "object", "minProperties": 1, "propertyNames": {"not": {"enum": sorted(out["properties"])}}}
        return {"anyOf": [out, {"type": ["string", "number", "boolean", "array", "null"]}, no_key]}
    return out
