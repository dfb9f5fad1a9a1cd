"""The five CustomResourceDefinitions, made from the models. Source: spec 5.

Structural schemas; nodes of joins, params and components keep unknown fields (spec 1), so that admission and
operator see and refuse them; defaults only outside those nodes.
"""

from __future__ import annotations

import copy
from typing import Any

from joinery.api.v1alpha1.columns import COLUMNS
from joinery.api.v1alpha1.limits import MAX_OPAQUE_KEYS
from joinery.api.v1alpha1.meta import GROUP, VERSION, Resource
from joinery.api.v1alpha1.parsing import KINDS, model_of
from joinery.api.v1alpha1.rules import RULES
from joinery.api.v1alpha1.schema import BARE, OPAQUE, SNAKE, VALUE, Schema, describe, plain_schema, walk

_KEEP = "x-kubernetes-preserve-unknown-fields"
_MARKERS = (OPAQUE, BARE, VALUE, SNAKE)
_UNKNOWN_TO_CRDS = ("additionalProperties", "propertyNames", "patternProperties")

DEFAULTS: dict[str, dict[str, Any]] = {
    # Until the operator's first visit, kstatus takes a generation of -1 for "not looked at yet".
    "Operation": {"spec.suspend": False, "spec.stop": False, "status": {"observedGeneration": -1}},
    "Search": {"status": {"observedGeneration": -1}},
    "Connection": {"spec.default": False, "spec.schema.readOnly": False},
    "Component": {},
    "Run": {},
}


def crds() -> dict[str, dict[str, Any]]:
    """Every CRD by its name (``operations.joinery.dev``), as plain JSON; each call makes them anew."""
    models = {kind: model_of(kind) for kind in KINDS}
    return {f"{model.PLURAL}.{GROUP}": _crd(kind, model) for kind, model in models.items()}


def file_name(name: str) -> str:
    """The file that a CRD is kept in: ``operations.joinery.dev`` is in ``joinery.dev_operations.yaml``."""
    plural, _, group = name.partition(".")
    return f"{group}_{plural}.yaml"


def _crd(kind: str, model: type[Resource]) -> dict[str, Any]:
    version: dict[str, Any] = {"name": VERSION, "served": True, "storage": True}
    if kind != "Run":
        version["subresources"] = {"status": {}}
    version["additionalPrinterColumns"] = copy.deepcopy(COLUMNS[kind])
    version["schema"] = {"openAPIV3Schema": _schema(kind, model)}
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": model.PLURAL,
        "singular": kind.lower(),
        "categories": ["joinery"],
    }
    if model.SHORT:
        names["shortNames"] = list(model.SHORT)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{model.PLURAL}.{GROUP}"},
        "spec": {"group": GROUP, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def _schema(kind: str, model: type[Resource]) -> Schema:
    schema = walk(plain_schema(model), _structural)
    schema["description"] = describe(model.__doc__ or "")
    schema["properties"]["metadata"] = {"type": "object"}
    schema.pop("required", None)
    required = [name for name in ("spec",) if model.model_fields["spec"].is_required()]
    if required:
        schema["required"] = required
    for name in ("apiVersion", "kind"):
        schema["properties"][name] = {"type": "string", "description": schema["properties"][name]["description"]}
    for path, rules in RULES.get(kind, {}).items():
        _at(schema, path)["x-kubernetes-validations"] = copy.deepcopy(rules)
    for path, default in DEFAULTS[kind].items():
        _at(schema, path)["default"] = copy.deepcopy(default)
    return schema


def _structural(node: Schema) -> Schema:
    """One node as a structural schema has it."""
    out = {key: value for key, value in node.items() if key not in _MARKERS and key not in _UNKNOWN_TO_CRDS}
    values = node.get("additionalProperties")
    if "patternProperties" in node:
        (values,) = node["patternProperties"].values()
    if node.get(OPAQUE):
        return {
            "type": "object",
            _KEEP: True,
            "maxProperties": node["maxProperties"],
            "description": node["description"],
            "x-kubernetes-map-type": "atomic",
        }
    if node.get("type") == "object" and "properties" not in node:
        if isinstance(values, dict) and values and values != {_KEEP: True}:
            out["additionalProperties"] = values
        else:
            out[_KEEP] = True
        out.setdefault("maxProperties", MAX_OPAQUE_KEYS)
    elif "type" not in node and "x-kubernetes-int-or-string" not in node:
        out[_KEEP] = True
        out.pop("anyOf", None)
    if node.get("type") == "integer":
        out["format"] = "int64"
    return out


def _at(schema: Schema, path: str) -> Schema:
    node = schema
    for part in path.replace("[]", ".[]").replace("{}", ".{}").split("."):
        match part:
            case "":
                continue
            case "[]":
                node = node["items"]
            case "{}":
                node = node["additionalProperties"]
            case _:
                node = node["properties"][part]
    return node
