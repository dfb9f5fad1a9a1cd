"""The rules that the API server itself checks, in CEL, by kind and by path in the schema.

Source: spec 5. They hold before any webhook, and where none is installed. A path leads through ``properties``;
``[]`` is the items of a list, ``{}`` the values of a map.
"""

from __future__ import annotations

from typing import Any

from joinery.api.v1alpha1.connection import NEEDED
from joinery.api.v1alpha1.limits import MAX_OPERATION_NAME
from joinery.api.v1alpha1.types import PARAM_NAME, RESERVED_NAMES

Rule = dict[str, Any]


def _rule(rule: str, message: str, *, reason: str = "FieldValueInvalid", at: str | None = None) -> Rule:
    made = {"rule": rule, "message": message, "reason": reason}
    return made | {"fieldPath": at} if at else made


def _frozen(field: str) -> Rule:
    now, old = f"self.spec.{field}", f"oldSelf.spec.{field}"
    return _rule(
        "!has(oldSelf.status) || !has(oldSelf.status.resolvedAt) || "
        f"(has({now}) == has({old}) && (!has({now}) || {now} == {old}))",
        f"{field} cannot be changed: the operation is resolved, and its record stays true to what was asked; "
        "create a new operation",
        reason="FieldValueForbidden",
        at=f".spec.{field}",
    )


_SAME_UUID = (
    "(has(self.spec) && has(self.spec.uuid)) == (has(oldSelf.spec) && has(oldSelf.spec.uuid)) && "
    "(!has(self.spec) || !has(self.spec.uuid) || self.spec.uuid == oldSelf.spec.uuid)"
)
_RESERVED = "[" + ", ".join(f"'{name}'" for name in RESERVED_NAMES) + "]"

RULES: dict[str, dict[str, list[Rule]]] = {
    "Operation": {
        "": [
            _rule(
                f"size(self.metadata.name) <= {MAX_OPERATION_NAME}",
                f"the name of an operation has at most {MAX_OPERATION_NAME} characters, so that its Job, Run and "
                "ConfigMaps can be named after it",
            ),
            *(_frozen(field) for field in ("joins", "params", "component", "componentRef")),
        ],
        "spec": [
            _rule(
                "has(self.component) != has(self.componentRef)",
                "exactly one of component and componentRef is needed",
            )
        ],
        "spec.joins[]": [
            _rule("has(self.query) || has(self.ref)", "a join needs a query, or a ref to a Search"),
            _rule(
                "!has(self.minRuns) || !has(self.limit) || type(self.limit) != int || self.minRuns <= self.limit",
                "minRuns asks for more runs than limit lets the join take",
                at=".minRuns",
            ),
        ],
        "spec.joins[].params": [
            _rule(
                f"self.all(name, name.matches('^{PARAM_NAME.pattern}$'))",
                "the name of a param is a letter or _, then at most 62 letters, digits, _ and -",
            ),
            _rule(f"self.all(name, !(name in {_RESERVED}))", f"reserved names: {', '.join(RESERVED_NAMES)}"),
        ],
        "spec.joins[].params{}": [
            _rule(
                "!has(self.toInit) || !self.toInit || !has(self.contextOnly) || !self.contextOnly",
                "toInit and contextOnly exclude each other: a value for templates alone delivers no files",
                at=".toInit",
            ),
            _rule(
                "!has(self.toEnv) || (self.toEnv != 'PATH' && !self.toEnv.startsWith('LD_') && "
                "!self.toEnv.startsWith('JOINERY_'))",
                "PATH, LD_* and JOINERY_* are kept for the system and for Joinery",
                at=".toEnv",
            ),
        ],
    },
    "Run": {"": [_rule(_SAME_UUID, "the uuid of a Run cannot be changed", reason="FieldValueForbidden", at=".spec")]},
    "Connection": {
        "spec": [
            _rule(
                f"self.kind != '{kind}' || (has(self.schema) && has(self.schema.{key}))",
                f"a connection of kind {kind} needs schema.{key}",
            )
            for kind, key in NEEDED.items()
        ]
    },
}
